import type { Message } from '../core/log/message.ts'
import type { PromptNotes } from './ai-sdk-prompt.ts'

import { describe, expect, test } from 'vitest'

import { createPromptMemo, toProviderMessage } from './ai-sdk-prompt.ts'

const QUIET: PromptNotes = { step: 'a', schema: null, tools: null }
const SCHEMA = { type: 'object' }

function user(text: string): Message {
  return { role: 'user', text }
}

function said(text: string): Message {
  return { role: 'assistant', parts: [{ type: 'text', text }] }
}

describe('one message', () => {
  test('parts keep what their provider wants back', () => {
    const options = { openai: { itemId: 'rs_1', reasoningEncryptedContent: 'E' } }
    const parts = [
      { type: 'reasoning', text: '', options },
      { type: 'call', id: 'c', tool: 't', args: { a: 1 }, options: { google: { s: 'x' } } },
    ] as const
    expect(toProviderMessage({ role: 'assistant', parts })).toEqual({
      role: 'assistant',
      content: [
        { type: 'reasoning', text: '', providerOptions: options },
        {
          type: 'tool-call',
          toolCallId: 'c',
          toolName: 't',
          input: { a: 1 },
          providerOptions: { google: { s: 'x' } },
        },
      ],
    })
  })

  test.each([['{"a": '], [[1]], [7], [null]])('arguments %j become an object', (args) => {
    const parts = [{ type: 'call', id: 'c', tool: 't', args }] as const
    const message = toProviderMessage({ role: 'assistant', parts })
    expect(message?.content).toMatchObject([{ input: { invalid_arguments: args } }])
  })

  test('pictures go beside the text: their bytes, or an address for the provider to fetch', () => {
    const images = ['data:image/png;base64,aGk=', 'https://example.com/a.jpg']
    expect(toProviderMessage({ role: 'user', text: 'What is it?', images })).toEqual({
      role: 'user',
      content: [
        { type: 'text', text: 'What is it?' },
        { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'aGk=' } },
        {
          type: 'file',
          mediaType: 'image/jpeg',
          data: { type: 'url', url: new URL('https://example.com/a.jpg') },
        },
      ],
    })
    expect(toProviderMessage({ role: 'user', text: '', images })).toHaveProperty(
      'content.length',
      2,
    )
  })

  test('empty text without options is left out, and so is a message of nothing', () => {
    expect(toProviderMessage(said(''))).toBeNull()
  })

  test.each([
    ['text', { type: 'text', value: 'text' }],
    ['  ', { type: 'json', value: '  ' }],
    [null, { type: 'json', value: null }],
    [{ a: [1] }, { type: 'json', value: { a: [1] } }],
  ])('the output %j', (output, expected) => {
    const results = [{ call: 'c', tool: 't', result: { ok: true, output } }] as const
    expect(toProviderMessage({ role: 'tool', results })?.content).toMatchObject([
      { type: 'tool-result', toolCallId: 'c', toolName: 't', output: expected },
    ])
  })

  test('an error says its code, its words and what it asks for', () => {
    const error = { code: 'RATE_LIMITED', message: 'slow down', retryAfterSeconds: 3 }
    const results = [{ call: 'c', tool: 't', result: { ok: false, error } }] as const
    const value = { code: 'RATE_LIMITED', message: 'slow down', retry_after_seconds: 3 }
    expect(toProviderMessage({ role: 'tool', results })?.content).toMatchObject([
      { output: { type: 'error-json', value } },
    ])
  })

  test('an access failure says that it is no empty result', () => {
    const error = { code: 'HTTP_403', message: 'no', category: 'permission' } as const
    const results = [{ call: 'c', tool: 't', result: { ok: false, error } }] as const
    const message = 'no (permission: access was denied; this is a failure, not an empty result)'
    const value = { code: 'HTTP_403', category: 'permission', message }
    expect(toProviderMessage({ role: 'tool', results })?.content).toMatchObject([
      { output: { type: 'error-json', value } },
    ])
  })
})

describe('a transcript', () => {
  test('is converted once: later calls share the messages and add the new ones', () => {
    const memo = createPromptMemo()
    const messages = [user('a'), said('b')]
    const first = memo.page(messages, 'm').write(QUIET)
    messages.push(user('c'))
    const second = memo.page(messages, 'm').write(QUIET)
    expect(second).toHaveLength(3)
    expect(second[0]).toBe(first[0])
    expect(second[1]).toBe(first[1])
    expect(first).toHaveLength(2)
  })

  test('costs only its new messages: old ones are not read again', () => {
    const memo = createPromptMemo()
    let reads = 0
    const counted = Array.from({ length: 50 }, (_, index): Message => {
      return Object.defineProperty({ role: 'user', text: '' } as const, 'text', {
        get: () => {
          reads += 1
          return `message ${index}`
        },
      })
    })
    memo.page(counted, 'm').write(QUIET)
    counted.push(user('new'))
    memo.page(counted, 'm').write(QUIET)
    expect(reads).toBe(50)
  })

  test('knows whether it holds calls', () => {
    const memo = createPromptMemo()
    const messages = [user('a')]
    expect(memo.page(messages, 'm').hasCalls).toBe(false)
    messages.push({ role: 'assistant', parts: [{ type: 'call', id: 'c', tool: 't', args: {} }] })
    expect(memo.page(messages, 'm').hasCalls).toBe(true)
  })

  test('a schema is told once a step, where it was first needed', () => {
    const memo = createPromptMemo()
    const messages = [user('a')]
    const write = (step: string): readonly string[] =>
      memo
        .page(messages, 'm')
        .write({ step, schema: SCHEMA, tools: null })
        .map((message) => message.role)
    expect(write('a')).toEqual(['user', 'user'])
    expect(write('a')).toEqual(['user', 'user'])
    messages.push(said('b'), user('c'))
    expect(write('a')).toEqual(['user', 'user', 'assistant', 'user'])
    messages.push(said('d'), user('e'))
    expect(write('b')).toEqual(['user', 'user', 'assistant', 'user', 'assistant', 'user', 'user'])
  })

  test('each model has its own notes', () => {
    const memo = createPromptMemo()
    const messages = [user('a')]
    memo.page(messages, 'm').write({ step: 'a', schema: SCHEMA, tools: null })
    expect(memo.page(messages, 'n').write(QUIET)).toHaveLength(1)
  })

  test('a shorter transcript is read anew', () => {
    const memo = createPromptMemo()
    const messages = [user('a'), said('b')]
    memo.page(messages, 'm').write(QUIET)
    messages.length = 1
    expect(memo.page(messages, 'm').write(QUIET)).toHaveLength(1)
  })
})
