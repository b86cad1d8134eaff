import type { GateOutcome, Risk } from '../../log/event.ts'
import type { State } from '../../log/state.ts'
import { legalNames } from '../../spec/issue.ts'
import type { Plan, PlanTool } from '../../spec/plan.ts'
import { callsReached } from '../budget/budget.ts'
import { artifactRefusal } from '../artifact/artifact-call.ts'
import { slotRefusal } from '../slot/slots-ask.ts'
import { legalSet } from '../decision/legal.ts'
import { memoryRefusal } from '../memory/memory-call.ts'
import { breakerRefusal } from './breaker.ts'
import { refuse, type KnownQuestion, type Question } from './question.ts'

/*
 * The gates that need no declaration: unknown, budget, arguments, scope, breaker, risk.
 */

/** The first built-in gate that refuses a call; null when it passes them. */
export function builtInRefusal(question: Question): GateOutcome | null {
  const { plan, state, step, call, tool } = question
  if (tool === undefined) {
    return refuse(
      'unknown',
      `there is no tool ${JSON.stringify(call.tool)} (${legalNames(call.tool, legalSet(plan, state, step))})`,
    )
  }
  const known: KnownQuestion = { plan, state, step, call, tool }
  const misplaced = call.undoes === null ? outOfPlace(known) : null
  if (misplaced !== null) return misplaced
  const wrong = tool.check(call.args)
  if (wrong !== null) return refuse('arguments', `bad arguments for ${tool.name}: ${wrong}`)
  const unasked = slotRefusal(known)
  if (unasked !== null) return unasked
  const unwritable = artifactRefusal(known)
  if (unwritable !== null) return unwritable
  const foreign = memoryRefusal(known)
  if (foreign !== null) return foreign
  const broken = breakerRefusal(known)
  if (broken !== null) return broken
  // What the kernel takes back is as much as was done, and no loop of a model's.
  const spent = call.undoes === null ? callsReached(plan, state) : null
  return spent === null ? null : refuse('budget', spent)
}

/** Why a model may not make a call here and now; the kernel's own calls have no place. */
export function outOfPlace({ state, step, tool }: KnownQuestion): GateOutcome | null {
  const { model, limit, finish } = state.branch
  if (model?.closing === true) {
    return refuse('budget', `${limit?.reason ?? 'the budget'}: only a closing answer is left`)
  }
  if (finish === 'length' || finish === 'content-filter') {
    const why =
      finish === 'length' ? 'was cut off at its length limit' : 'was withheld by a content filter'
    return refuse('arguments', `the message ${why}, so its calls may not be whole`)
  }
  if (step.tools.includes(tool.name) || isReview(state, tool)) return null
  return refuse(
    'scope',
    `tool ${JSON.stringify(tool.name)} is not legal in step ${JSON.stringify(step.name)}`,
  )
}

/** An envelope may always ask for a person (S4.14). */
function isReview({ branch }: State, tool: PlanTool): boolean {
  const { decision } = branch
  return (
    tool.kind === 'escalate' &&
    decision?.source === 'native' &&
    decision.next_action === 'human_review'
  )
}

const RANK: Readonly<Record<Risk, number>> = { low: 0, medium: 1, high: 2 }

/** True when a tool's own tier needs an approval, whatever a model says of its calls. */
export function needsApproval(plan: Plan, tool: PlanTool): boolean {
  return RANK[tool.risk] >= RANK[plan.approval.risk]
}

/** The tier of a call; a model's own word raises that of its writes, and never lowers any (Law 15). */
function riskOf({ state, call, tool }: KnownQuestion): {
  readonly tier: Risk
  readonly by: string
} {
  const said = state.branch.risk
  const raises = call.undoes === null && tool.effect === 'write' && tool.outward
  if (raises && RANK[said] > RANK[tool.risk]) {
    return { tier: said, by: `the model says that this is of ${said} risk` }
  }
  return { tier: tool.risk, by: `${tool.name} is of ${tool.risk} risk` }
}

/** What the built-in gates say of a call that passed them; `risk` and `escalate_to_human` may hold it. */
export function builtInOutcomes(question: KnownQuestion): readonly GateOutcome[] {
  const { plan, step, call, tool } = question
  const where = call.undoes === null ? `legal in step ${step.name}` : `takes ${call.undoes} back`
  const passed: GateOutcome = { gate: 'scope', verdict: 'allow', reason: where }
  if (tool.kind === 'escalate') {
    return [passed, { gate: tool.name, verdict: 'escalate', reason: 'the model asks for a person' }]
  }
  const { tier, by } = riskOf(question)
  if (RANK[tier] < RANK[plan.approval.risk]) return [passed]
  return [passed, { gate: 'risk', verdict: 'approve', reason: by }]
}
