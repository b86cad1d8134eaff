import type { ModelCall } from '../branch.ts'
import { textOf } from '../call-ids.ts'
import { readReport, type Decision } from '../decision.ts'
import type { EventOf } from '../event.ts'
import { isJsonObject } from '../../spec/json.ts'
import { callOf } from './batch-call.ts'
import type { BranchDraft } from './draft.ts'

/*
 * What an answer leads to: a planner's by its envelope alone (S4.16), a composer's and a verifier's
 * by the tool call that it was asked for.
 */

/** The one place where the next action decides where a branch goes on. */
export function foldDecided(branch: BranchDraft, decision: Decision): void {
  branch.decision = decision
  branch.repaired = false
  if (decision.source === 'native') branch.confidences.push(decision.confidence)
  const closing = branch.model?.closing === true
  switch (decision.next_action) {
    case 'call_tool':
    case 'ask_user':
    case 'human_review':
      branch.where = { at: 'batch' }
      return
    case 'final_answer':
      branch.where = { at: closing ? 'closed' : 'text' }
      return
    case 'fail_safe': {
      const at = decision.source === 'native' ? 'fail-safe' : 'text'
      branch.where = { at: closing ? 'closed' : at }
    }
  }
}

/** A composer's text becomes the content of its call; a verifier's report is the call's (S4.3, S4.4). */
export function foldRoleAnswered(
  branch: BranchDraft,
  model: ModelCall,
  event: EventOf<'model.answered'>,
): void {
  branch.where = { at: 'batch' }
  const call = callOf(branch, model.tool ?? '')
  const text = textOf(event.parts)
  if (model.role === 'verifier') {
    call.report = readReport(text)
    return
  }
  call.args = { ...(isJsonObject(call.args) ? call.args : {}), content: text }
  call.composed = true
  call.artifacts = call.artifacts.filter(({ at }) => at !== '/content')
}
