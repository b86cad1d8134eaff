import type { EventBody, ModelReserve } from '../../log/event.ts'
import type { State } from '../../log/state.ts'
import type { Plan } from '../../spec/plan.ts'
import { costOf, priceOf, unpricedMessage } from '../../spec/prices.ts'
import type { ModelSettings, PriceSpec } from '../../spec/spec.ts'
import { limitReached, UNITS, type Reached } from './limit.ts'
import type { Span } from './span.ts'

/*
 * Limits of tokens and USD: whether they pay for one more model call (decisions/008).
 */

/** No provider gives a shorter answer than this many tokens on request. */
const LEAST_ANSWER = 16
/** How long an answer may be under a limit of tokens or USD where `max_output_tokens` does not say. */
const LONGEST_ANSWER = 16_384
/** No tokenizer makes fewer tokens of data than one for so many characters. */
const CHARACTERS_PER_TOKEN = 8
/** Sums of cents are not exact. */
const TOLERANCE = 1e-9

/** What the budgets say to a model call: not any more, not now, or go with this set aside. */
export type Asked =
  | { readonly type: 'limit'; readonly event: EventBody }
  /** It would fit but for what is set aside for calls of other branches: one of them comes back. */
  | { readonly type: 'wait' }
  | { readonly type: 'call'; readonly reserved: ModelReserve | null }

/** A limit of tokens or USD, and what is left under it. */
interface Purse {
  readonly limit: 'tokens' | 'usd'
  readonly span: Span
  readonly allowed: number
  readonly spent: number
  /** Set aside for model calls of other branches. */
  readonly reserved: number
}

/** Who wants to be asked: the planner of a step, or a composer or verifier. */
export interface Caller {
  readonly model: string | null
  readonly settings: ModelSettings
  readonly iterations: number
  /** Tokens that its prompt has at least; the branch's transcript says so where this is left out. */
  readonly input?: number
}

export interface Asking {
  readonly plan: Plan
  readonly state: State
  readonly caller: Caller
}

/** Asks the limits of tokens and USD, and says what to set aside for the call. */
export function askMoney(spans: readonly Span[], asking: Asking): Asked {
  const { plan, state, caller } = asking
  const purses = spans.flatMap((span) => pursesOf(span, state))
  if (purses.length === 0) return { type: 'call', reserved: null }
  const model = state.model ?? caller.model
  const price = priceOf(model, plan)
  const inUsd = purses.find((purse) => purse.limit === 'usd')
  if (price === null && inUsd !== undefined) {
    return { type: 'limit', event: unpricedReached(inUsd, model) }
  }
  const input = caller.input ?? leastInput(state)
  const longest = caller.settings.max_output_tokens ?? null
  const least = { input, output: longest ?? LEAST_ANSWER }
  for (const purse of purses) {
    const takes = amount(purse, least, price)
    if (purse.spent + takes > purse.allowed + TOLERANCE) {
      return { type: 'limit', event: purseSpent(purse, takes) }
    }
  }
  const answer = longest ?? affordableAnswer(purses, input, price)
  const most = { input, output: answer }
  const waits = purses.some(
    (purse) =>
      purse.spent + purse.reserved + amount(purse, most, price) > purse.allowed + TOLERANCE,
  )
  if (waits) return { type: 'wait' }
  const usd = price === null ? 0 : costOf(price, most)
  return { type: 'call', reserved: { tokens: input + answer, usd, answer } }
}

function pursesOf(span: Span, state: State): readonly Purse[] {
  const { limits, spend } = span
  // What a cut-off attempt of this very call had set aside is free for the next attempt.
  const own = state.branch.model?.reserved ?? { tokens: 0, usd: 0 }
  const purses: Purse[] = []
  if (limits.tokens !== null) {
    const spent = spend.input + spend.output
    const reserved = spend.reservedTokens - own.tokens
    purses.push({ limit: 'tokens', span, allowed: limits.tokens, spent, reserved })
  }
  if (limits.usd !== null) {
    const reserved = spend.reservedUsd - own.usd
    purses.push({ limit: 'usd', span, allowed: limits.usd, spent: spend.usd, reserved })
  }
  return purses
}

interface Tokens {
  readonly input: number
  readonly output: number
}

function amount(purse: Purse, tokens: Tokens, price: PriceSpec | null): number {
  if (purse.limit === 'tokens') return tokens.input + tokens.output
  return price === null ? 0 : costOf(price, tokens)
}

/** The longest answer that everything left pays for, within reason. */
function affordableAnswer(
  purses: readonly Purse[],
  input: number,
  price: PriceSpec | null,
): number {
  const answers = purses.map((purse) => {
    const left = purse.allowed - purse.spent - amount(purse, { input, output: 0 }, price)
    if (purse.limit === 'tokens') return left
    const each = (price?.output ?? 0) / 1_000_000
    return each === 0 ? LONGEST_ANSWER : Math.floor(left / each + TOLERANCE)
  })
  return Math.max(LEAST_ANSWER, Math.min(LONGEST_ANSWER, ...answers))
}

/** What the next call takes in at least: as much as the last one, and the results since. */
function leastInput(state: State): number {
  const { measured, transcript } = state.branch
  const results = transcript.slice(measured.messages).flatMap((message) => {
    return message.role === 'tool' ? message.results : []
  })
  if (measured.messages === 0 || results.length === 0) return measured.tokens
  const characters = results.reduce((sum, { result }) => {
    return sum + (result.ok ? JSON.stringify(result.output).length : result.error.message.length)
  }, 0)
  return measured.tokens + leastTokens(characters)
}

/** The tokens that a text of so many characters has at least. */
export function leastTokens(characters: number): number {
  return Math.floor(characters / CHARACTERS_PER_TOKEN)
}

/** Tokens or USD that do not pay for another model call. */
function purseSpent(purse: Purse, takes: number): EventBody {
  const { limit: name, span, allowed, spent } = purse
  const reached: Reached = { limit: name, span: span.span, allowed, where: span.where }
  const event = limitReached('budget_exceeded', reached)
  if (event.type !== 'limit.reached' || spent >= allowed) return event
  const unit = UNITS[name]
  const message = `The limit of ${allowed} ${unit} ${span.where} does not pay for another model call: ${rounded(spent)} ${unit} are spent and it takes at least ${rounded(takes)} (budget_exceeded). None is made.`
  return { ...event, message }
}

function unpricedReached(purse: Purse, model: string | null): EventBody {
  const { span, allowed } = purse
  const message = `The limit of ${allowed} USD ${span.where} cannot be held (budget_exceeded): ${unpricedMessage(model)}`
  return {
    type: 'limit.reached',
    reason: 'budget_exceeded',
    limit: 'usd',
    span: span.span,
    allowed,
    message,
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(6))
}
