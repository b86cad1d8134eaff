import type { Json } from '../spec/json.ts'
import type { CallDraft, StateDraft } from './draft.ts'
import type { EventOf, Failure } from './event.ts'

/*
 * How one call of a batch changes the state, from its verdict to its one result.
 */

function callOf(draft: StateDraft, id: string): CallDraft {
  const index = draft.branch.batchIndex.get(id)
  const call = index === undefined ? undefined : draft.branch.batch[index]
  if (call === undefined) throw new RangeError(`there is no call ${id} in the current batch`)
  return call
}

export function foldJudged(draft: StateDraft, event: EventOf<'call.judged'>): void {
  const call = callOf(draft, event.call)
  switch (event.verdict) {
    case 'allow':
      call.reservations = event.reservations ?? []
      for (const { gate, key } of call.reservations) reserve(draft, gate, key, 1)
      call.status = 'due'
      return
    case 'approve':
    case 'escalate':
      call.status = 'held'
      call.held = event.gates.find((gate) => gate.verdict === event.verdict) ?? null
      return
    case 'refuse': {
      const budget = event.gates.some((gate) => gate.gate === 'budget')
      if (budget) draft.branch.outOfCalls = true
      return settle(draft, call, {
        code: 'refused',
        message: event.message ?? 'refused',
        executed: false,
      })
    }
  }
}

function reserve(draft: StateDraft, gate: string, key: string, change: 1 | -1): void {
  const held = draft.reservations.get(gate) ?? new Map<string, number>()
  held.set(key, (held.get(key) ?? 0) + change)
  draft.reservations.set(gate, held)
}

export function foldDispatched(draft: StateDraft, event: EventOf<'tool.dispatched'>): void {
  const call = callOf(draft, event.call)
  call.status = 'dispatched'
  call.attempt = event.attempt
  if (call.cut) call.cuts++
  call.cut = false
  call.failure = null
  draft.dispatches++
}

/** A committed success: the only thing that becomes a fact (Law 3). */
export function foldReturned(draft: StateDraft, event: EventOf<'tool.returned'>): void {
  const call = callOf(draft, event.call)
  const { successes } = draft.branch
  successes.set(call.tool, (successes.get(call.tool) ?? 0) + 1)
  const history = draft.branch.tools[call.tool]
  if (history !== undefined) {
    history.outputs.latest = event.output
    history.outputs.all.push(event.output)
    history.calls.all.push({
      args: call.args,
      output: event.output,
      turn: draft.turn,
      seq: event.seq,
    })
  }
  settle(draft, call, null, event.output)
}

/** A failure becomes the answer only once no retry follows (`call.failed`). */
export function foldFailed(draft: StateDraft, event: EventOf<'tool.failed'>): void {
  const call = callOf(draft, event.call)
  call.failure = event.error
  call.cut = false
  draft.rest = null
}

/** What is known not to have run gives its places under `limit` gates back; doubt never does. */
export function foldCallFailed(draft: StateDraft, event: EventOf<'call.failed'>): void {
  const call = callOf(draft, event.call)
  if (event.error.executed === false) {
    for (const { gate, key } of call.reservations) reserve(draft, gate, key, -1)
    call.reservations = []
  }
  settle(draft, call, event.error)
}

export function foldRetried(draft: StateDraft, event: EventOf<'tool.retried'>): void {
  const call = callOf(draft, event.call)
  call.status = 'retrying'
  call.delayMs = event.delayMs
}

export function foldWaitEnded(draft: StateDraft, event: EventOf<'wait.ended'>): void {
  if (event.wait === 'model') {
    draft.branch.where = { at: 'model', cut: true }
    return
  }
  callOf(draft, event.wait).status = 'due'
}

export function foldDoubted(draft: StateDraft, event: EventOf<'tool.doubted'>): void {
  const call = callOf(draft, event.call)
  call.status = 'doubted'
  call.failure = null
}

function settle(
  draft: StateDraft,
  call: CallDraft,
  error: Failure | null,
  output: Json = null,
): void {
  draft.rest = null
  call.status = 'settled'
  call.failure = null
  call.result = error === null ? { ok: true, output } : { ok: false, error }
  const { branch } = draft
  while (branch.batch[branch.settled]?.status === 'settled') branch.settled++
  if (branch.settled === branch.batch.length) closeBatch(draft)
}

/** With every call answered, the results enter the transcript at once and in call order (Law 6). */
function closeBatch(draft: StateDraft): void {
  const { branch } = draft
  branch.transcript.push({
    role: 'tool',
    results: branch.batch.map((call) => ({
      call: call.id,
      tool: call.tool,
      result: call.result ?? {
        ok: false,
        error: { code: 'not_executed', message: 'not executed' },
      },
    })),
  })
}
