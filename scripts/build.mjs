// Builds dist for publishing: JavaScript and types from src, and the files that tsc does not carry.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc')
rmSync(join(root, 'dist'), { recursive: true, force: true })
const built = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
if (built.status !== 0) process.exit(built.status ?? 1)
const migrated = ['store/sqlite', 'store/postgres']
const remembered = ['store/memory-bank/sqlite', 'store/memory-bank/postgres']
for (const migrations of [...migrated, ...remembered]) {
  cpSync(join(root, 'src', migrations), join(root, 'dist', migrations), {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  })
}
cpSync(join(root, 'src/cli/starter'), join(root, 'dist/cli/starter'), { recursive: true })
