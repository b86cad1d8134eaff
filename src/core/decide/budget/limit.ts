import type { EventBody, LimitName, LimitSpan, Reason } from '../../log/event.ts'

/** A limit that stands in the way: which, over what it is counted, and how people call that. */
export interface Reached {
  readonly limit: LimitName
  readonly span: LimitSpan
  readonly allowed: number
  readonly where: string
}

export const UNITS: Readonly<Record<LimitName, string>> = {
  transitions: 'transitions',
  iterations: 'model calls',
  calls: 'tool calls',
  tokens: 'tokens',
  usd: 'USD',
  seconds: 'seconds',
}

/** Says which limit is reached: `the limit of 8 tool calls in this step is reached`. */
export function limitWords({ limit, allowed, where }: Omit<Reached, 'span'>): string {
  return `the limit of ${allowed} ${UNITS[limit]} ${where} is reached`
}

/** The event of a limit, and what the model is told of it. */
export function limitReached(reason: Reason, reached: Reached): EventBody {
  const { span, allowed } = reached
  const words = limitWords(reached)
  return {
    type: 'limit.reached',
    reason,
    limit: reached.limit,
    span,
    allowed,
    message: `T${words.slice(1)} (${reason}). Do not call tools. Close with a short answer from what is known.`,
  }
}
