import type { EventBody } from '../log/event.ts'
import { nearestItem } from '../log/fold/fold-branch.ts'
import type { State } from '../log/state.ts'
import type { Plan, PlanStep } from '../spec/plan.ts'
import type { ModelSettings } from '../spec/spec.ts'
import { templateScopes } from './context.ts'
import type { MindRequest } from './mind-request.ts'
import { offer } from './scope.ts'

/*
 * What a model is sent: the stable system prefix, the transcript, and the step's prompt as a user
 * message at its end; never a later step's prompt (Law 14).
 */

export type Entered =
  | { readonly ok: true; readonly event: EventBody }
  | { readonly ok: false; readonly message: string }

/** Renders a step's prompt for its entry. Fails when a template reads what is not there. */
export function enterStep(plan: Plan, state: State, step: PlanStep): Entered {
  const rendered = step.prompt.render(templateScopes(plan, state))
  if (!rendered.ok) {
    return { ok: false, message: `the prompt of step ${step.name}: ${rendered.error.message}` }
  }
  const text = state.branch.input['message']
  const message =
    !state.branch.messageSent && !step.quotesMessage && typeof text === 'string' && text !== ''
      ? text
      : null
  const stillStands = message !== null && rendered.text === state.branch.lastPrompt
  // A step that fans out asks no model, so it has nothing to say to one.
  const silent = step.each !== null || stillStands
  return {
    ok: true,
    event: {
      type: 'step.entered',
      step: step.name,
      visit: (state.branch.visits.get(step.name) ?? 0) + 1,
      message,
      prompt: silent ? null : rendered.text,
    },
  }
}

/**
 * The request of the model call that is under way. The transcript is handed out as it is, by
 * reference (Law 10); The run's own choice of model goes before the step's and the workflow's.
 */
export function mindRequest(plan: Plan, state: State, step: PlanStep): MindRequest {
  const closing = state.branch.model?.closing === true
  const offered = offer(plan, state, step)
  return {
    run: state.run,
    call: state.branch.model?.call ?? 1,
    step: step.name,
    role: 'planner',
    branch: state.branch.id,
    item: nearestItem(state.branches, state.branch),
    model: state.model ?? step.model,
    system: state.branch.instructions,
    messages: state.branch.transcript,
    tools: offered.tools.map(({ name, about, input }) => ({ name, about, input })),
    legal: offered.legal,
    scope: plan.scope,
    choose: offered.choose,
    output: closing ? null : (step.output?.schema ?? null),
    settings: settingsOf(state, step),
    closing,
    asked: state.asked,
  }
}

/** An answer may be as long as was set aside for it: what a budget does not pay for is not asked for. */
function settingsOf(state: State, step: PlanStep): ModelSettings {
  const reserved = state.branch.model?.reserved ?? null
  return reserved === null
    ? step.settings
    : { ...step.settings, max_output_tokens: reserved.answer }
}
