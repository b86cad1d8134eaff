import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { createRuntime, loadWorkflowFile } from '../src/index.ts'
import type { Event, JsonObject, LoadedWorkflow, Mind, RunRecord } from '../src/index.ts'
import { sqliteStore } from '../src/sqlite.ts'
import { readScript, scriptedMind } from '../src/testing.ts'

/*
 * Every folder beside this file that has an `expected.yaml` is an example; every entry of that file
 * is a case, run through the real runtime. A new folder needs no word here.
 */

const json = z.record(z.string(), z.json())

const expectedCall = z.strictObject({
  tool: z.string(),
  verdict: z.enum(['allow', 'refuse', 'approve', 'escalate']),
  /** Every gate that objects, in any order. */
  refused_by: z.array(z.string()).default([]),
  /** A text that its result holds. */
  returns: z.string().exactOptional(),
  /** The code with which it fails. */
  fails: z.string().exactOptional(),
})

const quote = z.strictObject({ step: z.string(), fact: z.string(), of: z.string() })

const expectedCase = z.strictObject({
  case: z.string(),
  workflow: z.string().default('workflow.yaml'),
  script: z.string(),
  input: z.string(),
  /** The user's messages after the input, one turn each. */
  messages: z.array(z.string()).default([]),
  /** The user's yes to a call that waits for it, one after the other. */
  confirms: z.array(z.strictObject({ tool: z.string(), args: json })).default([]),
  /** A file: what conditions read as `$.session`. */
  session: z.string().exactOptional(),
  reason: z.string(),
  path: z.array(z.string()),
  calls: z.array(expectedCall).default([]),
  /** What the kernel takes back, in this order (S1.14). */
  undone: z.array(z.strictObject({ tool: z.string(), args: json })).default([]),
  output: json.exactOptional(),
  /** What the packet for a person has at least (S2.11). */
  handoff: json.exactOptional(),
  /** A step's text has a fact word for word that only a tool of an earlier step said (S0.44). */
  quotes: z.array(quote).default([]),
  /** Tools whose calls are all under way before the first of them returns (S1.11). */
  overlap: z.array(z.string()).default([]),
})

type Case = z.output<typeof expectedCase>

interface Ran {
  readonly record: RunRecord
  readonly events: readonly Event[]
  /** What the mind was last sent in each step, as JSON. */
  readonly sent: ReadonlyMap<string, string>
}

const ROOT = import.meta.dirname
const folders = readdirSync(ROOT).filter((name) => existsSync(join(ROOT, name, 'expected.yaml')))

describe.each(folders)('%s', (folder) => {
  const cases = z.array(expectedCase).min(1).parse(read(folder, 'expected.yaml'))
  const workflows = readdirSync(join(ROOT, folder)).filter((name) => isWorkflow(folder, name))

  test.each(workflows)('%s compiles without errors or warnings', async (name) => {
    const workflow = await load(folder, name)
    expect(workflow.warnings).toEqual([])
  })

  test.each(cases)('$case', async (expected) => {
    const ran = await run(folder, expected)
    const { record } = ran
    expect(record).toMatchObject({ reason: expected.reason })
    expect(record.steps.map((step) => step.name)).toEqual(expected.path)
    expect(callsOf(record)).toEqual(
      expected.calls.map(({ tool, verdict, refused_by }) => ({
        tool,
        verdict,
        refused_by: refused_by.toSorted(),
      })),
    )
    expectResults(record, expected.calls)
    expect(undoneIn(ran.events)).toEqual(expected.undone)
    if (expected.output !== undefined) expect(record.output).toEqual(expected.output)
    if (expected.handoff !== undefined) expect(record.handoff).toMatchObject(expected.handoff)
    for (const each of expected.quotes) expectQuote(ran, each)
    if (expected.overlap.length > 0) expectOverlap(ran.events, expected.overlap)
  })
})

test('there are examples', () => {
  expect(folders.length).toBeGreaterThan(0)
})

function read(folder: string, file: string): unknown {
  return parse(readFileSync(join(ROOT, folder, file), 'utf8'))
}

const workflowFile = z.union([
  z.object({ workflow: z.string() }),
  z.object({ first_step_name: z.string() }),
])

