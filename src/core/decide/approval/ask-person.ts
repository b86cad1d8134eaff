import type { Entry, EventBody } from '../../log/event.ts'
import type { ApprovalRequest } from '../../log/event-person.ts'
import { inBranch } from '../../log/in-branch.ts'
import type { Approval, State } from '../../log/state.ts'
import { record, type Move } from '../move.ts'

/** What waits for a person's word. */
interface Waiting {
  /** The branch that it belongs to. */
  readonly branch: string
  /** What was asked before, whatever became of it. */
  readonly before: Approval | undefined
  readonly request: () => ApprovalRequest
  /** How the run rests for a request. */
  readonly rest: (request: ApprovalRequest) => Entry
}

/**
 * Rests for a person's word: asks for it once, also for what is no call of a model, and says so when
 * what was asked does not count any more (Law 8). It is then asked anew.
 */
export function askPerson(state: State, waiting: Waiting): Move {
  const { branch, before, rest } = waiting
  if (before?.status === 'open') {
    const { request } = before
    const stale = isExpired(state, request) || request.digest !== state.digest
    return record(stale ? inBranch(expired(request), branch) : rest(request))
  }
  const request = waiting.request()
  return record(inBranch({ type: 'approval.requested', request }, branch), rest(request))
}

/** True from the moment on at which no answer to a request counts (Law 8). */
export function isExpired(state: State, { expiresAt }: ApprovalRequest): boolean {
  return expiresAt !== null && state.at >= expiresAt
}

/** Says that a request is out of date. */
export function expired({ id, call }: ApprovalRequest): EventBody {
  return { type: 'approval.expired', request: id, call }
}
