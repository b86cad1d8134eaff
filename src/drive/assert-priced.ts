import type { Plan } from '../core/spec/plan.ts'
import { unpriced, unpricedMessage } from '../core/spec/prices.ts'
import { LockstepError } from './lockstep-error.ts'

/**
 * Refuses to go on under a budget in USD with a model whose price nobody knows. `model` is the run's
 * own choice; null leaves it to the steps. Throws a LockstepError `unknown_price`.
 */
export function assertPriced(plan: Plan, model: string | null): void {
  const [first] = unpriced(plan, model)
  if (first === undefined) return
  const message = `step ${first.step} of ${first.workflow}: ${unpricedMessage(first.model)}`
  throw new LockstepError('unknown_price', message)
}
