import type { BatchCall } from '../log/call.ts'
import { argumentsHash } from '../log/confirmation.ts'
import type { EventBody, GateOutcome, Reservation, Verdict } from '../log/event.ts'
import type { ApprovalRequest } from '../log/event-person.ts'
import type { Approval, State } from '../log/state.ts'
import type { Plan, PlanGate, PlanStep } from '../spec/plan.ts'
import { resolveReferences } from './reference/references.ts'
import { composeFirst } from './artifact/store-artifact.ts'
import { builtInOutcomes, builtInRefusal } from './gate/built-in-gates.ts'
import type { KnownQuestion } from './gate/question.ts'
import { gateContext } from './context.ts'
import type { Effect } from './effect.ts'
import { judgeGate } from './gate/gate.ts'
import { perform, record, type Move } from './move.ts'
import { legalTools } from './scope.ts'

/*
 * The one door (Law 1): whatever a call's way here, this says whether it may run, over the state as
 * it is now. First the built-in gates (unknown, scope, arguments, breaker, budget), each of which ends the
 * matter; then risk and every declared gate, all of which are evaluated and recorded. Refuse beats
 * escalate beats approve beats allow.
 */

const STRENGTH: Readonly<Record<Verdict, number>> = { allow: 0, approve: 1, escalate: 2, refuse: 3 }

/**
 * Judges one call of the batch; the event is the ledger's entry for it. The functions of its gates'
 * `check` are asked first, but not about a call that is refused anyway.
 */
export function judge(
  plan: Plan,
  state: State,
  options: { readonly step: PlanStep; readonly call: BatchCall },
): Move {
  const { step, call } = options
  const tool = plan.tools.get(call.tool)
  const resolved = resolveReferences({ plan, state, step, call, tool })
  if (resolved?.ok === true) return record(resolved.event)
  const refusal = resolved?.outcome ?? builtInRefusal({ plan, state, step, call, tool })
  if (refusal !== null || tool === undefined) {
    const gates = refusal === null ? [] : [refusal]
    const message = refusalMessage(gates, { plan, state, step })
    return record(judged(call, { verdict: 'refuse', gates, message, reservations: [] }))
  }
  const composing = composeFirst({ plan, state, step, call, tool })
  if (composing !== null) return composing
  const owed = (plan.gatesOn.get(tool.name) ?? []).flatMap((gate) => checkOwed(gate, call))
  if (owed.length > 0) return perform(...owed)
  return record(judgeByGates({ plan, state, step, call, tool }))
}

function checkOwed({ name, check }: PlanGate, call: BatchCall): readonly Effect[] {
  if (check === null || call.checks.has(name)) return []
  return [{ type: 'run-check', call: call.id, gate: name, timeoutMs: check.timeoutMs }]
}

function judgeByGates(question: KnownQuestion): EventBody {
  const { plan, state, call, tool } = question
  const context = gateContext(plan, state, call.args)
  const answers = (plan.gatesOn.get(tool.name) ?? []).map((gate) =>
    judgeGate(gate, { plan, state, call, context }),
  )
  const grant = grantOf(state, call)
  const asked = [...builtInOutcomes(question), ...answers.map((answer) => answer.outcome)]
  const gates = asked.map((outcome) => underGrant(outcome, grant))
  if (verdictOf(gates) !== 'allow') {
    // A grant that is not enough counts for nothing: what is asked next is asked for every gate.
    const message = refusalMessage(asked, question)
    return judged(call, { verdict: verdictOf(asked), gates: asked, message, reservations: [] })
  }
  const confirmation = answers
    .map((answer) => answer.confirmation)
    .find((key) => key !== null && state.confirmations.has(key))
  return {
    ...judged(call, {
      verdict: 'allow',
      gates,
      message: null,
      reservations: answers.flatMap((answer) => answer.reservation ?? []),
    }),
    ...(grant === null ? {} : { grant: grant.request.id }),
    ...(typeof confirmation === 'string' ? { confirmation } : {}),
  }
}

/** The approval that lets a call go: whole, in time, and for exactly this call (Law 8). */
function grantOf(state: State, call: BatchCall): Approval | null {
  const approval = call.request === null ? undefined : state.approvals.get(call.request)
  if (call.status !== 'granted' || approval?.status !== 'granted') return null
  const { request, branch } = approval
  const inTime = request.expiresAt === null || state.at < request.expiresAt
  const same =
    request.call === call.id &&
    request.tool === call.tool &&
    request.digest === state.digest &&
    branch === state.branch.id &&
    request.hash === argumentsHash(call.args)
  return inTime && same ? approval : null
}

/** A gate that asked and was answered lets the call pass; one that asks for more than then still asks. */
function underGrant(outcome: GateOutcome, grant: Approval | null): GateOutcome {
  if (grant === null || outcome.verdict !== 'approve') return outcome
  if (!isGranted(grant.request, outcome)) return outcome
  const names = grant.granted.map(({ by }) => by).join(', ')
  return {
    gate: outcome.gate,
    verdict: 'allow',
    reason: `approved by ${names} (${outcome.reason})`,
    facts: grant.granted.map(({ seq }) => seq),
  }
}

/** True where a yes is to every rule that asks; in old logs it is to the gates alone. */
function isGranted(request: ApprovalRequest, { gate, rules = [] }: GateOutcome): boolean {
  const { gates, asked } = request
  if (asked === undefined) return gates.includes(gate)
  return asked.some((each) => {
    return each.gate === gate && rules.every((rule) => each.rules.includes(rule))
  })
}

function verdictOf(gates: readonly GateOutcome[]): Verdict {
  return gates.map((gate) => gate.verdict).reduce(stronger, 'allow')
}

function stronger(left: Verdict, right: Verdict): Verdict {
  return STRENGTH[left] >= STRENGTH[right] ? left : right
}

type JudgedCall = Extract<EventBody, { readonly type: 'call.judged' }>

interface Judgement {
  readonly verdict: Verdict
  readonly gates: readonly GateOutcome[]
  readonly message: string | null
  readonly reservations: readonly Reservation[]
}

function judged(call: BatchCall, judgement: Judgement): JudgedCall {
  const { verdict, gates, message, reservations } = judgement
  return {
    type: 'call.judged',
    call: call.id,
    tool: call.tool,
    verdict,
    gates,
    ...(message === null ? {} : { message }),
    ...(reservations.length === 0 ? {} : { reservations }),
  }
}

/** What the model is told: each gate that objects, by name, and what it may call instead. */
function refusalMessage(
  gates: readonly GateOutcome[],
  { plan, state, step }: Pick<KnownQuestion, 'plan' | 'state' | 'step'>,
): string {
  const objections = gates
    .filter((gate) => gate.verdict !== 'allow')
    .map((gate) => `${gate.verdict} by gate ${gate.gate}: ${gate.reason}`)
  return `Not executed. ${objections.join('. ')}. ${legalTools(plan, state, step)}`
}
