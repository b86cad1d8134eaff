import type { Json } from '../spec/json.ts'
import { textOf, withOwnIds } from './call-ids.ts'
import type { Event, EventOf, Pending, Reason, Usage, Verdict } from './event.ts'
import { readOutput } from './fold-step.ts'

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
  /** From 1, in the order of the visits. */
  readonly order: number
  readonly name: string
  readonly text: string
  readonly output?: Json
  readonly tool_calls: readonly CallRecord[]
  readonly usage: RecordUsage
}

/** One gate's answer to one call; `seq` is the event that holds it. */
export interface LedgerEntry {
  readonly seq: number
  readonly call: string
  readonly tool: string
  readonly gate: string
  readonly verdict: Verdict
  readonly reason: string
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
  readonly pending?: readonly Pending[]
  readonly usage: RecordUsage
  readonly events: number
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }
type StepDraft = Writable<Omit<StepRecord, 'tool_calls'>> & {
  readonly tool_calls: Writable<CallRecord>[]
}

interface Draft {
  run: string
  workflow: string
  digest: string
  rest: EventOf<'run.rested'> | null
  output: Json
  readonly steps: StepDraft[]
  readonly calls: Map<string, Writable<CallRecord>>
  readonly callIds: Set<string>
  /** The text of the last answer. */
  text: string
  readonly ledger: LedgerEntry[]
  usage: RecordUsage
}

const NO_USAGE: RecordUsage = { prompt_tokens: 0, completion_tokens: 0, cached_tokens: 0 }

/** Reads a whole log as a run record. */
export function runRecord(events: readonly Event[]): RunRecord {
  const draft: Draft = {
    run: '',
    workflow: '',
    digest: '',
    rest: null,
    output: null,
    steps: [],
    calls: new Map(),
    callIds: new Set(),
    text: '',
    ledger: [],
    usage: NO_USAGE,
  }
  for (const event of events) read(draft, event)
  const { rest } = draft
  return {
    run: draft.run,
    workflow: draft.workflow,
    digest: draft.digest,
    reason: rest?.reason ?? null,
    message: rest?.message ?? '',
    output: draft.output,
    step: draft.steps.at(-1)?.name ?? null,
    steps: draft.steps,
    ledger: draft.ledger,
    ...(rest?.pending === undefined ? {} : { pending: rest.pending }),
    usage: draft.usage,
    events: events.length,
  }
}

function read(draft: Draft, event: Event): void {
  switch (event.type) {
    case 'run.started':
      draft.run = event.run
      draft.workflow = event.workflow
      draft.digest = event.digest
      return
    case 'step.entered':
      draft.steps.push({
        order: draft.steps.length + 1,
        name: event.step,
        text: '',
        tool_calls: [],
        usage: NO_USAGE,
      })
      return
    case 'model.answered':
      return readAnswer(draft, event)
    case 'call.judged':
      return readVerdict(draft, event)
    case 'tool.returned':
      draft.rest = null
      return setCall(draft, event.call, { result: event.output })
    case 'call.failed':
      draft.rest = null
      return setCall(draft, event.call, {
        error: { code: event.error.code, message: event.error.message },
      })
    case 'tool.doubted':
      return setCall(draft, event.call, { error: { code: 'in_doubt', message: event.message } })
    case 'step.completed':
      return readCompletion(draft, event)
    case 'turn.started':
    case 'cancel.requested':
    case 'tool.failed':
      draft.rest = null
      return
    case 'run.resumed':
      if (draft.rest?.reason === 'model_failed') draft.rest = null
      return
    case 'run.rested':
      draft.rest = event
      return
    default:
      return
  }
}

function readAnswer(draft: Draft, event: EventOf<'model.answered'>): void {
  draft.usage = addUsage(draft.usage, event.usage)
  const step = draft.steps.at(-1)
  if (step === undefined) return
  step.usage = addUsage(step.usage, event.usage)
  const parts = withOwnIds(event, draft.callIds)
  draft.text = textOf(parts)
  if (draft.text !== '') step.text = draft.text
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
  for (const { gate, verdict, reason } of event.gates) {
    draft.ledger.push({ seq: event.seq, call: event.call, tool: event.tool, gate, verdict, reason })
  }
}

function setCall(draft: Draft, id: string, change: Partial<CallRecord>): void {
  const call = draft.calls.get(id)
  if (call === undefined) return
  if (change.result !== undefined) delete call.error
  Object.assign(call, change)
}

function readCompletion(draft: Draft, event: EventOf<'step.completed'>): void {
  const step = draft.steps.at(-1)
  if (step === undefined) return
  if (event.text !== undefined) step.text = event.text
  draft.output = readOutput(event.text ?? draft.text, event.output)
  if (event.output !== 'text') step.output = draft.output
}

function addUsage(sum: RecordUsage, usage: Usage): RecordUsage {
  return {
    prompt_tokens: sum.prompt_tokens + usage.input,
    completion_tokens: sum.completion_tokens + usage.output,
    cached_tokens: sum.cached_tokens + usage.cached,
  }
}
