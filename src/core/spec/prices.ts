import { errorAt, type Issue, type IssuePath } from './issue.ts'
import { namedSteps, workflowKey } from './compile/named-steps.ts'
import type { Plan, PlanStep } from './plan.ts'
import type { PriceSpec, WorkflowSpec } from './spec.ts'

/*
 * What models cost. A budget in USD holds only where every price is known: one that is not is an
 * error, never zero.
 */

/**
 * List prices in USD per million tokens, as remembered in December 2025: defaults to get going with.
 * Providers change them, and have tiers and discounts that are not here; `prices` in the workflow
 * goes before this table.
 */
const TABLE: Readonly<Record<string, PriceSpec>> = {
  'openai/gpt-5.2': { input: 1.75, output: 14, cached: 0.175 },
  'openai/gpt-5.1': { input: 1.25, output: 10, cached: 0.125 },
  'openai/gpt-5': { input: 1.25, output: 10, cached: 0.125 },
  'openai/gpt-5-mini': { input: 0.25, output: 2, cached: 0.025 },
  'openai/gpt-5-nano': { input: 0.05, output: 0.4, cached: 0.005 },
  'openai/gpt-4.1': { input: 2, output: 8, cached: 0.5 },
  'openai/gpt-4.1-mini': { input: 0.4, output: 1.6, cached: 0.1 },
  'openai/gpt-4.1-nano': { input: 0.1, output: 0.4, cached: 0.025 },
  'openai/gpt-4o': { input: 2.5, output: 10, cached: 1.25 },
  'openai/gpt-4o-mini': { input: 0.15, output: 0.6, cached: 0.075 },
  'openai/o3': { input: 2, output: 8, cached: 0.5 },
  'openai/o4-mini': { input: 1.1, output: 4.4, cached: 0.275 },
  'anthropic/claude-opus-4-5': { input: 5, output: 25, cached: 0.5 },
  'anthropic/claude-opus-4-1': { input: 15, output: 75, cached: 1.5 },
  'anthropic/claude-sonnet-4-5': { input: 3, output: 15, cached: 0.3 },
  'anthropic/claude-sonnet-4': { input: 3, output: 15, cached: 0.3 },
  'anthropic/claude-haiku-4-5': { input: 1, output: 5, cached: 0.1 },
  'anthropic/claude-3-5-haiku': { input: 0.8, output: 4, cached: 0.08 },
  'google/gemini-3-pro-preview': { input: 2, output: 12, cached: 0.2 },
  'google/gemini-2.5-pro': { input: 1.25, output: 10, cached: 0.125 },
  'google/gemini-2.5-flash': { input: 0.3, output: 2.5, cached: 0.03 },
  'google/gemini-2.5-flash-lite': { input: 0.1, output: 0.4, cached: 0.01 },
}

/** A snapshot's date at the end of a model's name; it costs what the model costs. */
const SNAPSHOT = /-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/

/** Where prices are looked up: the workflow's own, then those of what it is a sub-run of. */
export interface PriceList {
  readonly prices: ReadonlyMap<string, PriceSpec>
  readonly outer: PriceList | null
}

/**
 * The price of a model (`provider/model`): the workflow's word, then the outer workflows', then the
 * built-in table, in which a snapshot has its model's price. Null when nobody knows it.
 */
export function priceOf(model: string | null, list: PriceList): PriceSpec | null {
  if (model === null) return null
  for (let at: PriceList | null = list; at !== null; at = at.outer) {
    const price = at.prices.get(model)
    if (price !== undefined) return price
  }
  for (const name of [model, model.replace(SNAPSHOT, '')]) {
    const price = Object.hasOwn(TABLE, name) ? TABLE[name] : undefined
    if (price !== undefined) return price
  }
  return null
}

/** What tokens cost at a price, in USD. `cached` are those of `input` that came from a cache. */
export function costOf(
  price: PriceSpec,
  usage: { readonly input: number; readonly output: number; readonly cached?: number },
): number {
  const { input, output, cached = 0 } = usage
  const fresh = Math.max(0, input - cached)
  const micros =
    fresh * price.input + cached * (price.cached ?? price.input) + output * price.output
  return micros / 1_000_000
}

/** A step whose model has no known price although its cost is limited. */
export interface Unpriced {
  readonly workflow: string
  readonly step: string
  readonly model: string | null
}

/**
 * Every step, also of sub-workflows, whose cost is under a budget in USD and whose model has no
 * known price. `model` is the run's own choice, which goes before the steps'; where neither names
 * one, `model: null` says so.
 */
export function unpriced(plan: Plan, model: string | null): readonly Unpriced[] {
  return unpricedIn(plan, { model, list: plan, limited: false })
}

interface Pricing {
  readonly model: string | null
  readonly list: PriceList
  /** True when a budget further out is in USD already. */
  readonly limited: boolean
}

function unpricedIn(plan: Plan, on: Pricing): readonly Unpriced[] {
  const { run, turn } = plan.budget
  const all = on.limited || run.usd !== null || turn.usd !== null
  return [...plan.steps.values()].flatMap((step) => {
    const limited = all || step.budget.usd !== null
    return [
      ...(limited && step.each === null ? unpricedStep(plan, step, on) : []),
      ...subPlans(plan, step).flatMap((sub) =>
        unpricedIn(sub, { ...on, limited, list: { prices: sub.prices, outer: on.list } }),
      ),
    ]
  })
}

function unpricedStep(plan: Plan, step: PlanStep, on: Pricing): readonly Unpriced[] {
  const model = on.model ?? step.model
  return priceOf(model, on.list) === null ? [{ workflow: plan.name, step: step.name, model }] : []
}

/** The workflows that a step runs: for its items, or as tools. */
function subPlans(plan: Plan, step: PlanStep): readonly Plan[] {
  const keys = step.tools.flatMap((tool) => {
    const ref = plan.spec.tools?.[tool]?.workflow
    return ref === undefined ? [] : [workflowKey(ref, ['tools', tool, 'workflow'])]
  })
  const all = step.each === null ? keys : [step.each.workflow, ...keys]
  return all.flatMap((key) => plan.workflows.get(key) ?? [])
}

/** Issues for the models that a workflow names under a budget in USD and that have no known price. */
export function checkPrices(plan: Plan): readonly Issue[] {
  return unpriced(plan, null).flatMap(({ workflow, step, model }) =>
    // A model that nobody named yet may still be named when the run starts.
    model === null ? [] : [errorAt(placeOf(plan.spec, { workflow, step }), unpricedMessage(model))],
  )
}

function placeOf(
  spec: WorkflowSpec,
  of: { readonly workflow: string; readonly step: string },
): IssuePath {
  if (of.workflow !== spec.workflow) return ['prices']
  const step = namedSteps(spec).find(({ name }) => name === of.step)
  return step?.spec.model === undefined ? ['model'] : [...step.at, 'model']
}

/** Says that a price is missing, and what would be legal. */
export function unpricedMessage(model: string | null): string {
  const known = 'the built-in table has no price for it'
  return model === null
    ? 'the budget is in USD, but no model is named, so nothing says what a call costs: name a `model` (and its price in `prices`), or take the `usd` limit out'
    : `the budget is in USD, but what ${model} costs is not known (${known}): add it to \`prices\` as \`${model}: { input: …, output: … }\`, in USD per million tokens, or take the \`usd\` limit out`
}
