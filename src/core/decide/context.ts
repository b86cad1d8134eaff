import type { State } from '../log/state.ts'
import type { Json, JsonObject } from '../spec/json.ts'
import type { Plan } from '../spec/plan.ts'

/*
 * What conditions and templates may read. Nothing is copied: the state's own values are handed out,
 * read-only.
 */

/** What a gate reads: nothing in it was written by a model but the call's arguments (Law 3). */
export function gateContext(plan: Plan, state: State, args: Json): JsonObject {
  return { args, ...sharedContext(plan, state) }
}

/** What transitions and success criteria read: also what the steps have put out. */
export function stepContext(plan: Plan, state: State, output: JsonObject): JsonObject {
  return { output, steps: state.branch.steps, ...sharedContext(plan, state) }
}

/** What a template reads, by root name: the input's own members, then the shared roots. */
export function templateScopes(plan: Plan, state: State): readonly JsonObject[] {
  return [state.input, { steps: state.branch.steps, ...sharedContext(plan, state) }]
}

function sharedContext(plan: Plan, state: State): JsonObject {
  return {
    input: state.input,
    tools: state.branch.tools,
    agent: { name: plan.name, metadata: {} },
    session: state.session,
    now: state.at,
  }
}
