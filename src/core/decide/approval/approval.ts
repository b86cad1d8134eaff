import { inBranch } from '../../log/in-branch.ts'
import { argumentsHash } from '../../log/confirmation.ts'
import type { BatchCall } from '../../log/call.ts'
import type { Entry, EventBody, EventOf } from '../../log/event.ts'
import type { ApprovalRequest } from '../../log/event-person.ts'
import { endOf } from '../../log/end-of.ts'
import { focus, type Approval, type State } from '../../log/state.ts'
import type { Plan, PlanApproval, PlanTool } from '../../spec/plan.ts'
import { aboutCall, approvalRequest } from './approval-request.ts'
import { askPerson, expired, isExpired } from './ask-person.ts'
import {
  approvalsLeft,
  coversOf,
  isWanted,
  nameIn,
  nameKey,
  rolesOf,
  wantedInWords,
} from './approver.ts'
import { planOf } from '../branch-plan.ts'
import { handOver } from '../handoff/handoff.ts'
import { record, type Move } from '../move.ts'
import { legalTools } from '../scope.ts'

/*
 * Calls that wait for a person (Law 8). What is asked is an event before the run rests for it; what
 * somebody answers is an event before anything is concluded from it; and what is concluded is one
 * too, so that a forged, late or repeated answer is in the ledger like a good one. A grant runs
 * nothing: the call goes back to judge.ts, which looks at all gates again.
 */

type Answer = EventOf<'approval.answered'>

/** Asks for the approval that a held call needs, and rests until somebody answers. */
export function holdForPerson(
  plan: Plan,
  state: State,
  on: { readonly call: BatchCall; readonly tool: PlanTool },
): Move {
  const { call } = on
  if (call.held?.verdict === 'escalate') return handOver(plan, state, call)
  return askPerson(state, {
    branch: state.branch.id,
    before: call.request === null ? undefined : state.approvals.get(call.request),
    request: () => requestFor(plan, state, on),
    rest: (request) => waits(call, request),
  })
}

function requestFor(
  plan: Plan,
  state: State,
  on: { readonly call: BatchCall; readonly tool: PlanTool },
): ApprovalRequest {
  const { call, tool } = on
  const gates = new Set(call.asking.map(({ gate }) => gate))
  return approvalRequest(state, {
    call: call.id,
    tool: call.tool,
    args: call.args,
    asked: call.asking.map(({ gate, rules = [] }) => ({ gate, rules })),
    about: aboutCall(tool),
    undo: tool.undo?.tool ?? null,
    approvals: [...gates].flatMap((gate) => approvalsOf(plan, { tool: call.tool, gate })),
    confirm: call.asking.length > 0 && call.asking.every((gate) => gate.confirm === true),
  })
}

/** Who must approve where a gate asks: as the gate says, or the workflow for `risk`. */
function approvalsOf(
  plan: Plan,
  on: { readonly tool: string; readonly gate: string },
): readonly PlanApproval[] {
  const declared = (plan.gatesOn.get(on.tool) ?? []).filter((gate) => gate.name === on.gate)
  const own = declared.map((gate) => gate.approval)
  return own.length > 0 && on.gate !== 'risk' ? own : [...own, plan.approval]
}

function waits(call: BatchCall, request: ApprovalRequest): EventBody {
  const reasons = call.asking.map(({ gate, reason }) => `gate ${gate}: ${reason}`)
  const [gate] = request.gates
  return {
    type: 'run.rested',
    reason: 'needs_approval',
    message: `${call.tool} needs an approval: ${reasons.join('; ')}`,
    pending: [
      {
        call: call.id,
        tool: call.tool,
        args: call.args,
        ...(gate === undefined ? {} : { gate }),
        request: request.id,
        ...(request.confirm ? { confirm: true } : {}),
      },
    ],
  }
}

/**
 * Concludes the first answer that nobody has judged yet; null when there is none. An answer counts
 * only when everything that its request is bound to still holds, and only from somebody who may
 * give it (Law 8). Works at any rest: what comes late is refused, and the rest stays as it was.
 */
export function judgeAnswers(plan: Plan, state: State): Move | null {
  const [answer] = state.answers
  if (answer === undefined) return null
  const approval = state.approvals.get(answer.request)
  if (approval === undefined) return record(refused(answer, unknown(state, answer)))
  const { request, branch } = approval
  const objection = changed(plan, state, request) ?? closed(state, approval)
  if (objection !== null) return record(refused(answer, objection))
  if (isExpired(state, request)) return record(...tooLate(answer, approval))
  const own = planOf(plan, state, state.branches.get(branch) ?? state.branch)
  const wrong = otherArguments(answer, request) ?? unfit(own, state, { answer, approval })
  if (wrong !== null) return record(refused(answer, wrong))
  const concluded =
    answer.decision === 'deny'
      ? denied(own, state, { answer, approval })
      : granted(own, { answer, approval })
  return record(inBranch(concluded, branch))
}

