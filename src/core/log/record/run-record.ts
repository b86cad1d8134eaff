import type { Json } from '../../spec/json.ts'
import { artifactRecords, type ArtifactRecord } from './artifact-record.ts'
import { callIdsIn, textOf, withOwnIds } from '../call-ids.ts'
import type { Event, EventOf, Pending, Reason, Usage, Verdict } from '../event.ts'
import { withDecisions, type DecisionRecord } from './decision-record.ts'
import { readOutput } from '../fold/fold-step.ts'
import { handoffRecord, type HandoffRecord } from './handoff-record.ts'
import { ledger } from '../ledger/ledger.ts'
import type { LedgerEntry } from '../ledger/ledger-line.ts'
import { standingRest } from './standing-rest.ts'

/*
 * The log as people and machines read it at the end: one entry per visit of a step, each call with
 * its verdict and its one result, and the ledger (DESIGN §5, S0.18).
 */

/** Tokens, under the names of seed 0. */
export interface RecordUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly cached_tokens: number
}

export interface CallRecord {
  readonly call: string
  readonly name: string
  readonly args: Json
  readonly result?: Json
  readonly error?: { readonly code: string; readonly message: string }
  /** Null while the call was never judged. */
  readonly verdict: Verdict | null
}

export interface StepRecord {
  /** From 1, in the order in which the steps were entered, those of sub-runs among them. */
  readonly order: number
  readonly name: string
  /** The sub-run that it belongs to; absent for the run's own. */
  readonly branch?: string
  readonly text: string
  readonly output?: Json
  readonly tool_calls: readonly CallRecord[]
  /** What its planner wanted done next, turn by turn (S4.14, S4.18). */
  readonly decisions: readonly DecisionRecord[]
  readonly usage: RecordUsage
}

export interface RunRecord {
  readonly run: string
  readonly workflow: string
  readonly digest: string
  /** Null while the run is not at rest. */
  readonly reason: Reason | null
  readonly message: string
  readonly output: Json
  readonly step: string | null
  readonly steps: readonly StepRecord[]
  readonly ledger: readonly LedgerEntry[]
  /** Published versions, in the order in which they were stored. */
  readonly artifacts: readonly ArtifactRecord[]
  readonly pending?: readonly Pending[]
  readonly handoff?: HandoffRecord
  readonly usage: RecordUsage
  /** What its model calls cost, as far as their prices are known; absent where none is. */
  readonly cost_usd?: number
  readonly events: number
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }
type StepDraft = Writable<Omit<StepRecord, 'tool_calls' | 'decisions'>> & {
  readonly tool_calls: Writable<CallRecord>[]
}

/** Where one line of history stands: the run's own, or a sub-run's. */
interface Line {
  /** The visit that is under way, or was the last. */
  step: StepDraft | null
  /** The text of the last answer. */
  text: string
  /** True while a composer or verifier is asked. */
  aside: boolean
}

interface Draft {
  run: string
  workflow: string
  digest: string
  output: Json
  readonly steps: StepDraft[]
  readonly calls: Map<string, Writable<CallRecord>>
  readonly callIds: Set<string>
  /** By branch; the run's own under ''. */
  readonly lines: Map<string, Line>
  usage: RecordUsage
  costUsd: number | null
}

const NO_USAGE: RecordUsage = { prompt_tokens: 0, completion_tokens: 0, cached_tokens: 0 }

/** Reads a whole log as a run record. */
export function runRecord(events: readonly Event[]): RunRecord {
  const draft: Draft = {
    run: '',
    workflow: '',
    digest: '',
    output: null,
    steps: [],
    calls: new Map(),
    callIds: new Set(),
    lines: new Map(),
    usage: NO_USAGE,
    costUsd: null,
  }
  for (const event of events) read(draft, event)
  const rest = standingRest(events)
  const handoff = handoffRecord(events)
  return {
    run: draft.run,
    workflow: draft.workflow,
    digest: draft.digest,
    reason: rest?.reason ?? null,
    message: rest?.message ?? '',
    output: draft.output,
    step: draft.lines.get('')?.step?.name ?? null,
    steps: withDecisions(draft.steps, events),
    ledger: ledger(events),
    artifacts: artifactRecords(events),
    ...(rest?.pending === undefined ? {} : { pending: rest.pending }),
    ...(handoff === null ? {} : { handoff }),
    usage: draft.usage,
    // Sums of millionths are not exact; nobody is charged less than a billionth.
    ...(draft.costUsd === null ? {} : { cost_usd: Number(draft.costUsd.toFixed(9)) }),
    events: events.length,
  }
}

