import type { EventBody, Pending } from '../log/event.ts'
import type { BatchCall } from '../log/call.ts'
import type { Source } from '../log/origins.ts'
import type { State } from '../log/state.ts'
import type { Plan, PlanStep, PlanTool, ToolKind } from '../spec/plan.ts'
import { callsReached } from './budget/budget.ts'
import { restForInput } from './slot/slots-ask.ts'
import { followArtifact, storeArtifact } from './artifact/store-artifact.ts'
import { needsApproval } from './gate/built-in-gates.ts'
import type { Effect } from './effect.ts'
import { holdForPerson } from './approval/approval.ts'
import { judge } from './judge.ts'
import { perform, record, type Move } from './move.ts'
import { isDoubtful, toolRetryDelay } from './retry.ts'
import { followSubRun } from './sub-run.ts'

/*
 * The calls of one message. They are judged in order, each over the state that the earlier ones
 * left; plain reads overlap, a write or a gated call waits for those before it (Law 2). A refusal
 * does not stop later siblings; what must be held for a person stops the batch where it is.
 */

/** How many dispatches of one batch may be under way at once. */
const MAX_OVERLAP = 32

interface Outside {
  readonly call: BatchCall
  readonly tool: PlanTool
}

/** The next move of an unfinished batch; null once every call has its result. */
export function decideBatch(plan: Plan, state: State, step: PlanStep): Move | null {
  const { batch, settled } = state.branch
  const under: Effect[] = []
  const outside: Outside[] = []
  let allSettled = true
  let allPlain = true
  let subRuns = 0
  for (let index = settled; index < batch.length && under.length + subRuns < MAX_OVERLAP; index++) {
    const call = batch[index]
    if (call === undefined || call.status === 'settled') continue
    const tool = plan.tools.get(call.tool)
    // What it refers to may be the result of a call before it.
    const plain = !call.references && (tool === undefined || isPlainRead(plan, tool))
    if (call.status === 'waiting' || call.status === 'granted') {
      // The first call that may not overtake those before it ends the look-ahead.
      if (!allSettled && !(plain && allPlain)) break
      const move = judge(plan, state, { step, call })
      return move.type === 'perform' ? perform(...under, ...move.effects) : move
    }
    const next = tool === undefined ? null : nextOf(plan, state, { step, call, tool })
    if (next !== null) return next
    if (call.status === 'retrying')
      under.push({ type: 'wait', wait: call.id, delayMs: call.delayMs })
    else if (call.status === 'due') under.push(claimPlaces(plan, state, call))
    else if (tool !== undefined && RUN.has(tool.kind)) under.push(runTool(state, call))
    else if (tool?.kind === 'store-artifact') under.push(storeArtifact(plan, state, { step, call }))
    else if (tool?.kind === 'workflow') subRuns++
    else if (tool !== undefined) outside.push({ call, tool })
    allSettled = false
    allPlain &&= plain
  }
  if (under.length > 0) return perform(...under)
  // With sub-runs under way only this branch rests; what it waits for is shown with what they do.
  if (outside.length > 0) return record(restForOutside(plan, state, outside))
  return subRuns > 0 ? perform() : null
}

/** Kinds that `run-tool` executes. */
const RUN: ReadonlySet<ToolKind> = new Set([
  'server',
  'read-artifact',
  'recall',
  'memorize',
  'guidelines',
] as const)

/** Kinds that a driver executes itself: what was under way in one that is gone was cut off. */
const EXECUTED: ReadonlySet<ToolKind> = new Set([...RUN, 'store-artifact'])

/** Reads without gates may overlap; everything else is judged when those before it are done. */
function isPlainRead(plan: Plan, tool: PlanTool): boolean {
  const free = !needsApproval(plan, tool) && !plan.gatesOn.has(tool.name)
  return tool.outward && tool.effect === 'read' && free
}

/** What a judged call needs written down before it can be waited for; null when nothing. */
function nextOf(plan: Plan, state: State, on: Outside & { readonly step: PlanStep }): Move | null {
  const { call, tool } = on
  switch (call.status) {
    case 'held':
      return holdForPerson(plan, state, on)
    case 'doubted':
      return record(restInDoubt(call))
    case 'due':
      return mustClaim(state, call) ? null : sendOff(plan, state, on)
    case 'dispatched':
      if (call.failure !== null) return followUp(plan, state, on)
      if (tool.kind === 'workflow') return followSubRun(plan, state, on)
      return followArtifact(plan, state, on) ?? followUp(plan, state, on)
    case 'waiting':
    case 'granted':
    case 'retrying':
    case 'settled':
      return null
  }
}

