import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where a child process finds the library and this folder's own modules. */
export interface Code {
  readonly name: 'built' | 'source'
  /** The path of a module, given from the project's root without its extension. */
  readonly path: (module: string) => string
}

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const OUT = `${ROOT}node_modules/.cache/lockstep-bench/`

/** The TypeScript as it is, which Node strips of its types at each start. */
export const sourceCode: Code = { name: 'source', path: (module) => `${ROOT}${module}.ts` }

/**
 * Compiles the library and this folder to JavaScript, as the package ships it. Throws when the
 * compiler leaves nothing behind; type errors alone are another command's to report.
 */
export function buildCode(): Code {
  rmSync(OUT, { recursive: true, force: true })
  const compiler = `${ROOT}node_modules/typescript/bin/tsc`
  const args = [compiler, '-p', `${ROOT}bench/tsconfig.json`, '--outDir', OUT]
  let said = ''
  try {
    execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    said = error instanceof Error ? error.message : String(error)
  }
  if (!existsSync(`${OUT}src/index.js`)) throw new Error(`nothing was built: ${said}`)
  const migrations = 'src/store/sqlite/'
  for (const name of readdirSync(`${ROOT}${migrations}`).filter((file) => file.endsWith('.sql'))) {
    cpSync(`${ROOT}${migrations}${name}`, `${OUT}${migrations}${name}`)
  }
  return { name: 'built', path: (module) => `${OUT}${module}.js` }
}
