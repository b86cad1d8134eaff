import type { LocalTools } from './client-tool.ts'
import { LockstepApiError } from './lockstep-api-error.ts'
import { pendingCalls, type ResponseResult } from './response-shape.ts'
import { runCalls, type CallOutcome, type CallProgress } from './run-calls.ts'

/*
 * The way from a pause to the next request (S0.27-S0.30): the calls that wait are executed here, and
 * go back with all that the server needs to go on. It knows nothing of HTTP: a request goes in, each
 * response goes in, the next request comes out.
 */

/** What a callback is told while `create` is under way. */
export type Progress =
  | CallProgress
  | {
      readonly type: 'response.received'
      /** From 1. */
      readonly roundtrip: number
      readonly response: ResponseResult
    }
  | {
      readonly type: 'request.retried'
      readonly attempt: number
      readonly delayMs: number
      readonly message: string
    }

export interface ToolLoopOptions {
  readonly tools: LocalTools
  /** How often calls may be answered before it is an error. */
  readonly maxRoundtrips: number
  readonly concurrency: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: (progress: Progress) => void
}

export interface ToolLoop {
  /**
   * The next request after a response; null when it is the last: nothing waits, or something that
   * the caller has to do themselves (a tool without `execute`). Throws `too_many_roundtrips`.
   */
  next(response: ResponseResult): Promise<Body | null>
}

export type Body = Readonly<Record<string, unknown>>

/** Begins with the request that was sent first. */
export function createToolLoop(first: Body, options: ToolLoopOptions): ToolLoop {
  const { tools, maxRoundtrips, onProgress } = options
  let body = first
  let roundtrip = 0
  return {
    async next(response) {
      roundtrip += 1
      onProgress({ type: 'response.received', roundtrip, response })
      const calls = pendingCalls(response)
      if (calls.length === 0 || tools.byName.size === 0) return null
      if (calls.some(({ name }) => tools.byName.get(name)?.run === null)) return null
      if (roundtrip > maxRoundtrips) {
        const waiting = calls.map(({ name }) => name).join(', ')
        throw new LockstepApiError(
          `after ${maxRoundtrips} roundtrips the model still calls tools (${waiting}); raise \`maxRoundtrips\`, or cut the work into steps`,
          { code: 'too_many_roundtrips' },
        )
      }
      const outcomes = await runCalls(calls, { ...options, tools: tools.byName })
      body = continued(body, { response, outcomes })
      return body
    },
  }
}

interface Answered {
  readonly response: ResponseResult
  readonly outcomes: readonly CallOutcome[]
}

function continued(body: Body, answered: Answered): Body {
  const { conversation_signature: signature } = answered.response
  return typeof signature === 'string'
    ? continuedBySignature(body, { ...answered, signature })
    : continuedByItems(body, answered)
}

/** Seed 0's way: what is left of the steps, the conversation with the results, and its signature. */
function continuedBySignature(
  body: Body,
  { response, outcomes, signature }: Answered & { readonly signature: string },
): Body {
  const { messages: _, input: __, steps: ___, ...rest } = body
  const { conversation = [], remaining_steps: left = [], completed_step_count: count } = response
  return {
    ...rest,
    ...(left.length === 0 ? {} : { steps: left }),
    ...(count === undefined ? {} : { completed_step_count: count }),
    conversation: [...conversation, ...outcomes.map(toMessage)],
    conversation_signature: signature,
  }
}

/** OpenAI's way: the items so far, those of the answer, and the results behind them. */
function continuedByItems(body: Body, { response, outcomes }: Answered): Body {
  const outputs = outcomes.map(toItem)
  if (typeof body['previous_response_id'] === 'string') {
    return { ...body, previous_response_id: response.id, input: outputs }
  }
  const { input } = body
  const said = Array.isArray(input) ? input : [{ role: 'user', content: input ?? '' }]
  return { ...body, input: [...said, ...response.output, ...outputs] }
}

/** A result is JSON here, a text as well: so it arrives as what it was. */
function toMessage(outcome: CallOutcome): object {
  const { call } = outcome
  return outcome.ok
    ? { role: 'tool', tool_call_id: call, content: JSON.stringify(outcome.result) }
    : { role: 'tool', tool_call_id: call, content: outcome.message, is_error: true }
}

/** A text is a text here, as OpenAI's clients send it. */
function toItem(outcome: CallOutcome): object {
  const item = { type: 'function_call_output', call_id: outcome.call }
  // These items have no other word for a call that came to nothing.
  if (!outcome.ok) return { ...item, output: outcome.message, status: 'incomplete' }
  const { result } = outcome
  return { ...item, output: typeof result === 'string' ? result : JSON.stringify(result) }
}
