import type { EventBody } from '../log/event.ts'
import { nearestItem } from '../log/fold/fold-branch.ts'
import type { State } from '../log/state.ts'
import type { Json } from '../spec/json.ts'
import type { Plan, PlanStep } from '../spec/plan.ts'
import type { ModelSettings } from '../spec/spec.ts'
import { decisionSchema, REPORT_SCHEMA } from './decision/decision-schema.ts'
import { callerOf } from './artifact/role-call.ts'
import { rolePrompt } from './artifact/role-request.ts'
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
  const rendered = step.prompt.render(templateScopes(plan, state, step.prompt))
  if (!rendered.ok) {
    return { ok: false, message: `the prompt of step ${step.name}: ${rendered.error.message}` }
  }
  const text = state.branch.input['message']
  const message =
    !state.branch.messageSent && !step.quotesMessage && typeof text === 'string' && text !== ''
      ? text
      : null
  const stillStands = message !== null && rendered.text === state.branch.lastPrompt
  // A step that fans out asks no model, so it has nothing to say to one; an empty text says nothing.
  const silent = step.each !== null || stillStands || rendered.text === ''
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

export type Requested =
  | { readonly ok: true; readonly request: MindRequest }
  | { readonly ok: false; readonly message: string }

/**
 * The request of the model call that is under way. The planner's transcript is handed out as it is,
 * by reference (Law 10). The run's own choice of model goes before the step's and the workflow's.
 * `content` is what a verifier scores, or a composer writes anew; `args` those of the composer's tool
 * call where they are more than the state has.
 */
export function mindRequest(
  plan: Plan,
  state: State,
  on: { readonly step: PlanStep; readonly content: string | null; readonly args?: Json },
): Requested {
  const { step } = on
  const role = state.branch.model?.role ?? 'planner'
  if (role === 'planner') return { ok: true, request: plannerRequest(plan, state, step) }
  const prompt = rolePrompt(plan, state, on)
  if (!prompt.ok) return prompt
  const { model } = state.branch
  const caller = model === null ? null : callerOf(plan, state, { step, model })
  return {
    ok: true,
    request: {
      ...common(plan, state, step),
      role,
      model: state.model ?? caller?.model ?? step.model,
      system: prompt.system,
      messages: [{ role: 'user', text: prompt.message }],
      tools: [],
      legal: [],
      choose: 'none',
      output: role === 'verifier' ? REPORT_SCHEMA : null,
      settings: settingsOf(state, caller?.settings ?? step.settings),
      closing: false,
    },
  }
}

/** The planner's request: what a step asks of its model. */
export function plannerRequest(plan: Plan, state: State, step: PlanStep): MindRequest {
  const { model, instructions } = state.branch
  const closing = model?.closing === true
  const offered = offer(plan, state, step)
  const native = model?.native === true
  const legal = offered.tools.filter(({ name }) => offered.legal.includes(name))
  const output = native
    ? decisionSchema(step, { legal, choose: offered.choose })
    : (step.output?.schema ?? null)
  return {
    ...common(plan, state, step),
    role: 'planner',
    model: state.model ?? step.model,
    system: systemOf(instructions, plan.policy),
    messages: state.branch.transcript,
    tools: offered.tools.map(({ name, about, input }) => ({ name, about, input })),
    // An envelope names the tool: nothing is called beside it.
    legal: native ? [] : offered.legal,
    choose: native ? 'none' : offered.choose,
    output: closing ? null : output,
    settings: settingsOf(state, step.settings),
    closing,
  }
}

function common(
  plan: Plan,
  state: State,
  step: PlanStep,
): Pick<MindRequest, 'run' | 'call' | 'step' | 'branch' | 'item' | 'scope' | 'asked'> {
  return {
    run: state.run,
    call: state.branch.model?.call ?? 1,
    step: step.name,
    branch: state.branch.id,
    item: nearestItem(state.branches, state.branch),
    scope: plan.scope,
    asked: state.asked,
  }
}

/** The stable prefix: the author's instructions, and once what holds for every role (S4.33). */
function systemOf(instructions: string | null, policy: string | null): string | null {
  if (policy === null) return instructions
  return instructions === null ? policy : `${instructions}\n\n${policy}`
}

/** An answer may be as long as was set aside for it: what a budget does not pay for is not asked for. */
function settingsOf(state: State, settings: ModelSettings): ModelSettings {
  const reserved = state.branch.model?.reserved ?? null
  return reserved === null ? settings : { ...settings, max_output_tokens: reserved.answer }
}
