// node scripts/run.mjs TOOL|FILE [ARGS…] — what every npm script goes through: installs what is
// missing, then runs the file (or the tool of that name in node_modules/.bin) on Node 24.
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runOnNode24 } from './node.mjs'
import { ensureInstalled } from './setup.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const [target = '', ...args] = process.argv.slice(2)
ensureInstalled()
const isTool = !/\.[cm]?[jt]s$/.test(target)
// A user's relative paths are relative to the folder npm was called in, not to the checkout.
if (!isTool && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD)
const file = isTool ? realpathSync(join(root, 'node_modules', '.bin', target)) : join(root, target)
await runOnNode24(file, args)
