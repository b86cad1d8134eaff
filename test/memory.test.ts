import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { inMemoryBank, memoryStore, StoreError } from '../src/index.ts'
import type { Event, MemoryBank, Store } from '../src/index.ts'
import { sqliteMemory } from '../src/sqlite.ts'
import { lab, play, SHOP, textsOf } from './memory-lab.ts'

/*
 * Memory end to end (S0.21, S0.23): what one run keeps the next is reminded of, through the real
 * runtime, also when drivers die. That notes are not believed is memory-attacks.test.ts's.
 */

const folder = mkdtempSync(join(tmpdir(), 'lockstep-memories-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each([
  ['in memory', () => inMemoryBank()],
  ['in a file', () => sqliteMemory(join(folder, 'memory.db'))],
])('%s', (_, open) => {
  test('what one run keeps, the next run of that customer is reminded of, and nobody else', async () => {
    const memory = open()
    const words = 'My name is Ada and I live in Zürich.'
    const first = lab('- call: get_customer\n- text: Noted.', { memory })
    expect(await play(first, { customer_id: 'c1', message: words })).toMatchObject({
      reason: 'completed',
    })
    const second = lab('- text: You live in Zürich.', { memory })
    await play(second, { customer_id: 'c1', message: 'Where do I live?' })
    const [request] = second.asked
    const [notes, message, prompt] = request?.messages ?? []
    expect(JSON.stringify(notes)).toContain(words)
    expect(JSON.stringify(notes)).toContain('no instructions')
    expect(message).toEqual({ role: 'user', text: 'Where do I live?' })
    expect(prompt).toEqual({ role: 'user', text: 'Help.' })
    const other = lab('- text: I do not know.', { memory })
    await play(other, { customer_id: 'c2', message: 'Where does c1 live? Zürich?' })
    expect(JSON.stringify(other.asked[0]?.messages)).not.toContain('Ada')
    const elsewhere = lab('- text: I do not know.', { memory, tenant: 'globex' })
    await play(elsewhere, { customer_id: 'c1', message: 'Zürich?' })
    expect(JSON.stringify(elsewhere.asked[0]?.messages)).not.toContain('Ada')
    expect(await textsOf(memory, 'globex')).toEqual(['I do not know.', 'Zürich?'])
    await memory.close()
  })
})

test('kept are the message, the output and tool results; never what memory itself said', async () => {
  const memory = inMemoryBank()
  const script = `
- calls: [{ tool: get_customer }, { tool: memorize, args: { text: likes red, tags: [taste] } }]
- call: recall
  args: { query: red }
- text: Done.`
  await play(lab(script, { memory }), { customer_id: 'c1', message: 'Hello' }, { id: 'r' })
  const items = await memory.list({ tenant: 'default', limit: 10 })
  const shown = items
    .toSorted((left, right) => (left.id < right.id ? -1 : 1))
    .map(({ id, text, source }) => [id, source.kind, text])
  expect(shown).toEqual([
    [expect.stringMatching(/^r\/\/output\/\d+$/), 'output', 'Done.'],
    ['r/call_1_2', 'memorize', 'likes red'],
    [
      'r/result/call_1_1',
      'tool-result',
      '{"tool":"get_customer","args":{},"output":{"verified":false,"orders":["o-1"]}}',
    ],
    ['r/said/1', 'message', 'Hello'],
  ])
  expect(new Set(items.map(({ record }) => record))).toEqual(new Set(['customer-c1']))
})

test('one runtime may serve many tenants, each run by its id', async () => {
  const memory = inMemoryBank()
  const tenant = (run: string): string => run.split('_')[0] ?? ''
  await play(lab('- text: Hello Ada.', { memory, tenant }), undefined, { id: 'acme_1' })
  const other = lab('- text: Hello.', { memory, tenant })
  await play(other, undefined, { id: 'globex_1' })
  expect(JSON.stringify(other.asked)).not.toContain('Ada')
  const again = lab('- text: Again.', { memory, tenant })
  await play(again, undefined, { id: 'acme_2' })
  expect(JSON.stringify(again.asked)).toContain('Hello Ada.')
})

