import type { State } from '../log/state.ts'
import type { Fact } from '../log/branch.ts'
import type { Json, JsonObject } from '../spec/json.ts'
import type { Plan } from '../spec/plan.ts'

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
  const { input, trusted } = state.branch
  return { args, ...sharedContext(plan, state), input: trusted ? input : {} }
}

/** What transitions and success criteria read: also what the steps have put out. */
export function stepContext(plan: Plan, state: State, output: Json): JsonObject {
  const { steps, results: tools } = state.branch
  return { output, steps, ...sharedContext(plan, state), tools }
}

/** What a template reads, by root name: the input's own members, then the shared roots. */
export function templateScopes(plan: Plan, state: State): readonly JsonObject[] {
  const { input, steps, results: tools } = state.branch
  return [input, { steps, ...sharedContext(plan, state), tools }]
}

// An alias, not an interface: only these count as JSON objects.
type SharedContext = {
  readonly input: JsonObject
  readonly user: JsonObject
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
    tools: state.branch.tools,
    calls: state.branch.facts,
    agent: { name: plan.name, metadata: {} },
    session: state.session,
    now: state.at,
  }
}
