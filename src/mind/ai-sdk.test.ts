import type { Message } from '../core/log/message.ts'
import type { MindAnswer, MindRequest } from './mind.ts'
import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider'

import { UnsupportedFunctionalityError } from '@ai-sdk/provider'
import { MockLanguageModelV4, convertArrayToReadableStream } from 'ai/test'
import { describe, expect, test } from 'vitest'

import { aiSdkMind } from './ai-sdk.ts'
import { MindError } from './mind.ts'

const USAGE: LanguageModelV4Usage = {
  inputTokens: { total: 10, noCache: 7, cacheRead: 3, cacheWrite: undefined },
  outputTokens: { total: 5, text: 5, reasoning: undefined },
}
const FINISH = {
  type: 'finish',
  usage: USAGE,
  finishReason: { unified: 'stop', raw: 'stop' },
} as const

function ask(changes: Partial<MindRequest> = {}): MindRequest {
  return {
    run: 'run_1',
    call: 1,
    step: 'triage',
    role: 'planner',
    model: 'any/model',
    system: 'Be brief.',
    messages: [{ role: 'user', text: 'hello' }],
    tools: [{ name: 'lookup', about: 'looks up', input: { type: 'object' } }],
    legal: ['lookup'],
    scope: 'strict',
    choose: 'auto',
    output: null,
    settings: {},
    closing: false,
    asked: [],
    branch: '',
    item: null,
    ...changes,
  }
}

function streaming(...parts: readonly LanguageModelV4StreamPart[]): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doStream: async () => ({ stream: convertArrayToReadableStream([...parts]) }),
  })
}

async function answer(model: MockLanguageModelV4, request = ask()): Promise<MindAnswer> {
  const signal = new AbortController().signal
  return await aiSdkMind({ model }).answer(request, { signal, onText: () => undefined })
}