function isWorkflow(folder: string, name: string): boolean {
  if (!/\.(?:yaml|json)$/.test(name) || name === 'expected.yaml') return false
  return workflowFile.safeParse(read(folder, name)).success
}

async function load(folder: string, file: string): Promise<LoadedWorkflow> {
  const loaded = await loadWorkflowFile(join(ROOT, folder, file))
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues, null, 2))
  return loaded.workflow
}

async function run(folder: string, expected: Case): Promise<Ran> {
  const script = await readScript(join(ROOT, folder, expected.script))
  if (!script.ok) throw new Error(JSON.stringify(script.issues, null, 2))
  const input: JsonObject = json.parse(read(folder, expected.input))
  const session = expected.session === undefined ? {} : json.parse(read(folder, expected.session))
  const workflow = await load(folder, expected.workflow)
  const home = mkdtempSync(join(tmpdir(), 'lockstep-example-'))
  const sent = new Map<string, string>()
  const mind = watched(scriptedMind(script.script), sent)
  const runtime = createRuntime({ store: sqliteStore(join(home, 'runs.db')), mind })
  try {
    const started = await runtime.start(workflow, { input, session })
    await started.done
    for (const confirmation of expected.confirms) await started.confirm(confirmation)
    for (const message of expected.messages) await started.send(message)
    const events: Event[] = []
    for await (const event of started.events()) events.push(event)
    return { record: started.record(), events, sent }
  } finally {
    await runtime.close()
    rmSync(home, { recursive: true })
  }
}

/** The transcript is the state's own array and grows, so it is written down when it is sent. */
function watched(mind: Mind, sent: Map<string, string>): Mind {
  return {
    answer(request, context) {
      sent.set(request.step, JSON.stringify(request.messages))
      return mind.answer(request, context)
    },
  }
}

function undoneIn(events: readonly Event[]): unknown[] {
  return events.flatMap((event) =>
    event.type === 'undo.called' ? [{ tool: event.tool, args: event.args }] : [],
  )
}

function callsOf(record: RunRecord): unknown[] {
  return record.steps
    .flatMap((step) => step.tool_calls)
    .map((call) => ({
      tool: call.name,
      verdict: call.verdict,
      refused_by: record.ledger
        .filter((entry) => entry.call === call.call && entry.kind === 'call.judged')
        .filter((entry) => entry.verdict !== 'allow')
        .map((entry) => entry.gate)
        .toSorted(),
    }))
}

function expectResults(
  record: RunRecord,
  expected: readonly z.output<typeof expectedCall>[],
): void {
  const calls = record.steps.flatMap((step) => step.tool_calls)
  for (const [index, { returns, fails }] of expected.entries()) {
    const { result, error } = calls[index] ?? {}
    if (returns !== undefined) expect(JSON.stringify(result)).toContain(returns)
    if (fails !== undefined) expect(error).toMatchObject({ code: fails })
  }
}

/** A script could say anything: so the fact must also be in what the model was sent, and raw. */
function expectQuote(ran: Ran, expected: z.output<typeof quote>): void {
  const { steps } = ran.record
  const index = steps.findIndex((step) => step.name === expected.step)
  const before = steps.slice(0, index)
  const results = before
    .flatMap((step) => step.tool_calls)
    .filter((call) => call.name === expected.of)
    .map((call) => JSON.stringify(call.result))
  expect(steps[index]?.text).toContain(expected.fact)
  expect(results.join('\n')).toContain(expected.fact)
  expect(before.map((step) => step.text).join('\n')).not.toContain(expected.fact)
  expect(ran.sent.get(expected.step)).toContain(expected.fact)
}

function expectOverlap(events: readonly Event[], tools: readonly string[]): void {
  const calls = events
    .filter((event) => event.type === 'call.judged')
    .filter((event) => tools.includes(event.tool))
    .map((event) => event.call)
  const dispatched = calls.map((call) => seqOf(events, 'tool.dispatched', call))
  const returned = calls.map((call) => seqOf(events, 'tool.returned', call))
  expect(calls).toHaveLength(tools.length)
  expect(Math.max(...dispatched)).toBeLessThan(Math.min(...returned))
}

function seqOf(
  events: readonly Event[],
  type: 'tool.dispatched' | 'tool.returned',
  call: string,
): number {
  const found = events.find((event) => event.type === type && event.call === call)
  return found?.seq ?? Number.NaN
}
