import type { Branch, Spend } from '../../log/branch.ts'
import type { LimitSpan } from '../../log/event.ts'
import type { State } from '../../log/state.ts'
import type { Plan, PlanSpan } from '../../spec/plan.ts'
import type { Reached } from './limit.ts'

/** Limits and spending over one span, and how people call it. */
export interface Span {
  readonly span: LimitSpan
  readonly limits: PlanSpan
  readonly spend: Spend
  readonly where: string
}

/** The spans of the branch in focus, then those of what waits for it; only those with a limit. */
export function spansOf(plan: Plan, state: State): readonly Span[] {
  const spans: Span[] = []
  let branch: Branch | undefined = state.branch
  for (let at: Plan | null = plan; at !== null && branch !== undefined; at = at.outer) {
    const own = at === plan
    const step = at.steps.get(branch.step ?? '')
    const { spend, parent }: Branch = branch
    if (step !== undefined && isLimited(step.budget)) {
      const where = own ? 'in this step' : `in step ${step.name} of ${at.name}`
      spans.push({ span: 'step', limits: step.budget, spend: spend.step, where })
    }
    const { run, turn } = at.budget
    if (isLimited(turn)) {
      const where = own ? 'in this turn' : 'in the whole turn'
      spans.push({ span: 'turn', limits: turn, spend: spend.turn, where })
    }
    if (isLimited(run)) {
      const inRun = parent === null ? 'in the whole run' : `in the sub-run ${at.name}`
      const where = own && parent === null ? 'in this run' : inRun
      spans.push({ span: 'run', limits: run, spend: spend.run, where })
    }
    branch = parent === null ? undefined : state.branches.get(parent.branch)
  }
  return spans
}

function isLimited({ calls, tokens, usd, seconds }: PlanSpan): boolean {
  return calls !== null || tokens !== null || usd !== null || seconds !== null
}

/** The first limit of time that is reached (waiting at rest excluded); null when none is. */
export function secondsReached(spans: readonly Span[], state: State): Reached | null {
  for (const { span, limits, spend, where } of spans) {
    const { seconds } = limits
    if (seconds !== null && state.activeMs - spend.sinceMs >= seconds * 1000) {
      return { limit: 'seconds', span, allowed: seconds, where }
    }
  }
  return null
}

/** Milliseconds that the budgets leave to what starts now; null where none counts seconds. */
export function timeLeft(plan: Plan, state: State): number | null {
  const left = spansOf(plan, state).flatMap(({ limits, spend }) =>
    limits.seconds === null ? [] : [limits.seconds * 1000 - (state.activeMs - spend.sinceMs)],
  )
  return left.length === 0 ? null : Math.max(0, Math.min(...left))
}
