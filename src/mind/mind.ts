/*
 * The port to whatever answers `call-model`. A mind is handed one whole, valid request (the loop,
 * the retries and the tools are ours) and gives one message back.
 */
import type { AnswerPart, FinishReason, Usage } from '../core/log/event.ts'
import type { Message } from '../core/log/message.ts'
import type { JsonObject } from '../core/spec/json.ts'
import type { ModelSettings } from '../core/spec/spec.ts'

/** A tool as a model is told of it. */
export interface ToolOffer {
  readonly name: string
  readonly about: string
  /** JSON Schema of the arguments. */
  readonly input: JsonObject
}

/** Everything one model call needs; the same for every provider. */
export interface MindRequest {
  readonly run: string
  /** The position of this model call in the run, from 1. */
  readonly call: number
  readonly step: string
  readonly role: string
  /** `provider/model` as the workflow, the step or the run says; null when none does. */
  readonly model: string | null
  /** The stable system prefix. */
  readonly system: string | null
  /** The transcript; the array grows by appending only, and a mind must not change it. */
  readonly messages: readonly Message[]
  /** Definitions to send. Under `stable` these are all the run's tools, always the same. */
  readonly tools: readonly ToolOffer[]
  /** Which of `tools` may be called now; the kernel refuses the rest whatever a model does. */
  readonly legal: readonly string[]
  readonly scope: 'strict' | 'stable'
  readonly choose: 'auto' | 'none' | 'required' | { readonly tool: string }
  /** JSON Schema that the final text must fit; null for free text. */
  readonly output: JsonObject | null
  readonly settings: ModelSettings
  /** The tool-less answer after a limit; a script with nothing left may decline it. */
  readonly closing: boolean
  /** The calls answered before this one, in order: what a script needs to find its place. */
  readonly answered: readonly AnsweredCall[]
}

export interface AnsweredCall {
  readonly step: string
  readonly role: string
}

export interface MindContext {
  readonly signal: AbortSignal
  /** Called with each piece of text as it arrives. */
  readonly onText: (delta: string) => void
}

export interface MindAnswer {
  readonly parts: readonly AnswerPart[]
  readonly finish: FinishReason
  readonly usage: Usage
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
