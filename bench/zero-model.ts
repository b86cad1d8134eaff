/*
 * A model that answers at once with what it was given to say: the same for every contender, so that
 * all that is measured is what stands around it.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { JsonObject } from '../src/index.ts'
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'

/** What one call is answered with: a text, or one call of a tool. */
export type ZeroAnswer =
  | { readonly text: string }
  | { readonly tool: string; readonly args: JsonObject }

export interface ZeroModel extends LanguageModelV4 {
  /** How often it was called so far. */
  readonly calls: () => number
}

export interface ZeroModelOptions {
  /** In order, then from the first again. */
  readonly answers: readonly ZeroAnswer[]
  readonly delayMs?: number
  readonly onCall?: (call: LanguageModelV4CallOptions) => void
}

const USAGE = {
  inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
}

/** Makes one; its place among the answers is its own. */
export function zeroModel(options: ZeroModelOptions): ZeroModel {
  const { answers, delayMs = 0, onCall } = options
  let calls = 0
  const next = async (call: LanguageModelV4CallOptions): Promise<LanguageModelV4Content> => {
    onCall?.(call)
    const answer = answers[calls % answers.length] ?? { text: 'done' }
    calls += 1
    const content = toContent(answer, calls)
    if (delayMs > 0) await wait(delayMs)
    return content
  }
  return {
    specificationVersion: 'v4',
    provider: 'zero',
    modelId: 'zero',
    supportedUrls: {},
    calls: () => calls,
    doGenerate: async (call) => toResult(await next(call)),
    doStream: async (call) => ({ stream: toStream(await next(call)) }),
  }
}

function toContent(answer: ZeroAnswer, number: number): LanguageModelV4Content {
  if ('text' in answer) return { type: 'text', text: answer.text }
  return {
    type: 'tool-call',
    toolCallId: `call-${number}`,
    toolName: answer.tool,
    input: JSON.stringify(answer.args),
  }
}

function finishOf(content: LanguageModelV4Content): LanguageModelV4GenerateResult['finishReason'] {
  return { unified: content.type === 'text' ? 'stop' : 'tool-calls', raw: 'zero' }
}

function toResult(content: LanguageModelV4Content): LanguageModelV4GenerateResult {
  return { content: [content], finishReason: finishOf(content), usage: USAGE, warnings: [] }
}

function toStream(content: LanguageModelV4Content): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue({ type: 'stream-start', warnings: [] })
      if (content.type === 'text') {
        controller.enqueue({ type: 'text-start', id: '1' })
        controller.enqueue({ type: 'text-delta', id: '1', delta: content.text })
        controller.enqueue({ type: 'text-end', id: '1' })
      } else if (content.type === 'tool-call') controller.enqueue(content)
      controller.enqueue({ type: 'finish', finishReason: finishOf(content), usage: USAGE })
      controller.close()
    },
  })
}
