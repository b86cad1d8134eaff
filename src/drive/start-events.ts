import { templateScopes } from '../core/decide/context.ts'
import type { EventBody } from '../core/log/event.ts'
import { newDraft } from '../core/log/fold/new-draft.ts'
import type { Message } from '../core/log/message.ts'
import { taskOf } from '../core/spec/guideline/guideline-task.ts'
import {
  guidedInstructions,
  selectGuidelines,
  type SelectedGuidelines,
} from '../core/spec/guideline/select-guidelines.ts'
import type { JsonObject } from '../core/spec/json.ts'
import type { Plan } from '../core/spec/plan.ts'
import { assertPriced } from './assert-priced.ts'
import { LockstepError } from './lockstep-error.ts'

/**
 * The events of a start, after the input was checked and the instructions rendered. Throws a
 * LockstepError `invalid_input`, or `unknown_price` under a budget in USD.
 */
export function startEvents(
  plan: Plan,
  start: {
    readonly id: string
    readonly input: JsonObject
    readonly session: JsonObject
    readonly by?: string
    readonly model?: string
    readonly history?: readonly Message[]
    readonly request?: string
    readonly traceparent?: string
    /** Those that were chosen; by words alone when left out. */
    readonly guidelines?: SelectedGuidelines | null
  },
): readonly EventBody[] {
  const { id, input, session } = start
  const wrong = plan.input?.(input) ?? null
  if (wrong !== null) throw new LockstepError('invalid_input', `the input does not fit: ${wrong}`)
  assertPriced(plan, start.model ?? null)
  const draft = newDraft([])
  draft.branch.input = input
  draft.session = session
  const scopes = templateScopes(plan, draft)
  const instructions = plan.instructions?.render(scopes) ?? { ok: true, text: null }
  if (!instructions.ok)
    throw new LockstepError('invalid_input', `instructions: ${instructions.error.message}`)
  const guided =
    start.guidelines ?? (plan.guidelines && selectGuidelines(plan.guidelines, taskOf(plan, input)))
  return [
    {
      type: 'run.started',
      run: id,
      workflow: plan.name,
      digest: plan.digest,
      input,
      instructions: guidedInstructions(instructions.text, guided?.text ?? null),
      session,
      ...(start.by === undefined ? {} : { by: start.by }),
      ...(start.model === undefined ? {} : { model: start.model }),
      ...(start.history === undefined ? {} : { history: start.history }),
      ...(start.request === undefined ? {} : { request: start.request }),
      ...(start.traceparent === undefined ? {} : { trace: start.traceparent }),
      ...(guided ? { guidelines: guided.applied } : {}),
    },
    { type: 'turn.started', turn: 1, input: {} },
  ]
}
