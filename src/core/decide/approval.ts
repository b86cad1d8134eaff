import type { BatchCall } from '../log/branch.ts'
import type { State } from '../log/state.ts'
import type { Plan, PlanTool } from '../spec/plan.ts'
import { record, type Move } from './move.ts'

export function judgeAnswers(_plan: Plan, _state: State): Move | null {
  return null
}

/** Held by an approve or escalate verdict: the ledger has it, the run says what it waits for. */
export function holdForPerson(
  _plan: Plan,
  _state: State,
  on: { readonly call: BatchCall; readonly tool: PlanTool },
): Move {
  const { call } = on
  const { verdict, gate, reason } = call.held ?? { verdict: 'approve', gate: 'risk', reason: '' }
  const escalated = verdict === 'escalate'
  return record({
    type: 'run.rested',
    reason: escalated ? 'escalated' : 'needs_approval',
    message: `${call.tool} ${escalated ? 'is for a person to decide' : 'needs an approval'}: gate ${gate}: ${reason}`,
    pending: [{ call: call.id, tool: call.tool, args: call.args, gate }],
  })
}