function read(draft: Draft, event: Event): void {
  switch (event.type) {
    case 'run.started':
      draft.run = event.run
      draft.workflow = event.workflow
      draft.digest = event.digest
      for (const id of callIdsIn(event.history)) draft.callIds.add(id)
      return
    case 'run.forked':
      draft.run = event.run
      return
    case 'definition.adopted':
      draft.digest = event.to
      return
    case 'step.entered':
      return readEntry(draft, event)
    case 'step.completed':
      return readCompletion(draft, event)
    case 'model.called':
      lineOf(draft, event).aside = event.role !== undefined
      return
    case 'model.answered':
      return readAnswer(draft, event)
    case 'model.failed':
      return readUsage(draft, event)
    default:
      return readCall(draft, event)
  }
}

/** What became of a call. */
function readCall(draft: Draft, event: Event): void {
  switch (event.type) {
    case 'call.resolved':
      return setCall(draft, event.call, { args: event.args })
    case 'call.judged':
      return readVerdict(draft, event)
    case 'tool.returned':
      return setCall(draft, event.call, { result: event.output })
    case 'artifact.rejected':
      return setError(draft, event.call, { code: event.reason, message: event.message })
    case 'call.failed':
      return setError(draft, event.call, event.error)
    case 'tool.doubted':
      return setError(draft, event.call, { code: 'in_doubt', message: event.message })
    case 'approval.denied':
      return setError(draft, event.call, { code: 'denied', message: event.message })
    default:
      return
  }
}

function lineOf(draft: Draft, { branch = '' }: Event): Line {
  const known = draft.lines.get(branch)
  if (known !== undefined) return known
  const line: Line = { step: null, text: '', aside: false }
  draft.lines.set(branch, line)
  return line
}

function readEntry(draft: Draft, event: EventOf<'step.entered'>): void {
  const step: StepDraft = {
    order: draft.steps.length + 1,
    name: event.step,
    ...(event.branch === undefined ? {} : { branch: event.branch }),
    text: '',
    tool_calls: [],
    usage: NO_USAGE,
  }
  draft.steps.push(step)
  lineOf(draft, event).step = step
}

/** What an answer took, also one that could not be used. */
function readUsage(draft: Draft, event: EventOf<'model.answered' | 'model.failed'>): void {
  const { usage, usd } = event
  if (usage === undefined) return
  draft.usage = addUsage(draft.usage, usage)
  if (usd !== undefined) draft.costUsd = (draft.costUsd ?? 0) + usd
  const { step } = lineOf(draft, event)
  if (step !== null) step.usage = addUsage(step.usage, usage)
}

function readAnswer(draft: Draft, event: EventOf<'model.answered'>): void {
  readUsage(draft, event)
  const line = lineOf(draft, event)
  const { step } = line
  if (step === null || line.aside) return
  const parts = withOwnIds(event, draft.callIds)
  line.text = textOf(parts)
  if (line.text !== '') step.text = line.text
  for (const part of parts) {
    if (part.type !== 'call') continue
    const call: Writable<CallRecord> = {
      call: part.id,
      name: part.tool,
      args: part.args,
      verdict: null,
    }
    draft.calls.set(part.id, call)
    step.tool_calls.push(call)
  }
}

function readVerdict(draft: Draft, event: EventOf<'call.judged'>): void {
  const error = {
    code: event.verdict === 'refuse' ? 'refused' : 'held',
    message: event.message ?? '',
  }
  setCall(draft, event.call, {
    verdict: event.verdict,
    ...(event.verdict === 'allow' ? {} : { error }),
  })
}

function setError(
  draft: Draft,
  id: string,
  { code, message }: { readonly code: string; readonly message: string },
): void {
  setCall(draft, id, { error: { code, message } })
}

function setCall(draft: Draft, id: string, change: Partial<CallRecord>): void {
  const call = draft.calls.get(id)
  if (call === undefined) return
  if (change.result !== undefined) delete call.error
  Object.assign(call, change)
}

function readCompletion(draft: Draft, event: EventOf<'step.completed'>): void {
  const { step, text } = lineOf(draft, event)
  if (step === null) return
  if (event.text !== undefined) step.text = event.text
  const output = readOutput(event.text ?? text, event.output)
  if (event.branch === undefined) draft.output = output
  if (event.output !== 'text') step.output = output
}

function addUsage(sum: RecordUsage, usage: Usage): RecordUsage {
  return {
    prompt_tokens: sum.prompt_tokens + usage.input,
    completion_tokens: sum.completion_tokens + usage.output,
    cached_tokens: sum.cached_tokens + usage.cached,
  }
}
