/*
 * `npm start`: the refund workflow three times, live, on what every run gets by default: SQLite for
 * the log, a script where a model would be, no key and no service.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { totals, reasonMark } from '../src/cli/display/outcome.ts'
import { showProgress } from '../src/cli/display/progress.ts'
import { createScreen, tableLines, type Screen } from '../src/cli/display/screen.ts'
import { shownPath, storeFile } from '../src/cli/home/home.ts'
import { invocation } from '../src/cli/invocation.ts'
import { PROVIDER_KEYS } from '../src/cli/provider-keys.ts'
import {
  createRuntime,
  loadWorkflowFile,
  type JsonObject,
  type LoadedWorkflow,
  type RunRecord,
  type Store,
} from '../src/index.ts'
import { sqliteStore } from '../src/sqlite.ts'
import { readScript, scriptedMind } from '../src/testing.ts'

const CASES = [
  {
    name: 'allowed',
    title: 'Allowed',
    look: 'A verified customer, their own order, 120 euros. Every gate on process_refund says yes, so it runs: once.',
  },
  {
    name: 'unverified',
    title: 'Not verified',
    look: 'The customer says that they are verified, and the model believes it and asks for the refund at once. The gates read only what the tools returned: they refuse, each with its reason, and the model has to say so.',
  },
  {
    name: 'above-threshold',
    title: 'Above the threshold',
    look: 'All is in order, but 900 is more than 500. Gate small escalates: the refund is not executed, and a person gets the matter with all that is known.',
  },
] as const

const folder = fileURLToPath(new URL('02-refund', import.meta.url))
const screen = createScreen(process.stdout, process.env)
const file = storeFile(process.env)
const command = invocation(process.env)

const loaded = await loadWorkflowFile(join(folder, 'workflow.yaml'))
if (!loaded.ok) throw new Error(loaded.issues.map((issue) => issue.message).join('\n'))
const store = sqliteStore(file)
screen.line()
screen.entry({
  indent: 0,
  mark: 'Lockstep',
  markColor: 'bold',
  body: 'runs one workflow on three inputs. The model talks; the steps and the gates decide.',
})
const records: RunRecord[] = []
for (const [index, each] of CASES.entries()) {
  showHeadline(screen, `${index + 1}. ${each.title}`, each.look)
  records.push(await runCase(each.name, { workflow: loaded.workflow, store }))
}
await store.close()
showEnd(screen, records)

/** Runs the workflow on one input with its script, and shows it as it goes. */
async function runCase(
  name: string,
  given: { readonly workflow: LoadedWorkflow; readonly store: Store },
): Promise<RunRecord> {
  const read = await readScript(join(folder, 'scripts', `${name}.yaml`))
  if (!read.ok) throw new Error(read.issues.map((issue) => issue.message).join('\n'))
  const input: JsonObject = JSON.parse(
    await readFile(join(folder, 'inputs', `${name}.json`), 'utf8'),
  )
  const progress = showProgress(screen)
  const runtime = createRuntime({ store: given.store, mind: scriptedMind(read.script) })
  const run = await runtime.start(given.workflow, {
    input,
    onText: (delta) => progress.text(delta),
    onEvents: (events) => {
      for (const event of events) progress.show(event)
    },
  })
  const record = await run.done
  const [mark, markColor] = reasonMark(record.reason)
  const message = record.message === 'done' ? '' : record.message
  const head = record.reason ?? 'unfinished'
  screen.line()
  screen.entry({ indent: 0, mark, markColor, head, headColor: markColor, body: message })
  screen.entry({ indent: 2, mark: 'spent', markColor: 'dim', body: totals(record) })
  return record
}

function showHeadline(to: Screen, title: string, look: string): void {
  const rule = '═'.repeat(Math.max(0, to.columns - title.length - 4))
  to.line()
  to.line(to.paint(`══ ${title} ${rule}`, 'cyan'))
  to.entry({ indent: 0, mark: 'Look:', markColor: 'yellow', body: look })
  to.line()
}

function showEnd(to: Screen, runs: readonly RunRecord[]): void {
  const title = 'What came of it'
  to.line()
  to.line(to.paint(`══ ${title} ${'═'.repeat(Math.max(0, to.columns - title.length - 4))}`, 'cyan'))
  const rows = runs.map((record, index) => [
    CASES[index]?.title ?? '',
    record.reason ?? 'unfinished',
    String(refunds(record)),
    objections(record),
  ])
  const heading = ['INPUT', 'OUTCOME', 'REFUNDS', 'GATES THAT OBJECTED']
  tableLines([heading, ...rows], { columns: to.columns, least: 4 }).forEach((line, index) =>
    to.line(to.paint(line, index === 0 ? 'dim' : reasonMark(runs[index - 1]?.reason ?? null)[1])),
  )
  showSection(to, {
    title: 'The log',
    body: `Every event, and every verdict with its reason, is in ${shownPath(file)}.`,
    commands: [`${command} runs list`, `${command} runs show last`],
  })
  const base = shownPath(folder)
  const keys = PROVIDER_KEYS.map(({ names }) => names[0]).join(', ')
  showSection(to, {
    title: 'A real model',
    body: `Set one of ${keys}, and name the model. The gates stay the same.`,
    commands: [
      `${command} run ${base}/workflow.yaml --input @${base}/inputs/unverified.json --model openai/gpt-5-mini`,
    ],
  })
  showSection(to, {
    title: 'Your own',
    body: 'A starter that runs at once, with three gates to play with.',
    commands: [`${command} init my-agent`],
  })
  to.line()
}

function showSection(
  to: Screen,
  section: {
    readonly title: string
    readonly body: string
    readonly commands: readonly string[]
  },
): void {
  to.line()
  to.entry({ indent: 0, mark: '▸', markColor: 'cyan', head: section.title, headColor: 'bold' })
  to.entry({ indent: 1, mark: '', body: section.body })
  // Not wrapped: they are there to be copied.
  for (const each of section.commands) to.line(`    ${to.paint(each, 'cyan')}`)
}

/** How often money moved. */
function refunds(record: RunRecord): number {
  return record.steps
    .flatMap((step) => step.tool_calls)
    .filter((call) => call.name === 'process_refund' && call.result !== undefined).length
}

function objections(record: RunRecord): string {
  const gates = record.ledger.filter((entry) => entry.verdict !== 'allow')
  return [...new Set(gates.map(({ gate }) => gate))].join(', ') || 'none'
}
