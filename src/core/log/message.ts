import type { AnswerPart, Failure } from './event-parts.ts'
import type { Json } from '../spec/json.ts'

/** One message of a transcript, as every mind understands it; the log holds its parts. */
export type Message =
  | {
      readonly role: 'user'
      readonly text: string
      /** Pictures beside the text: `https:` addresses, or `data:image/…;base64,…`. */
      readonly images?: readonly string[]
    }
  | { readonly role: 'assistant'; readonly parts: readonly AnswerPart[] }
  /** The results of all calls of the assistant message before it, in call order (Law 6). */
  | { readonly role: 'tool'; readonly results: readonly CallResult[] }

export interface CallResult {
  readonly call: string
  readonly tool: string
  readonly result:
    | { readonly ok: true; readonly output: Json }
    | { readonly ok: false; readonly error: Failure }
}