test('the same words are recalled once', async () => {
  const memory = inMemoryBank()
  for (const id of ['1', '2', '3']) await play(lab('- text: Hi.', { memory }), undefined, { id })
  const at = lab('- text: Hi.', { memory })
  await play(at, undefined, { id: '4' })
  const events = await at.store.read('4', 0)
  const recalled = events.find((event) => event.type === 'memory.recalled')
  expect(recalled?.items.map(({ text }) => text)).toEqual(['Hello', 'Hi.'])
})

test('a memory that fails stops no run, and the log says so', async () => {
  const broken = (): never => {
    throw new Error('the disk is gone')
  }
  const memory: MemoryBank = { ...inMemoryBank(), recall: broken, memorize: broken }
  const at = lab('- call: recall\n  args: { query: x }\n- text: ok', { memory })
  const record = await play(at, undefined, { id: 'r' })
  expect(record.reason).toBe('completed')
  const events = await at.store.read('r', 0)
  const failed = events.filter((event) => event.type === 'memory.failed')
  expect(failed.map(({ during }) => during)).toEqual(['recall', 'keep'])
  expect(failed[0]?.error.message).toContain('the disk is gone')
  const call = events.find((event) => event.type === 'call.failed')
  expect(call).toMatchObject({ error: { message: 'the disk is gone' } })
})

/** A store whose append number `at` fails, before it wrote or after, as if its process had died. */
function dying(inner: Store, at: number, written: boolean): Store {
  let count = 0
  return new Proxy(inner, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key)
      if (key !== 'append') return typeof member === 'function' ? member.bind(target) : member
      const append: Store['append'] = async (appended) => {
        const strikes = (count += 1) === at
        if (strikes && !written) throw new StoreError('failed', 'struck')
        const result = await inner.append(appended)
        if (strikes) throw new StoreError('failed', 'struck')
        return result
      }
      return append
    },
  })
}

test('wherever its driver dies, a run keeps every note once', async () => {
  const script = '- call: memorize\n  args: { text: likes red }\n- text: Done.'
  const whole = inMemoryBank()
  await play(lab(script, { memory: whole }), undefined, { id: 'r' })
  const expected = (await whole.list({ tenant: 'default', limit: 9 })).map(({ text }) => text)
  expect(expected).toHaveLength(3)
  for (let at = 2; at <= 12; at++) {
    for (const written of [true, false]) {
      const store = memoryStore()
      const memory = inMemoryBank()
      const struck = lab(script, { memory, store: dying(store, at, written) })
      await play(struck, undefined, { id: 'r' }).catch(() => {})
      const next = lab(script, { memory, store })
      const run = await next.runtime.open('r', { workflow: SHOP })
      const record = run.record().reason === null ? await run.resume() : run.record()
      expect(record.reason, `append ${at}`).toBe('completed')
      expect(await textsOf(memory), `append ${at}`).toEqual(expected.toSorted())
      const recalled = (await store.read('r', 0)).filter((each) => each.type === 'memory.recalled')
      expect(recalled).toHaveLength(1)
    }
  }
})

test('a rewound turn is kept as it was at last', async () => {
  const memory = inMemoryBank()
  const at = lab('- text: Wrong.\n- text: Right.', { memory })
  const run = await at.runtime.start(SHOP, { input: { customer_id: 'c1', message: 'Hello' } })
  await run.done
  await run.rewind({ to: 'start' })
  expect(run.record().reason).toBe('completed')
  // The first answer was given, and stays; the message is one note.
  expect(await textsOf(memory)).toEqual(['Hello', 'Right.', 'Wrong.'])
})

test('the log of a run with memory folds again to the same record', async () => {
  const memory = inMemoryBank()
  const at = lab('- text: Done.', { memory })
  const record = await play(at, undefined, { id: 'r' })
  const events: readonly Event[] = await at.store.read('r', 0)
  expect(events.map(({ type }) => type)).toContain('memory.kept')
  const again = await lab('', { memory, store: at.store }).runtime.open('r', { workflow: SHOP })
  expect(again.record()).toEqual(record)
})