/** Where a run has forks, the places of a call are claimed among all of them before it runs. */
function mustClaim(state: State, call: BatchCall): boolean {
  return state.family !== null && !call.claimed && state.places.has(call.id)
}

function claimPlaces(plan: Plan, state: State, call: BatchCall): Effect {
  const gates = plan.gatesOn.get(call.tool) ?? []
  const places = (state.places.get(call.id) ?? []).map((place) => ({
    ...place,
    calls: gates.find((gate) => gate.name === place.gate)?.limit?.calls ?? 0,
  }))
  return { type: 'claim-places', call: call.id, family: state.family ?? state.run, places }
}

/** Sends a call off, unless the budgets are spent since it was allowed: by a retry, or elsewhere. */
function sendOff(plan: Plan, state: State, on: Outside): Move {
  const { call, tool } = on
  const spent = call.undoes === null ? callsReached(plan, state) : null
  if (spent === null) return record(...dispatch(call, tool))
  const message = `Not executed. refuse by gate budget: ${spent}.`
  const error = call.failure ?? { code: 'budget_exceeded', message, executed: false }
  return record({ type: 'call.failed', call: call.id, error })
}

/** Records the dispatch before anything runs (Law 5); `finish` is answered by the kernel itself. */
function dispatch(call: BatchCall, tool: PlanTool): readonly EventBody[] {
  const dispatched: EventBody = {
    type: 'tool.dispatched',
    call: call.id,
    attempt: call.attempt + 1,
    ...sourceOf(tool),
  }
  if (tool.kind !== 'finish') return [dispatched]
  return [dispatched, { type: 'tool.returned', call: call.id, output: { finished: true } }]
}

/** Who writes the result of a tool, for `clean` gates; nobody but the tool where it is trusted. */
function sourceOf({ kind, trust }: PlanTool): { readonly source?: Source } {
  switch (kind) {
    case 'request-input':
      return { source: 'user' }
    case 'finish':
    case 'escalate':
    case 'workflow':
    case 'read-artifact':
    case 'verify-artifact':
      return { source: 'model' }
    case 'recall':
      return { source: 'memory' }
    case 'memorize':
    case 'guidelines':
    case 'store-artifact':
      return {}
    case 'server':
    case 'client':
      return trust === 'untrusted' ? { source: 'untrusted' } : {}
  }
}

/** What a dispatched call needs before it can be waited for: nothing, or a verdict on its failure. */
function followUp(plan: Plan, state: State, on: Outside): Move | null {
  const { call, tool } = on
  const again = call.cut || call.failure !== null
  const spent = again && call.undoes === null ? callsReached(plan, state) : null
  if (call.cut && EXECUTED.has(tool.kind)) {
    if (tool.effect === 'read') return sendOff(plan, state, on)
    // What stays within the run was allowed once, and the same again is the same.
    const again = tool.idempotent && (spent === null || !tool.outward)
    if (again) return record(...dispatch(call, tool))
    return record(doubt(call, 'its driver stopped while it ran'))
  }
  const error = call.failure
  if (error === null) return null
  if (isDoubtful(tool, error)) return record(doubt(call, error.message))
  const delayMs = spent === null ? toolRetryDelay(tool, call, error) : null
  return record(
    delayMs === null
      ? { type: 'call.failed', call: call.id, error }
      : { type: 'tool.retried', call: call.id, delayMs },
  )
}

function doubt(call: BatchCall, why: string): EventBody {
  return {
    type: 'tool.doubted',
    call: call.id,
    message: `${call.tool} is a write that may or may not have happened: ${why}`,
  }
}

function runTool(state: State, call: BatchCall): Effect {
  return {
    type: 'run-tool',
    call: call.id,
    tool: call.tool,
    attempt: call.attempt,
    args: call.args,
    idempotencyKey: `${state.run}/${call.id}`,
  }
}

function pendingCall(call: BatchCall): Pending {
  return { call: call.id, tool: call.tool, args: call.args }
}

function restForOutside(plan: Plan, state: State, waiting: readonly Outside[]): EventBody {
  const question = waiting.find(({ tool }) => tool.kind === 'request-input')?.call
  if (question !== undefined) return restForInput(plan, state, question)
  return {
    type: 'run.rested',
    reason: 'needs_client',
    message: `waits for the caller to execute ${waiting.map(({ tool }) => tool.name).join(', ')}`,
    pending: waiting.map(({ call }) => pendingCall(call)),
  }
}

function restInDoubt(call: BatchCall): EventBody {
  return {
    type: 'run.rested',
    reason: 'tool_in_doubt',
    message: `${call.tool} may or may not have happened; find out, then say so (executed or not)`,
    pending: [pendingCall(call)],
  }
}