function refused(answer: Answer, reason: string): EventBody {
  return { type: 'approval.refused', request: answer.request, by: answer.by, reason }
}

function unknown(state: State, answer: Answer): string {
  const open = [...state.approvals.values()].filter(({ status }) => status === 'open')
  const ids = open.slice(-5).map(({ request }) => request.id)
  const known = ids.length === 0 ? 'nothing is asked' : `asked: ${ids.join(', ')}`
  return `run ${state.run} has no request ${JSON.stringify(answer.request)} (${known})`
}

function changed(plan: Plan, state: State, request: ApprovalRequest): string | null {
  if (request.digest === state.digest && plan.digest === state.digest) return null
  return `the workflow was changed since this was asked (asked under ${request.digest}, now ${plan.digest})`
}

const CLOSED: Readonly<Record<Exclude<Approval['status'], 'open'>, string>> = {
  granted: 'it is granted already',
  used: 'it is used up: its call was let go by it, and one approval is good for one call',
  denied: 'it is denied already',
  expired: 'it is expired',
  void: 'it is void: what it was asked for was decided without it',
}

function closed(state: State, { status, branch, request }: Approval): string | null {
  if (status !== 'open') return CLOSED[status]
  // Only a way back may be asked for after the end.
  const end = request.call === '' ? null : endOf(state)
  if (end !== null) return `the run has ended (${end.reason})`
  // One that has ended may still ask about a write of it that is being taken back.
  const takesBack = (state.branches.get(branch)?.aside ?? null) !== null
  const open = state.active.includes(branch) || takesBack
  return open ? null : 'the sub-run that asked for it has ended'
}

/** The answer does not count, and what was asked is to be asked anew. */
function tooLate(answer: Answer, { request, branch }: Approval): readonly Entry[] {
  const at = new Date(request.expiresAt ?? 0).toISOString()
  const rest: EventBody = {
    type: 'run.rested',
    reason: 'expired',
    message: `the request to approve ${request.tool} expired at ${at}; \`lockstep runs resume\` asks again`,
  }
  return [
    refused(answer, `it expired at ${at}`),
    inBranch(expired(request), branch),
    inBranch(rest, branch),
  ]
}

function otherArguments(answer: Answer, request: ApprovalRequest): string | null {
  if (answer.args === undefined || argumentsHash(answer.args) === request.hash) return null
  return `it was asked for ${JSON.stringify(request.args)}, not for ${JSON.stringify(answer.args)}`
}

interface Answered {
  readonly answer: Answer
  readonly approval: Approval
}

/** Why this person's word does not count; null when it does. */
function unfit(plan: Plan, state: State, { answer, approval }: Answered): string | null {
  const { request, granted: before } = approval
  const name = answer.by.trim()
  if (nameKey(name) === '') return 'it does not say who answers'
  const roles = rolesOf(plan, answer)
  if (roles === null) return `${name} is not among the workflow's people`
  const covers = coversOf(request.needs, { by: nameIn(plan, name), roles })
  const has = roles.length === 0 ? 'no role' : roles.join(', ')
  if (covers.length === 0) {
    return `${name} (${has}) may not answer it; it takes ${wantedInWords(request.needs)}`
  }
  if (answer.decision === 'deny') return null
  const fourEyes = request.needs.some(({ approvers }) => approvers >= 2)
  if (fourEyes && state.by.some((starter) => nameKey(starter) === nameKey(name))) {
    return `${name} started the run and cannot be one of its ${request.approvers} approvers`
  }
  if (before.some(({ by }) => nameKey(by) === nameKey(name))) {
    return `${name} has approved already; it takes ${wantedInWords(request.needs, before)} more`
  }
  return isWanted(request.needs, { covers, granted: before })
    ? null
    : `no more of that is needed (${has}); it takes ${wantedInWords(request.needs, before)} more`
}

function granted(plan: Plan, { answer, approval }: Answered): EventBody {
  const { request, granted: before } = approval
  const by = answer.by.trim()
  const roles = rolesOf(plan, answer) ?? []
  const covers = coversOf(request.needs, { by: nameIn(plan, by), roles })
  return {
    type: 'approval.granted',
    request: request.id,
    call: request.call,
    by,
    reason: answer.reason,
    left: approvalsLeft(request.needs, [...before, { by, seq: answer.seq, covers }]),
    covers,
  }
}

function denied(plan: Plan, state: State, { answer, approval }: Answered): EventBody {
  const { request, branch } = approval
  const by = answer.by.trim()
  const reason = answer.reason.trim()
  const seen = state.branches.has(branch) ? focus(state, branch) : state
  const step = plan.steps.get(seen.branch.step ?? '')
  const why = reason === '' ? `by ${by}` : `by ${by}: ${reason.replace(/\.$/, '')}`
  const legal = step === undefined ? '' : ` ${legalTools(plan, seen, step)}`
  return {
    type: 'approval.denied',
    request: request.id,
    call: request.call,
    by,
    reason,
    message: `Not executed. Denied ${why}.${legal}`,
  }
}
