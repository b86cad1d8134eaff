import type { Reason } from '../../core/log/event.ts'
import type { RunRecord } from '../../core/log/record/run-record.ts'
import { isJsonObject, ownValue, type Json } from '../../core/spec/json.ts'
import { adviceFor, type Caller } from './advice.ts'
import { characters, versionName } from './artifact-words.ts'
import { jsonText, oneLine } from './plain-text.ts'
import type { Color, Screen } from './screen.ts'
import { showSlots } from './slot-lines.ts'

/** Reasons with which a run rests and waits for somebody (DESIGN §5). */
const WAITING: ReadonlySet<Reason> = new Set([
  'needs_client',
  'needs_input',
  'needs_approval',
  'escalated',
  'handed_off',
  'tool_in_doubt',
])

/** The exit code of a run: 0 completed, 3 rests and waits, 1 any other end. */
export function exitCodeOf(reason: Reason | null): 0 | 1 | 3 {
  if (reason === 'completed') return 0
  return reason !== null && WAITING.has(reason) ? 3 : 1
}

/** How a reason to rest looks: its mark and its colour. */
export function reasonMark(reason: Reason | null): readonly [mark: string, color: Color] {
  const code = exitCodeOf(reason)
  if (code === 0) return ['✓', 'green']
  if (code === 3) return ['?', 'yellow']
  return reason === null ? ['…', 'yellow'] : ['✗', 'red']
}

/** Shows how a run stands: reason, what it waits for, what to do, totals, where its log lies. */
export function showOutcome(
  screen: Screen,
  record: RunRecord,
  place: Caller & { readonly log: string },
): void {
  const [mark, color] = reasonMark(record.reason)
  const asks = record.pending?.some(({ slots }) => slots !== undefined) === true
  const message = record.message === 'done' || asks ? '' : oneLine(record.message)
  screen.line()
  screen.entry({
    indent: 0,
    mark,
    markColor: color,
    head: record.reason ?? 'unfinished',
    headColor: color,
    body: message,
  })
  for (const pending of record.pending ?? []) {
    if (pending.slots !== undefined) {
      showSlots(screen, pending)
      continue
    }
    screen.entry({
      indent: 2,
      mark: 'waits',
      markColor: 'dim',
      head: oneLine(pending.tool),
      body: waitsWith(pending),
      maxLines: 6,
    })
  }
  showArtifacts(screen, record)
  showAdvice(screen, record, place)
  screen.entry({ indent: 2, mark: 'spent', markColor: 'dim', body: totals(record) })
  screen.entry({ indent: 2, mark: 'run  ', markColor: 'dim', body: oneLine(record.run) })
  screen.entry({ indent: 2, mark: 'log  ', markColor: 'dim', body: oneLine(place.log) })
}

const ARTIFACTS = 8

/** The newest published version of each artifact. */
function showArtifacts(screen: Screen, { artifacts }: RunRecord): void {
  const newest = new Map(artifacts.map((each) => [`${each.branch ?? ''} ${each.artifact}`, each]))
  for (const { artifact, version, chars, type, score, branch } of [...newest.values()].slice(
    0,
    ARTIFACTS,
  )) {
    const facts = [
      characters(chars),
      oneLine(type),
      ...(score === undefined ? [] : [`${score} of 10`]),
      ...(branch === undefined ? [] : [`by ${oneLine(branch)}`]),
    ]
    const head = versionName(artifact, version)
    screen.entry({ indent: 2, mark: 'wrote', markColor: 'dim', head, body: facts.join(', ') })
  }
  const more = newest.size - ARTIFACTS
  if (more > 0) screen.entry({ indent: 2, mark: 'wrote', markColor: 'dim', body: `${more} more` })
}

/** The exact arguments; of a rewind only where to, as the reason has said the rest. */
function waitsWith({ call, args }: { readonly call: string; readonly args: Json }): string {
  if (call !== '') return `${jsonText(args)} (${oneLine(call)})`
  const to = isJsonObject(args) ? ownValue(args, 'to') : undefined
  return typeof to === 'string' ? `to ${oneLine(to)}` : jsonText(args)
}

/** Shows what can be done next, with commands to paste: these are never wrapped. */
export function showAdvice(screen: Screen, record: RunRecord, caller: Caller): void {
  const advice = adviceFor(record, caller)
  if (advice === null) return
  screen.entry({ indent: 2, mark: 'next ', markColor: 'dim', body: advice.say })
  for (const each of advice.commands) screen.line(`        ${screen.paint(oneLine(each), 'cyan')}`)
}

/** What a run took, in words: `3 steps, 2 tool calls, 1,204 tokens in, 56 out`. */
export function totals(record: RunRecord): string {
  const calls = record.steps.reduce((sum, step) => sum + step.tool_calls.length, 0)
  const { prompt_tokens: input, completion_tokens: output, cached_tokens: cached } = record.usage
  return [
    count(record.steps.length, 'step'),
    count(calls, 'tool call'),
    `${number(input)} tokens in${cached === 0 ? '' : ` (${number(cached)} cached)`}`,
    `${number(output)} out`,
    ...(record.cost_usd === undefined ? [] : [dollars(record.cost_usd)]),
    count(record.events, 'event'),
  ].join(', ')
}

function count(many: number, name: string): string {
  return `${number(many)} ${name}${many === 1 ? '' : 's'}`
}

/** Cents for sums that people know, more places for what is less. */
function dollars(value: number): string {
  const digits = value === 0 || value >= 1 ? 2 : value >= 0.01 ? 4 : 6
  return `$${value.toFixed(digits)}`
}

function number(value: number): string {
  return value.toLocaleString('en')
}
