import { describe, expect, test } from 'vitest'
import type { Message } from '../core/log/message.ts'
import { MindError, type AskedCall, type Mind, type MindAnswer, type MindRequest } from './mind.ts'
import { parseScript, type Script } from './script.ts'
import { scriptedMind } from './scripted.ts'

function script(value: unknown): Script {
  const parsed = parseScript(value)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return parsed.script
}

function requestOf(given: Partial<MindRequest>): MindRequest {
  const asked = given.asked ?? []
  return {
    run: 'run-1',
    call: asked.length + 1,
    step: 'refund',
    role: 'main',
    branch: '',
    item: null,
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
    ...given,
    asked,
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

/** A call that was answered at its first attempt. */
const at = (step: string, role = 'main', of: Partial<AskedCall> = {}): AskedCall => ({
  step,
  role,
  branch: '',
  item: null,
  attempts: 1,
  answered: true,
  ...of,
})

test('entries are taken in order; when lets a call pass over what is not for it', async () => {
  const mind = scriptedMind(
    script([
      { text: 'later', when: { step: 'answer' } },
      { text: 'one' },
      { text: 'two', when: { step: 'refund', role: 'main' } },
      { text: 'critic', when: { role: 'critic' } },
    ]),
  )
  expect(await word(mind, { asked: [] })).toBe('one')
  expect(await word(mind, { asked: [at('refund')] })).toBe('two')
  expect(await word(mind, { asked: [at('refund'), at('refund')], role: 'critic' })).toBe('critic')
  const three = [at('refund'), at('refund'), at('refund', 'critic')]
  expect(await word(mind, { asked: three, step: 'answer' })).toBe('later')
})

test('a new process goes on where the log ends, and a repeated attempt takes the same entry', async () => {
  const written = script([{ text: 'a' }, { text: 'b' }, { text: 'c' }])
  const first = scriptedMind(written)
  expect(await word(first, { asked: [] })).toBe('a')
  expect(await word(first, { asked: [] })).toBe('a')
  const second = scriptedMind(written)
  expect(await word(second, { asked: [at('refund'), at('refund')] })).toBe('c')
  expect(await word(second, { asked: [at('refund')] })).toBe('b')
})

test('runs do not disturb each other', async () => {
  const mind = scriptedMind(script([{ text: 'a' }, { text: 'b' }]))
  expect(await word(mind, { run: 'x', asked: [at('refund')] })).toBe('b')
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
  expect(await word(mind, { asked: [at('refund')] })).toBe('b')
  expect(await word(scriptedMind(written), { asked: [at('refund')] })).toBe('b')
})

test('an error that ended a call for good does not come again in a new process', async () => {
  const written = script([
    { text: 'a' },
    { error: { code: 'down', message: 'down' } },
    { text: 'b' },
  ])
  const asked = [at('refund')]
  expect(await word(scriptedMind(written), { asked })).toBe('down')
  const later = [...asked, at('refund', 'main', { answered: false })]
  expect(await word(scriptedMind(written), { asked: later })).toBe('b')
})

test('a script that runs out names the call and the step', async () => {
  const mind = scriptedMind(script([{ text: 'a' }, { text: 'x', when: { step: 'other' } }]))
  const asked = [at('refund'), at('refund'), at('refund')]
  await expect(ask(mind, { asked })).rejects.toMatchObject({
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
  const asked = [at('refund')]
  messages.push(message('y'.repeat(40)))
  const { usage } = await ask(mind, { messages, asked })
  expect(usage.output).toBe(2)
  const before = reads
  messages.push(message('z'.repeat(40)))
  const grown = await ask(mind, { messages, asked })
  expect(reads - before).toBe(1)
  expect(grown.usage.input).toBe(usage.input + 10)
  expect((await ask(scriptedMind(written), { messages, asked })).usage).toEqual(grown.usage)
})

test('a delay ends when the signal aborts, and the entry is not used up', async () => {
  const controller = new AbortController()
  const mind = scriptedMind(script([{ text: 'a', delay_ms: 3_600_000 }, { text: 'b' }]))
  const asked = mind.answer(requestOf({}), { signal: controller.signal, onText: () => {} })
  controller.abort()
  await expect(asked).rejects.toMatchObject({ code: 'aborted', retryable: false })
  expect(await word(mind, { asked: [at('refund')] })).toBe('b')
})

test('ten thousand calls of one run take time in proportion', async () => {
  const size = 10_000
  const mind = scriptedMind(
    script(Array.from({ length: size }, (_, index) => ({ text: String(index) }))),
  )
  const asked: AskedCall[] = []
  for (let index = 0; index < size; index++) {
    expect(await word(mind, { asked, call: index + 1 })).toBe(String(index))
    asked.push(at('refund'))
  }
})

describe('calls of sub-runs side by side', () => {
  const inItem = (item: number, of: Partial<AskedCall> = {}): AskedCall =>
    at('look', 'main', { branch: `look#1/${item}`, item, answered: false, ...of })
  const request = (asked: readonly AskedCall[], call: number): Partial<MindRequest> => {
    const { step = 'look', branch = '', item = null } = asked[call - 1] ?? {}
    return { asked, call, step, branch, item }
  }
  const written = script([{ text: 'a' }, { text: 'b' }, { text: 'c' }, { text: 'd' }])

  test('each takes its own entry, in the order in which the run made its calls', async () => {
    const asked = [inItem(0), inItem(1), inItem(2)]
    const mind = scriptedMind(written)
    expect(await word(mind, request(asked, 3))).toBe('c')
    expect(await word(mind, request(asked, 1))).toBe('a')
    expect(await word(mind, request(asked, 2))).toBe('b')
    expect(await word(mind, request(asked, 2))).toBe('b')
  })

  test('a new process gives a call that was cut off what it had before', async () => {
    const asked = [inItem(0, { attempts: 2 }), inItem(1, { answered: true }), inItem(1)]
    expect(await word(scriptedMind(written), request(asked, 1))).toBe('a')
    expect(await word(scriptedMind(written), request(asked, 3))).toBe('c')
  })

  test("when: { item } makes an entry one item's, whichever asks first", async () => {
    const mind = scriptedMind(
      script([
        { text: 'first of 1', when: { item: 1 } },
        { text: 'first of 0', when: { step: 'look', item: 0 } },
        { text: 'second of 1', when: { item: 1 } },
        { text: 'anybody' },
      ]),
    )
    const asked = [inItem(0), inItem(1, { answered: true }), inItem(1), inItem(2)]
    expect(await word(mind, request(asked, 3))).toBe('second of 1')
    expect(await word(mind, request(asked, 1))).toBe('first of 0')
    expect(await word(mind, request(asked, 4))).toBe('anybody')
  })

  test('a call that ended for good leaves the rest of its entries to its branch', async () => {
    const down = { error: { code: '503', message: 'down', retryable: true } }
    const mind = scriptedMind(script([down, down, down, { text: 'a' }, { text: 'b' }]))
    const asked = [inItem(0, { attempts: 2 }), inItem(1), inItem(0)]
    expect(await word(mind, request(asked, 2))).toBe('b')
    expect(await word(mind, request(asked, 3))).toBe('503')
    expect(await word(mind, request(asked, 3))).toBe('a')
  })
})