describe('aiSdkMind', () => {
  test('gives parts in the order in which they began, with all that belongs to them', async () => {
    const result = await answer(
      streaming(
        { type: 'stream-start', warnings: [] },
        { type: 'reasoning-start', id: '1', providerMetadata: { openai: { itemId: 'rs' } } },
        { type: 'text-start', id: '1' },
        { type: 'text-delta', id: '1', delta: 'Hel' },
        { type: 'reasoning-delta', id: '1', delta: 'hm' },
        { type: 'reasoning-end', id: '1', providerMetadata: { openai: { sealed: 'E' } } },
        { type: 'text-delta', id: '1', delta: 'lo' },
        { type: 'text-end', id: '1' },
        {
          type: 'tool-call',
          toolCallId: 'p',
          toolName: 'web',
          input: '{}',
          providerExecuted: true,
        },
        { type: 'source', sourceType: 'url', id: 's', url: 'https://example.com' },
        { type: 'tool-call', toolCallId: 'c', toolName: 'lookup', input: '' },
        FINISH,
      ),
    )
    expect(result).toEqual({
      parts: [
        { type: 'reasoning', text: 'hm', options: { openai: { itemId: 'rs', sealed: 'E' } } },
        { type: 'text', text: 'Hello' },
        { type: 'call', id: 'c', tool: 'lookup', args: {} },
      ],
      finish: 'stop',
      usage: { input: 10, output: 5, cached: 3 },
    })
  })

  test('two blocks under one id stay two', async () => {
    const { parts } = await answer(
      streaming(
        { type: 'text-start', id: '0' },
        { type: 'text-delta', id: '0', delta: 'a' },
        { type: 'text-end', id: '0' },
        { type: 'text-start', id: '0' },
        { type: 'text-delta', id: '0', delta: 'b' },
        FINISH,
      ),
    )
    expect(parts.map((part) => (part.type === 'text' ? part.text : ''))).toEqual(['a', 'b'])
  })

  test('falls back to a whole answer where streams are unsupported', async () => {
    const model = new MockLanguageModelV4({
      doStream: async () => {
        throw new UnsupportedFunctionalityError({ functionality: 'streaming' })
      },
      doGenerate: async () => ({
        content: [{ type: 'text', text: 'whole' }],
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: USAGE,
        warnings: [],
      }),
    })
    expect((await answer(model)).parts).toEqual([{ type: 'text', text: 'whole' }])
  })

  test.each([
    ['no end', [{ type: 'text-start', id: '0' }]],
    ['nothing at all', []],
    ['an empty answer', [FINISH]],
    [
      'an interruption',
      [
        { type: 'text-delta', id: '0', delta: 'a' },
        { ...FINISH, finishReason: { unified: 'interrupted', raw: undefined } },
      ],
    ],
  ] satisfies [string, LanguageModelV4StreamPart[]][])(
    '%s is a broken stream',
    async (_, parts) => {
      const failure = { code: 'stream_broken', retryable: true }
      await expect(answer(streaming(...parts))).rejects.toMatchObject(failure)
    },
  )

  test('what nobody expected is not worth another try', async () => {
    const model = new MockLanguageModelV4({
      doStream: async () => {
        throw new TypeError('a bug')
      },
    })
    await expect(answer(model)).rejects.toMatchObject({ message: 'a bug', retryable: false })
    await expect(answer(model)).rejects.toBeInstanceOf(MindError)
  })

  test('a timeout is', async () => {
    const model = new MockLanguageModelV4({
      doStream: async () => {
        throw new DOMException('too slow', 'TimeoutError')
      },
    })
    await expect(answer(model)).rejects.toMatchObject({ code: 'timeout', retryable: true })
  })

  test('an abort stops even a stream that does not listen', async () => {
    const model = new MockLanguageModelV4({
      doStream: async () => ({ stream: new ReadableStream({ pull: () => new Promise(() => {}) }) }),
    })
    const controller = new AbortController()
    const reason = new Error('enough')
    const context = { signal: controller.signal, onText: () => undefined }
    const pending = aiSdkMind({ model }).answer(ask(), context)
    await expect.poll(() => model.doStreamCalls.length).toBe(1)
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
  })

  test('finds a model by its id once', async () => {
    const ids: string[] = []
    const model = streaming({ type: 'text-delta', id: '0', delta: 'a' }, FINISH)
    const mind = aiSdkMind({
      model: (id) => {
        ids.push(id)
        return model
      },
    })
    const context = { signal: new AbortController().signal, onText: () => undefined }
    await mind.answer(ask(), context)
    await mind.answer(ask(), context)
    expect(ids).toEqual(['any/model'])
    const nameless = mind.answer(ask({ model: null }), context)
    await expect(nameless).rejects.toMatchObject({ code: 'no_model', retryable: false })
  })

  test('forgets models that were not asked for long, however many callers name', async () => {
    const kept: string[] = []
    const keeping = aiSdkMind({
      model: (id) => {
        kept.push(id)
        return streaming({ type: 'text-delta', id: '0', delta: 'a' }, FINISH)
      },
    })
    const context = { signal: new AbortController().signal, onText: () => undefined }
    for (let index = 0; index <= 1_000; index += 1) {
      await keeping.answer(ask({ model: `any/${index}` }), context)
    }
    await keeping.answer(ask({ model: 'any/1000' }), context)
    expect(kept).toHaveLength(1_001)
    await keeping.answer(ask({ model: 'any/0' }), context)
    expect(kept).toHaveLength(1_002)
  })

  test('does not change the request', async () => {
    const messages: readonly Message[] = Object.freeze([
      { role: 'user', text: 'hello' } satisfies Message,
    ])
    const model = streaming({ type: 'text-delta', id: '0', delta: 'a' }, FINISH)
    const output = { type: 'object' }
    await answer(model, ask({ messages, scope: 'stable', output }))
    expect(messages).toEqual([{ role: 'user', text: 'hello' }])
    expect(model.doStreamCalls[0]?.prompt.map((message) => message.role)).toEqual([
      'system',
      'user',
      'user',
    ])
  })
})
