import { join } from 'node:path'
import { createRuntime, loadWorkflowFile } from '../../src/index.ts'
import type { Event, Plan, RunRecord } from '../../src/index.ts'
import { readScript, scriptedMind } from '../../src/testing.ts'

/*
 * Runs the one prompt and the steps with the same model habits, and lays the two logs side by side:
 * what each step called, what became of it, what it cost, and where the failures of seed 0 show.
 *
 *   node scripts/run.mjs examples/05-monolith-vs-steps/compare.ts
 */

const WIDTH = 58

type AnswerPart = Extract<Event, { type: 'model.answered' }>['parts'][number]

interface Side {
  readonly title: string
  readonly plan: Plan
  readonly record: RunRecord
  readonly events: readonly Event[]
}

/** Runs both and returns the table as text; the same at every run. */
export async function compare(): Promise<string> {
  const monolith = await run('one prompt', { workflow: 'monolith.yaml', script: 'monolith.yaml' })
  const steps = await run('the same task in steps', {
    workflow: 'workflow.yaml',
    script: 'steps.yaml',
  })
  const sections = [
    sideBySide([monolith.title, '-'.repeat(WIDTH)], [steps.title, '-'.repeat(WIDTH)]),
    sideBySide(story(monolith), story(steps)),
    sideBySide(totals(monolith), totals(steps)),
    sideBySide(failures(monolith), failures(steps)),
  ]
  return sections.join(`${' '.repeat(WIDTH)} |\n`)
}

async function run(
  title: string,
  files: { readonly workflow: string; readonly script: string },
): Promise<Side> {
  const here = import.meta.dirname
  const workflow = await loadWorkflowFile(join(here, files.workflow))
  const script = await readScript(join(here, 'scripts', files.script))
  if (!workflow.ok) throw new Error(workflow.issues.map((issue) => issue.message).join('\n'))
  if (!script.ok) throw new Error(script.issues.map((issue) => issue.message).join('\n'))
  const runtime = createRuntime({ mind: scriptedMind(script.script) })
  const started = await runtime.start(workflow.workflow, { input: { company: 'Acme Corp' } })
  const record = await started.done
  const events: Event[] = []
  for await (const event of started.events()) events.push(event)
  await runtime.close()
  return { title, plan: workflow.workflow.plan, record, events }
}

/** The log in words: a line per step, call and answer that was sent back. */
function story({ record, events }: Side): string[] {
  return events.flatMap((event): string[] => {
    if (event.type === 'step.entered') return [`step ${event.step}`]
    if (event.type === 'model.answered') return event.parts.flatMap(says)
    if (event.type === 'criteria.failed') {
      return event.failed.map((condition) => `    SENT BACK until ${condition}`)
    }
    if (event.type === 'step.completed') return [`  ${tokens(record, event.step)}`]
    if (event.type !== 'call.judged') return []
    const by = event.gates.filter((gate) => gate.verdict !== 'allow').map((gate) => gate.gate)
    return [`    ${event.tool}: ${event.verdict}${by.length > 0 ? ` (${by.join(', ')})` : ''}`]
  })
}

function says(part: AnswerPart): string[] {
  return part.type === 'text' ? [`    says ${JSON.stringify(part.text)}`] : []
}

function tokens(record: RunRecord, step: string): string {
  const { usage } = record.steps.find((each) => each.name === step) ?? record
  return `${usage.prompt_tokens} + ${usage.completion_tokens} tokens`
}

function totals({ record }: Side): string[] {
  const calls = record.steps.flatMap((step) => step.tool_calls)
  const { usage } = record
  return [
    `steps to look into: ${record.steps.length}`,
    `calls run: ${calls.filter((call) => call.verdict === 'allow').length} of ${calls.length}`,
    `tokens: ${usage.prompt_tokens} in, ${usage.completion_tokens} out`,
    `ends: ${record.reason ?? 'not at rest'}`,
  ]
}

/** The three failures of seed 0, each read off the log rather than told. */
function failures({ plan, record, events }: Side): string[] {
  const calls = record.steps.flatMap((step) => step.tool_calls)
  const ran = calls.filter((call) => call.verdict === 'allow').map((call) => call.name)
  const known = calls.map((call) => JSON.stringify(call.result ?? null)).join('\n')
  const named = /Hi (\w+ \w+),/.exec(lastText(record))?.[1] ?? 'nobody'
  const invented = !ran.includes('find_contact') || !known.includes(named)
  const late = interruptions(events)
  const opaque = record.steps.length === 1
  return [
    `rushing: ${invented ? `WRONG, ${named} came from no lookup` : `no, ${named} was looked up`}`,
    `guidelines read: ${ran.includes('smart_guidelines') ? 'yes' : 'WRONG, scored without reading them'}`,
    `search ran in mid-draft: ${late > 0 ? `WRONG, ${late} time` : 'no'}`,
    `tools in scope at once: ${Math.max(...[...plan.steps.values()].map((step) => step.tools.length))}`,
    `which phase failed: ${opaque ? 'WRONG, cannot be told, one text' : 'each step has its own text'}`,
  ]
}

function lastText(record: RunRecord): string {
  return record.steps.at(-1)?.text ?? ''
}

/** Messages that hold a draft and a call that ran all the same. */
function interruptions(events: readonly Event[]): number {
  const allowed = new Set(
    events.flatMap((event) =>
      event.type === 'call.judged' && event.verdict === 'allow' ? [event.call] : [],
    ),
  )
  return events.filter((event) => {
    if (event.type !== 'model.answered') return false
    const drafts = event.parts.some(
      (part) => part.type === 'text' && part.text.includes('Subject:'),
    )
    return drafts && event.parts.some((part) => part.type === 'call' && allowed.has(part.id))
  }).length
}

function sideBySide(left: readonly string[], right: readonly string[]): string {
  const leftLines = left.flatMap(fold)
  const rightLines = right.flatMap(fold)
  const count = Math.max(leftLines.length, rightLines.length)
  return Array.from({ length: count }, (_, index) => {
    const line = `${(leftLines[index] ?? '').padEnd(WIDTH)} | ${rightLines[index] ?? ''}`
    return `${line.trimEnd()}\n`
  }).join('')
}

/** Breaks a line at the column's width; what follows is set in. */
function fold(line: string): string[] {
  const indent = `${/^ */.exec(line)?.[0] ?? ''}  `
  const lines: string[] = []
  let rest = line
  while (rest.length > WIDTH) {
    const space = rest.lastIndexOf(' ', WIDTH)
    const end = space > indent.length ? space : WIDTH
    lines.push(rest.slice(0, end))
    rest = indent + rest.slice(end).trimStart()
  }
  return [...lines, rest]
}

if (import.meta.main) process.stdout.write(await compare())
