import { expect, test } from 'vitest'
import type { Message } from '../core/log/message.ts'
import {
  MindError,
  type AnsweredCall,
  type Mind,
  type MindAnswer,
  type MindRequest,
} from './mind.ts'
import { parseScript, type Script } from './script.ts'
import { scriptedMind } from './scripted.ts'

function script(value: unknown): Script {
  const parsed = parseScript(value)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return parsed.script
}

function requestOf(given: Partial<MindRequest>): MindRequest {
  const answered = given.answered ?? []
  return {
    run: 'run-1',
    call: answered.length + 1,
    step: 'refund',
    role: 'main',
    model: null,
    system: null,
    messages: [],
    tools: [],
    legal: [],
    scope: 'strict',
    choose: 'auto',
    output: null,
    settings: {},
    closing: false,
    answered,
    ...given,
  }
}

function ask(mind: Mind, given: Partial<MindRequest>): Promise<MindAnswer> {
  return mind.answer(requestOf(given), { signal: new AbortController().signal, onText: () => {} })
}

/** The first text of an answer, or the code of the error. */
async function word(mind: Mind, given: Partial<MindRequest>): Promise<string> {
  try {
    const { parts } = await ask(mind, given)
    const [part] = parts
    return part?.type === 'text' ? part.text : '?'
  } catch (error) {
    return error instanceof MindError ? error.code : String(error)
  }
}

const at = (step: string, role = 'main'): AnsweredCall => ({ step, role })

test('entries are taken in order; when lets a call pass over what is not for it', async () => {
  const mind = scriptedMind(
    script([
      { text: 'later', when: { step: 'answer' } },
      { text: 'one' },
      { text: 'two', when: { step: 'refund', role: 'main' } },
      { text: 'critic', when: { role: 'critic' } },
    ]),
  )
  expect(await word(mind, { answered: [] })).toBe('one')
  expect(await word(mind, { answered: [at('refund')] })).toBe('two')
  expect(await word(mind, { answered: [at('refund'), at('refund')], role: 'critic' })).toBe(
    'critic',
  )
  const three = [at('refund'), at('refund'), at('refund', 'critic')]
  expect(await word(mind, { answered: three, step: 'answer' })).toBe('later')
})

test('a new process goes on where the log ends, and a repeated attempt takes the same entry', async () => {
  const written = script([{ text: 'a' }, { text: 'b' }, { text: 'c' }])
  const first = scriptedMind(written)
  expect(await word(first, { answered: [] })).toBe('a')
  expect(await word(first, { answered: [] })).toBe('a')
  const second = scriptedMind(written)
  expect(await word(second, { answered: [at('refund'), at('refund')] })).toBe('c')
  expect(await word(second, { answered: [at('refund')] })).toBe('b')
})

test('runs do not disturb each other', async () => {
  const mind = scriptedMind(script([{ text: 'a' }, { text: 'b' }]))
  expect(await word(mind, { run: 'x', answered: [at('refund')] })).toBe('b')
  expect(await word(mind, { run: 'y' })).toBe('a')
})

test('an error fails one attempt and the answer after it follows', async () => {
  const written = script([
    { error: { code: '429', message: 'slow', retryable: true, retry_after_seconds: 2 } },
    { error: { code: 'timeout', message: 'late', retryable: true } },
    { text: 'a' },
    { text: 'b' },
  ])
  const mind = scriptedMind(written)
  await expect(ask(mind, {})).rejects.toMatchObject({
    code: '429',
    retryable: true,
    retryAfterSeconds: 2,
  })
  expect(await word(mind, {})).toBe('timeout')
  expect(await word(mind, {})).toBe('a')
  expect(await word(mind, { answered: [at('refund')] })).toBe('b')
  expect(await word(scriptedMind(written), { answered: [at('refund')] })).toBe('b')
})

test('an error that ended a call for good does not come again in a new process', async () => {
  const written = script([
    { text: 'a' },
    { error: { code: 'down', message: 'down' } },
    { text: 'b' },
  ])
  const answered = [at('refund')]
  expect(await word(scriptedMind(written), { answered, call: 2 })).toBe('down')
  expect(await word(scriptedMind(written), { answered, call: 3 })).toBe('b')
})

test('a script that runs out names the call and the step', async () => {
  const mind = scriptedMind(script([{ text: 'a' }, { text: 'x', when: { step: 'other' } }]))
  const answered = [at('refund'), at('refund'), at('refund')]
  await expect(ask(mind, { answered })).rejects.toMatchObject({
    name: 'MindError',
    code: 'script_exhausted',
    retryable: false,
    message: 'the script has no entry left for model call 4 (step refund)',
  })
})

test('calls get ids by call and place; given ones stay', async () => {
  const mind = scriptedMind(
    script([{ calls: [{ tool: 'a' }, { tool: 'b', id: 'mine' }, { tool: 'c' }], text: 'so' }]),
  )
  expect(await ask(mind, { call: 7 })).toMatchObject({
    finish: 'tool-calls',
    parts: [
      { type: 'text', text: 'so' },
      { type: 'call', id: 'call_7_1', tool: 'a', args: {} },
      { type: 'call', id: 'mine', tool: 'b' },
      { type: 'call', id: 'call_7_3', tool: 'c' },
    ],
  })
})

test('text streams in a few pieces that join to it and split no character', async () => {
  const text = 'ab😀😀😀cd😀'
  const heard: string[] = []
  await scriptedMind(script([{ text }])).answer(requestOf({}), {
    signal: new AbortController().signal,
    onText: (piece) => heard.push(piece),
  })
  expect(heard.length).toBeGreaterThan(1)
  expect(heard.every((piece) => piece.isWellFormed())).toBe(true)
  expect(heard.join('')).toBe(text)
})

test('usage is given or a function of the request that reads each message once', async () => {
  const written = script([{ text: 'a', usage: { input: 9, output: 1 } }, { text: '12345678' }])
  let reads = 0
  const message = (text: string): Message => ({
    role: 'user',
    get text() {
      reads += 1
      return text
    },
  })
  const messages = [message('x'.repeat(40))]
  const mind = scriptedMind(written)
  expect((await ask(mind, { messages })).usage).toEqual({ input: 9, output: 1, cached: 0 })
  const answered = [at('refund')]
  messages.push(message('y'.repeat(40)))
  const { usage } = await ask(mind, { messages, answered })
  expect(usage.output).toBe(2)
  const before = reads
  messages.push(message('z'.repeat(40)))
  const grown = await ask(mind, { messages, answered })
  expect(reads - before).toBe(1)
  expect(grown.usage.input).toBe(usage.input + 10)
  expect((await ask(scriptedMind(written), { messages, answered })).usage).toEqual(grown.usage)
})

test('a delay ends when the signal aborts, and the entry is not used up', async () => {
  const controller = new AbortController()
  const mind = scriptedMind(script([{ text: 'a', delay_ms: 3_600_000 }, { text: 'b' }]))
  const asked = mind.answer(requestOf({}), { signal: controller.signal, onText: () => {} })
  controller.abort()
  await expect(asked).rejects.toMatchObject({ code: 'aborted', retryable: false })
  expect(await word(mind, { answered: [at('refund')] })).toBe('b')
})

test('ten thousand calls of one run take time in proportion', async () => {
  const size = 10_000
  const mind = scriptedMind(
    script(Array.from({ length: size }, (_, index) => ({ text: String(index) }))),
  )
  const answered: AnsweredCall[] = []
  for (let index = 0; index < size; index++) {
    expect(await word(mind, { answered, call: index + 1 })).toBe(String(index))
    answered.push(at('refund'))
  }
})
