import type { Branch, Fact } from '../../log/branch.ts'
import type { BatchCall } from '../../log/call.ts'
import type { Attempt } from '../../log/handoff.ts'
import { focus, type State } from '../../log/state.ts'
import { isJsonObject, ownValue, type Json, type JsonObject } from '../../spec/json.ts'
import type { JsonPath } from '../../spec/path/json-path.ts'
import type { Plan, PlanHandoff } from '../../spec/plan.ts'
import { gateContext, stepContext } from '../context.ts'

/*
 * Where a handoff's packet comes from: the branch that stopped and those above it. A sub-run knows
 * only part of the matter; the person gets the rest as well.
 */

/** Why the matter goes to a person, and everything that the packet is compiled from. */
export interface Sources {
  readonly plan: Plan
  readonly state: State
  /** The call that is held; null where a turn began with a handover. */
  readonly call: BatchCall | null
  /** True when the model asked for a person: its arguments are prose, and no call to decide on. */
  readonly asked: boolean
  /** The call that a person has to decide on: the held one, else the last that was refused or failed. */
  readonly matter: Attempt | null
  /** The gate that held the call, and its words. */
  readonly gate: string
  readonly reason: string
  /** The branch that stopped, then the one that waits for it, up to the run itself. */
  readonly branches: readonly Branch[]
  /** The plan of each of these branches. */
  readonly plans: readonly Plan[]
  /** What the nearest of these plans says of handoffs. */
  readonly handoff: PlanHandoff | null
}

/** Collects what a packet is made of. */
export function sourcesOf(
  plan: Plan,
  state: State,
  cause: Pick<Sources, 'call' | 'gate' | 'reason'>,
): Sources {
  const branches: Branch[] = []
  const plans: Plan[] = []
  for (let at: Branch | undefined = state.branch; at !== undefined;) {
    branches.push(at)
    at = at.parent === null ? undefined : state.branches.get(at.parent.branch)
  }
  for (let at: Plan | null = plan; at !== null; at = at.outer) plans.push(at)
  const handoff = plans.find((each) => each.handoff !== null)?.handoff ?? null
  const asked = cause.call !== null && plan.tools.get(cause.call.tool)?.kind === 'escalate'
  const matter = state.branch.attempts.findLast((attempt) =>
    asked || cause.call === null
      ? plan.tools.get(attempt.tool)?.kind !== 'escalate'
      : attempt.call === cause.call.id,
  )
  return { plan, state, ...cause, asked, matter: matter ?? null, branches, plans, handoff }
}

/** What the model wrote when it asked for a person; empty where a gate asked. */
export function proseOf({ call, asked }: Sources): JsonObject {
  return asked && call !== null && isJsonObject(call.args) ? call.args : {}
}

/** A member of the model's prose as text; empty when there is none. */
export function proseText(sources: Sources, name: string): string {
  const value = ownValue(proseOf(sources), name)
  return typeof value === 'string' ? value.trim() : ''
}

/** The successes of all branches, in the order of the log. */
export function factsOf(sources: Sources): readonly Fact[] {
  const facts = sources.branches.flatMap((branch) => branch.facts)
  return sources.branches.length === 1 ? facts : facts.toSorted((a, b) => a.seq - b.seq)
}

/**
 * What paths and conditions read, the nearest branch first. With `output: false` there is nothing
 * in it that a model wrote but the arguments of the call in question (Laws 3 and 15).
 */
export function contextsOf(
  sources: Sources,
  reads: { readonly output: boolean },
): readonly JsonObject[] {
  const { plan, state, matter } = sources
  const args = matter?.args ?? null
  return sources.branches.map((branch, index) => {
    const focused = focus(state, branch.id)
    const own = sources.plans[index] ?? plan
    return reads.output
      ? { ...stepContext(own, focused, branch.output), args }
      : gateContext(own, focused, args)
  })
}

/** All values at a path, in the nearest branch that has one. */
export function valuesAt(path: JsonPath, contexts: readonly JsonObject[]): readonly Json[] {
  for (const context of contexts) {
    const values = select(path, context)
    if (values.length > 0) return values
  }
  return []
}

/** Selecting can throw for what is nested thousands deep; then there is nothing to be found. */
function select(path: JsonPath, context: JsonObject): readonly Json[] {
  try {
    return path.select(context)
  } catch {
    return []
  }
}

const MAX_DEPTH = 6
const MAX_LEAVES = 2_000

/** A scalar inside a value, and the names that lead to it. */
export interface Leaf {
  readonly path: readonly string[]
  readonly value: string | number | boolean | null
}

/** The scalars of a value in document order: at most 2,000, at most six levels down. */
export function leavesOf(value: Json): readonly Leaf[] {
  const leaves: Leaf[] = []
  const walk = (at: Json, path: readonly string[]): void => {
    if (leaves.length >= MAX_LEAVES || path.length > MAX_DEPTH) return
    if (typeof at !== 'object' || at === null) {
      leaves.push({ path, value: at })
      return
    }
    for (const [name, member] of Object.entries(at)) walk(member, [...path, name])
  }
  walk(value, [])
  return leaves
}

/** The words of a name: `totalAmount_usd` has total, amount and usd. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
}
