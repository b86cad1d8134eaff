import type { State } from '../log/state.ts'
import type { Fact } from '../log/branch.ts'
import type { Json, JsonObject } from '../spec/json.ts'
import type { Plan } from '../spec/plan.ts'
import type { Template } from '../spec/template/template.ts'
import { isInDoubt } from './decision/doubt.ts'

/*
 * What conditions and templates may read. Nothing is copied: the state's own values are handed out,
 * read-only.
 */

/**
 * What a gate reads: nothing in it was written by a model but the call's arguments (Law 3). The input
 * of a sub-run that a model wrote is not there.
 */
export function gateContext(
  plan: Plan,
  state: State,
  args: Json,
): SharedContext & { readonly args: Json } {
  const { trusted } = state.branch
  const shared = sharedContext(plan, state)
  if (trusted) return { args, ...shared }
  return { args, ...shared, input: {}, slots: slotsOfUser(state) }
}

/** What transitions and success criteria read: also what the steps have put out. */
export function stepContext(plan: Plan, state: State, output: Json): JsonObject {
  const { steps, results: tools } = state.branch
  const decision = decisionContext(plan, state)
  return { output, steps, decision, ...sharedContext(plan, state), tools }
}

/**
 * What a template reads, by root name: the input's own members, then the shared roots. Few read the
 * day, and it is worked out for those alone; where `template` is not given, for any.
 */
export function templateScopes(
  plan: Plan,
  state: State,
  template: Pick<Template, 'variables'> | null = null,
): readonly JsonObject[] {
  const { input, steps, results: tools } = state.branch
  const shared = { steps, ...sharedContext(plan, state), tools }
  const dated = template === null || template.variables.has('today')
  return [input, dated ? { ...shared, ...dateOf(state) } : shared]
}

const LAST_TIME = 8_640_000_000_000_000

/** The day in UTC, once the log has a time (Law 9); a day, so that a prompt stays the same within one. */
function dateOf({ at }: State): { readonly today?: string } {
  return at > 0 && at <= LAST_TIME ? { today: new Date(at).toISOString().slice(0, 10) } : {}
}

// An alias, not an interface: only these count as JSON objects.
type SharedContext = {
  readonly input: JsonObject
  readonly user: JsonObject
  readonly slots: JsonObject
  readonly artifacts: JsonObject
  readonly tools: JsonObject
  readonly calls: readonly Fact[]
  readonly agent: JsonObject
  readonly session: JsonObject
  readonly now: number
}

function sharedContext(plan: Plan, state: State): SharedContext {
  return {
    input: state.branch.input,
    user: state.user,
    slots: state.branch.slots,
    artifacts: state.branch.published,
    tools: state.branch.tools,
    calls: state.branch.facts,
    agent: { name: plan.name, metadata: plan.spec.metadata ?? {} },
    session: state.session,
    now: state.at,
  }
}

/** What the user said, where a model wrote the input. */
function slotsOfUser({ branch }: State): JsonObject {
  const said = Object.entries(branch.slots).filter(
    ([name]) => branch.slotSources.get(name) === 'user',
  )
  return Object.fromEntries(said)
}

/** The last envelope, for supervision: a transition may read it, a gate never (Law 15). */
function decisionContext(plan: Plan, state: State): JsonObject {
  const { decision } = state.branch
  if (decision === null) return {}
  const { next_action, confidence, risk_level, success_criteria_met } = decision
  const in_doubt = isInDoubt(plan, state)
  return { next_action, confidence, risk_level, success_criteria_met, in_doubt }
}
