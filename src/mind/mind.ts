/*
 * The port to whatever answers `call-model`. A mind is handed one whole, valid request (the loop,
 * the retries and the tools are ours) and gives one message back.
 */
import type { MindRequest, ToolOffer } from '../core/decide/mind-request.ts'
import type { AnswerPart, FinishReason, Risk, Usage } from '../core/log/event.ts'
import type { AskedCall } from '../core/log/state.ts'

export type { AskedCall, MindRequest, ToolOffer }

export interface MindContext {
  readonly signal: AbortSignal
  /** Called with each piece of text as it arrives. */
  readonly onText: (delta: string) => void
  /** What of an answer may be kept: references in the place of secrets; all of it when left out (Law 17). */
  readonly keepable?: (answer: MindAnswer) => MindAnswer
}

export interface MindAnswer {
  readonly parts: readonly AnswerPart[]
  readonly finish: FinishReason
  readonly usage: Usage
  /** How risky the model says its calls are; it may raise a tool's tier, never lower it (Law 15). */
  readonly risk?: Risk
}

/** Answers model calls. Throws a MindError; anything else thrown counts as one that is not retryable. */
export interface Mind {
  answer(request: MindRequest, context: MindContext): Promise<MindAnswer>
}

/** Why a mind could not answer. `code` is the provider's or ours, e.g. `429`, `timeout`, `script_exhausted`. */
export class MindError extends Error {
  readonly code: string
  readonly retryable: boolean
  readonly retryAfterSeconds: number | undefined

  constructor(
    message: string,
    options: {
      readonly code: string
      readonly retryable: boolean
      readonly retryAfterSeconds?: number
      readonly cause?: unknown
    },
  ) {
    super(message, { cause: options.cause })
    this.name = 'MindError'
    this.code = options.code
    this.retryable = options.retryable
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}
