// Runs a module under Node 24: in this process when it is new enough, else in the packaged Node.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const WANTED_MAJOR = 24

/** Only a checkout has it. */
const self = new URL('self.mjs', import.meta.url)

/**
 * Runs `file` with `args` as if by `node file ...args`, on Node 24 or later.
 * A child's exit code is this process's; signals are passed on.
 * @param {string} file absolute path of an ES module
 * @param {string[]} args
 */
export async function runOnNode24(file, args) {
  if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR) {
    module.enableCompileCache()
    if (existsSync(self)) await import(self.href)
    process.argv = [process.execPath, file, ...args]
    await import(pathToFileURL(file).href)
    return
  }
  const own = existsSync(self) ? ['--import', self.href] : []
  const child = spawn(packagedNode(), [...own, file, ...args], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** @returns {string} the path of the Node 24 binary among the optional dependencies */
function packagedNode() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  try {
    const folder = join(module.createRequire(import.meta.url).resolve(`${name}/package.json`), '..')
    return join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  } catch {
    process.stderr.write(
      `lockstep: needs Node ${WANTED_MAJOR} or later, this is ${process.version}, and the registry has ` +
        `no package ${name}. Install Node ${WANTED_MAJOR} (https://nodejs.org) and try again.\n`,
    )
    process.exit(1)
  }
}
