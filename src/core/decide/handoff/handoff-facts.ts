import type { Fact } from '../../log/branch.ts'
import type { Attempt, Finding, Handoff, Urgency } from '../../log/handoff.ts'
import { isJsonObject, type Json, type JsonObject } from '../../spec/json.ts'
import type { JsonPath } from '../../spec/path/json-path.ts'
import {
  contextsOf,
  factsOf,
  leavesOf,
  proseOf,
  valuesAt,
  wordsOf,
  type Leaf,
  type Sources,
} from './handoff-sources.ts'

/*
 * The parts of a packet that code alone may fill: who, how much, what was found, what was tried, how
 * urgent. Nothing here is read from a model's prose.
 */

const MAX_FINDINGS = 50
const MAX_AMOUNTS = 20
const MAX_CHARACTERS = 4_000

type Amount = Handoff['amounts'][number]

/** The newest 50 results, long ones cut with a note of where the whole is. */
export function findingsOf(sources: Sources): readonly Finding[] {
  return factsOf(sources)
    .slice(-MAX_FINDINGS)
    .map(({ seq, tool, args, output }) => ({
      seq,
      tool,
      args: cut(args, seq),
      output: cut(output, seq),
    }))
}

/** The newest 50 of what was refused, denied, failed or escalated, this handoff's own included. */
export function attemptsOf(sources: Sources): readonly Attempt[] {
  const all = sources.branches.flatMap((branch) => branch.attempts)
  const last = new Map(all.map(({ call, seq }) => [call, seq]))
  return all
    .filter(({ call, outcome, seq }) => outcome !== 'escalated' || last.get(call) === seq)
    .toSorted((a, b) => a.seq - b.seq)
    .slice(-MAX_FINDINGS)
    .map((attempt) => ({ ...attempt, args: cut(attempt.args, attempt.seq) }))
}

function cut(value: Json, seq: number): Json {
  const text = JSON.stringify(value)
  if (text.length <= MAX_CHARACTERS) return value
  const start = text.slice(0, MAX_CHARACTERS).toWellFormed()
  return `${start}… (cut; all ${text.length} characters are in the log around event ${seq})`
}

const CUSTOMER_KEYS = ['customerid', 'userid', 'clientid', 'memberid', 'accountid']
const PEOPLE = new Set(['customer', 'customers', 'user', 'users', 'client', 'member', 'account'])

/** Who it is about: one id, or several that could be meant. */
export interface Customer {
  readonly id: string | null
  readonly candidates: readonly string[]
}

/**
 * Finds the customer: by the workflow's path; else in the session, what the user stated and the
 * input; else in the newest result of a trusted tool that is named after a person; else in other
 * trusted results where all agree. Doubt gives null: a wrong customer is worse than none.
 */
export function customerOf(sources: Sources): Customer {
  const path = sources.handoff?.customer ?? null
  if (path !== null) return one(valuesAt(path, contextsOf(sources, { output: false })).slice(-1))
  const given = one(idsOf(givenBy(sources)))
  if (given.id !== null) return given
  const trusted = factsOf(sources)
    .filter(({ tool }) => trustOf(tool, sources) === 'trusted')
    .toReversed()
  for (const fact of trusted) {
    if (!wordsOf(fact.tool).some((word) => PEOPLE.has(word))) continue
    const found = one([...idsOf(fact.output), ...idsOf(fact.args)].slice(0, 1))
    if (found.id !== null) return found
  }
  const rest = one(trusted.flatMap(({ output }) => idsOf(output)))
  return rest.candidates.length > 0 ? rest : given
}

function trustOf(tool: string, { plans }: Sources): string | undefined {
  return plans.find((plan) => plan.tools.has(tool))?.tools.get(tool)?.trust
}

function one(values: readonly Json[]): Customer {
  const texts = values.flatMap((value) =>
    typeof value === 'number' || (typeof value === 'string' && value !== '') ? [`${value}`] : [],
  )
  const candidates = [...new Set(texts)]
  return { id: candidates.length === 1 ? (candidates[0] ?? null) : null, candidates }
}

/** What no model wrote and no tool returned. */
function givenBy({ state, branches }: Sources): JsonObject {
  const stated = Object.entries(state.user).map(([kind, { latest = null }]) => [kind, latest])
  const inputs = branches.filter((branch) => branch.trusted).map((branch) => branch.input)
  return { session: state.session, user: Object.fromEntries(stated), inputs }
}

