// Installs the locked dependencies when node_modules is missing or older than the lock file.
// Plain JavaScript for Node 20 or later: it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stampPath = join(root, 'node_modules', '.lockstep-installed')

/** Makes node_modules match package-lock.json; does nothing when it already does. Exits 1 on failure. */
export function ensureInstalled() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  const stamp = createHash('sha256').update(lock).digest('hex')
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return
  process.stderr.write('lockstep: installing dependencies (once per lock file, about 20 s) …\n')
  const npm = process.env.npm_execpath
  const [command, prefix] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  const install = spawnSync(
    command,
    [...prefix, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'],
    {
      cwd: root,
      // npm's own output goes to stderr, so that `--json` on stdout stays machine-readable.
      stdio: ['ignore', 2, 2],
      env: { ...process.env, NODE_ENV: 'development' },
      shell: process.platform === 'win32' && prefix.length === 0,
    },
  )
  if (install.status !== 0) {
    process.stderr.write(`lockstep: npm ci failed (exit ${install.status ?? install.signal})\n`)
    process.exit(1)
  }
  writeFileSync(stampPath, stamp)
}
