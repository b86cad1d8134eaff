/*
 * `npm run bench`: what Lockstep costs, beside the floor, the durable floor and the AI SDK's own
 * loop over the same model, all in one run, with the targets beside what is reached. Nothing is
 * asserted. `--json` prints the same for machines; `--only W1,import` runs a part.
 */
import { parseArgs } from 'node:util'
import { buildCode, sourceCode, type Code } from './built.ts'
import { bytes } from './bytes.ts'
import { concurrent } from './concurrent.ts'
import { durable } from './durable.ts'
import { growth } from './growth.ts'
import { inMemory, pingPongInMemory } from './in-memory.ts'
import { postgres } from './postgres.ts'
import { promptCost } from './prompt-cost.ts'
import { importTime, resumeTime } from './startup.ts'
import { isReached, toJson, toText, type Table } from './table.ts'

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
})

let built: Code | null = null
const builtOnce = (): Code => (built ??= buildCode())

const GROUPS: Readonly<Record<string, () => Promise<Table>>> = {
  W1: () => inMemory('W1'),
  W2: () => inMemory('W2'),
  W3: pingPongInMemory,
  durable,
  postgres,
  W4: () => concurrent(builtOnce()),
  bytes,
  growth,
  prompt: promptCost,
  import: () => importTime([builtOnce(), sourceCode]),
  resume: () => resumeTime([builtOnce(), sourceCode]),
}

const wanted = values.only?.split(',') ?? Object.keys(GROUPS)
const unknown = wanted.filter((name) => !Object.hasOwn(GROUPS, name))
if (unknown.length > 0) {
  process.stderr.write(
    `no such group: ${unknown.join(', ')}; there are ${Object.keys(GROUPS).join(', ')}\n`,
  )
  process.exit(2)
}

const tables: Table[] = []
for (const name of wanted) {
  const table = await GROUPS[name]?.()
  if (table === undefined) continue
  tables.push(table)
  if (!values.json) process.stdout.write(`${toText(table)}\n`)
}
const verdicts = tables.flatMap((table) => table.rows.map(isReached)).filter((row) => row !== null)
const reached = verdicts.filter(Boolean).length
if (values.json) {
  const environment = { node: process.version, platform: process.platform, arch: process.arch }
  const result = { environment, reached, targets: verdicts.length, tables: tables.map(toJson) }
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
} else {
  process.stdout.write(
    `${reached} of ${verdicts.length} targets reached (Node ${process.version})\n`,
  )
}