/** Ids under the first of the usual names that a value has anywhere. */
function idsOf(value: Json): readonly Json[] {
  const leaves = leavesOf(value).map((leaf) => ({ ...leaf, key: plainKey(leaf) }))
  for (const key of CUSTOMER_KEYS) {
    const found = leaves.filter((leaf) => leaf.key === key && leaf.value !== null)
    if (found.length > 0) return found.map((leaf) => leaf.value)
  }
  return []
}

function plainKey({ path }: Leaf): string {
  return (path.at(-1) ?? '').toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Sums that matter: at the workflow's paths, else what arguments and results call an amount. */
export function amountsOf(sources: Sources): readonly Amount[] {
  const declared = [...(sources.handoff?.amounts ?? [])]
  if (declared.length > 0) {
    return declared.flatMap(([name, path]) => amountsAt(name, { path, sources }))
  }
  const { matter } = sources
  const claimed = matter === null ? [] : amountsIn(matter.tool, { value: matter.args, of: matter })
  const found = factsOf(sources)
    .toReversed()
    .flatMap((fact) => amountsIn(fact.tool, { value: fact.output, of: fact }))
  const seen = new Set<string>()
  return [...claimed, ...found]
    .filter(({ name, value }) => !seen.has(`${name}=${value}`) && seen.add(`${name}=${value}`))
    .slice(0, MAX_AMOUNTS)
}

const MONEY = new Set(['amount', 'total', 'subtotal', 'price', 'refund', 'sum', 'cost', 'balance'])

function amountsIn(
  tool: string,
  within: { readonly value: Json; readonly of: { readonly seq: number } },
): readonly Amount[] {
  return leavesOf(within.value).flatMap(({ path, value }) => {
    const named = wordsOf(path.findLast((name) => !/^\d+$/.test(name)) ?? '')
    if (typeof value !== 'number' || !named.some((word) => MONEY.has(word))) return []
    return [{ name: [tool, ...path].join('.'), value, seq: within.of.seq }]
  })
}

function amountsAt(
  name: string,
  at: { readonly path: JsonPath; readonly sources: Sources },
): readonly Amount[] {
  const values = valuesAt(at.path, contextsOf(at.sources, { output: false }))
  return values.flatMap(numbersIn).map((value) => ({ name, value, seq: seqOf(value, at) }))
}

function numbersIn(value: Json): readonly number[] {
  if (typeof value === 'number') return [value]
  if (typeof value === 'string' && /^-?\d{1,15}(?:\.\d{1,9})?$/.test(value)) return [Number(value)]
  return value !== null && typeof value === 'object' && !isJsonObject(value)
    ? value.flatMap(numbersIn)
    : []
}

/** The event that the value at a path came with: the newest success or attempt that has it. */
function seqOf(
  value: number,
  at: { readonly path: JsonPath; readonly sources: Sources },
): number | null {
  const { path, sources } = at
  const has = (within: Json): boolean =>
    leavesOf(within).some((leaf) => leaf.value === value || leaf.value === `${value}`)
  if (path.root === 'args') return sources.matter?.seq ?? null
  if (path.root !== 'tools' && path.root !== 'calls') return null
  const [, tool] = path.leading
  const from = (fact: Fact): boolean => path.root !== 'tools' || fact.tool === tool
  return factsOf(sources).findLast((fact) => from(fact) && has(fact.output))?.seq ?? null
}

const LEVELS = ['low', 'normal', 'high', 'critical'] as const

/** By the workflow's conditions over facts; the model's word may raise it, never lower it (Law 15). */
export function urgencyOf(sources: Sources): Urgency {
  const contexts = contextsOf(sources, { output: false })
  const declared = (sources.handoff?.urgency ?? []).find(
    ({ when }) => when === null || contexts.some((context) => when.evaluate(context) === true),
  )
  const own = LEVELS.indexOf(declared?.is ?? 'normal')
  const said = proseOf(sources)['urgency']
  return (
    LEVELS[
      Math.max(
        own,
        LEVELS.findIndex((level) => level === said),
      )
    ] ?? 'normal'
  )
}
