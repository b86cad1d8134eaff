import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MemoryBankError, type Embed, type MemoryBank, type MemoryItem } from './memory-bank.ts'

/** Opens an empty place; a second memory of the same place sees what the first kept. */
export interface MemoryPlace {
  open(options?: { readonly embed?: Embed }): MemoryBank
}

/** A note of shop `acme` about `customer-1`, with what a test says of it. */
export function note(text: string, more: Partial<MemoryItem> = {}): MemoryItem {
  const source = { run: 'run_1', kind: 'memorize' } as const
  return { id: text, tenant: 'acme', record: 'customer-1', at: 1_000, text, source, ...more }
}

/** A word is near another when they begin with the same letter: enough to tell meaning from words. */
export const fakeEmbed: Embed = (texts) =>
  Promise.resolve(
    texts.map((text) => {
      const vector = Array.from({ length: 26 }, () => 0)
      for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) {
        const letter = word.charCodeAt(0) - 97
        vector[letter] = (vector[letter] ?? 0) + 1
      }
      return vector
    }),
  )

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'none'
  } catch (error) {
    return error instanceof MemoryBankError ? error.code : String(error)
  }
}

/** What every adapter must pass. `makePlace` gives a place with nothing in it. */
export function describeMemoryBank(name: string, makePlace: () => MemoryPlace): void {
  describe(`${name} as a MemoryBank`, () => {
    let place: MemoryPlace
    let bank: MemoryBank
    beforeEach(() => {
      place = makePlace()
      bank = place.open()
    })
    afterEach(() => bank.close())
    const now = (): MemoryBank => bank
    describeKeeping(now)
    describeFinding(now)
    describeTenants(now)
    describeHostile(now)
    describeMeaning((embed) => place.open({ embed }))
    test('closed, everything is an error', async () => {
      await bank.close()
      const all = { tenant: 'acme', limit: 5 }
      expect(await codeOf(bank.recall(all))).toBe('closed')
      expect(await codeOf(bank.memorize([note('x')]))).toBe('closed')
      expect(await codeOf(bank.list(all))).toBe('closed')
      expect(await codeOf(bank.forget({ tenant: 'acme', record: 'r' }))).toBe('closed')
    })
  })
}

type Now = () => MemoryBank

function describeKeeping(bank: Now): void {
  test('a note comes back as it was kept', async () => {
    const kept = note('Prefers e-mail.\n“quoted” 日本 ✍️ \u0000 end', {
      id: 'a',
      source: { run: 'run_1', call: 'call_1', kind: 'tool-result', tool: 'crm' },
      tags: ['contact', 'Ünïcode'],
    })
    expect(await bank().memorize([kept])).toEqual([kept.id])
    expect(await bank().list({ tenant: 'acme', limit: 5 })).toEqual([kept])
    const [found] = await bank().recall({ tenant: 'acme', query: 'e-mail', limit: 5 })
    expect(found).toMatchObject(kept)
    expect(found?.score).toBeGreaterThan(0)
  })

  test('the same id again keeps nothing: the first stands', async () => {
    await bank().memorize([note('first', { id: 'a' })])
    expect(await bank().memorize([note('second', { id: 'a' }), note('third')])).toEqual(['third'])
    const texts = (await bank().list({ tenant: 'acme', limit: 5 })).map(({ text }) => text)
    expect(texts.toSorted()).toEqual(['first', 'third'])
    const again = await bank().recall({ tenant: 'acme', query: 'second', limit: 5 })
    expect(again).toEqual([])
  })

  test('the same id twice in one write is one note', async () => {
    const twice = [note('one', { id: 'a' }), note('two', { id: 'a' })]
    expect(await bank().memorize(twice)).toEqual(['a'])
    expect(await bank().list({ tenant: 'acme', limit: 5 })).toHaveLength(1)
  })

  test.each([
    ['no text', note('')],
    ['over 64 KB', note('é'.repeat(32_769), { id: 'big' })],
    ['no tenant', note('x', { tenant: '' })],
    ['no record', note('x', { record: '' })],
    ['a long record', note('x', { record: 'r'.repeat(257) })],
    ['a record with half of a character', note('x', { record: 'a\uD800' })],
    ['a record with a NUL', note('x', { record: 'a\0' })],
    ['no time', note('x', { at: Number.NaN })],
    ['an empty tag', note('x', { tags: [''] })],
    ['17 tags', note('x', { tags: Array.from({ length: 17 }, String) })],
  ])('%s: nothing of the write is kept', async (_, bad) => {
    expect(await codeOf(bank().memorize([note('good'), bad]))).toBe('bad_item')
    expect(await bank().list({ tenant: 'acme', limit: 5 })).toEqual([])
  })

  test('exactly 64 KB are kept, also where all words differ', async () => {
    const text = 'é'.repeat(32_768)
    const han = Array.from({ length: 21_845 }, (_, at) =>
      String.fromCodePoint(0x4e00 + (at % 20_000)),
    )
    const words = Array.from({ length: 9_000 }, (_, at) => `w${at}`).join(' ')
    const tags = Array.from({ length: 16 }, (_, at) => `${at} `.repeat(20))
    await bank().memorize([
      note(text, { id: 'big', at: 3 }),
      note(han.join(''), { id: 'han', at: 2, tags }),
      note(words, { id: 'words', at: 1 }),
    ])
    const texts = (await bank().list({ tenant: 'acme', limit: 3 })).map((kept) => kept.text)
    expect(texts).toEqual([text, han.join(''), words])
    const [last] = await bank().recall({ tenant: 'acme', query: 'w8999', limit: 1 })
    expect(last?.id).toBe('words')
  })
}

const NOTES = [
  note('Prefers e-mail over the phone', { at: 1 }),
  note('Lives in Zürich', { at: 2 }),
  note('Ordered a red bicycle', { at: 3, tags: ['order'] }),
  note('Red bicycle late: the red bicycle', { at: 4 }),
  note('Asked about winter tyres', { at: 5 }),
  note('Somebody else likes a bicycle', { at: 6, record: 'customer-2' }),
]

function describeFinding(bank: Now): void {
  const texts = async (query: Parameters<MemoryBank['recall']>[0]): Promise<readonly string[]> =>
    (await bank().recall(query)).map(({ text }) => text)
  const mine = { tenant: 'acme', record: 'customer-1', limit: 5 }

  test('without a query the newest come first', async () => {
    await bank().memorize(NOTES)
    expect(await texts({ ...mine, limit: 2 })).toEqual([
      'Asked about winter tyres',
      'Red bicycle late: the red bicycle',
    ])
    const newest = await bank().recall({ tenant: 'acme', limit: 1 })
    expect(newest).toMatchObject([{ record: 'customer-2', score: 0 }])
  })

  test('what matches better comes first, and what does not match at all not', async () => {
    await bank().memorize(NOTES)
    expect(await texts({ ...mine, query: 'red bicycle' })).toEqual([
      'Red bicycle late: the red bicycle',
      'Ordered a red bicycle',
    ])
    expect(await texts({ ...mine, query: 'winter' })).toEqual(['Asked about winter tyres'])
    expect(await texts({ ...mine, query: 'submarine' })).toEqual([])
  })

  test('of two that match alike the newer comes first', async () => {
    await bank().memorize([
      note('blue kite', { id: 'old', at: 1 }),
      note('blue kite', { id: 'new', at: 9 }),
      note('blue kite', { id: 'middle', at: 5 }),
    ])
    const found = await bank().recall({ ...mine, query: 'kite' })
    expect(found.map(({ id }) => id)).toEqual(['new', 'middle', 'old'])
  })

  test('case and accents do not matter, tags count, languages without spaces work', async () => {
    await bank().memorize([...NOTES, note('お客様は東京に住んでいます', { at: 7 })])
    expect(await texts({ ...mine, query: 'ZURICH' })).toEqual(['Lives in Zürich'])
    expect(await texts({ ...mine, query: 'order' })).toEqual(['Ordered a red bicycle'])
    expect(await texts({ ...mine, query: '東京' })).toEqual(['お客様は東京に住んでいます'])
  })

  test('since and until are both included, with a query and without', async () => {
    await bank().memorize(NOTES)
    expect(await texts({ ...mine, since: 2, until: 3 })).toEqual([
      'Ordered a red bicycle',
      'Lives in Zürich',
    ])
    expect(await texts({ ...mine, query: 'bicycle', until: 3 })).toEqual(['Ordered a red bicycle'])
    const ordered = { ...mine, since: 2.5, until: 3.5 }
    expect(await texts(ordered)).toEqual(['Ordered a red bicycle'])
    expect(await texts({ ...ordered, since: -Infinity, until: Infinity })).toHaveLength(5)
    expect(await codeOf(bank().recall({ ...mine, since: Number.NaN }))).toBe('bad_query')
  })

  test('limit holds, and 0, 51 or 1.5 are errors', async () => {
    await bank().memorize(Array.from({ length: 60 }, (_, at) => note(`same ${at}`, { at })))
    expect(await texts({ ...mine, limit: 50, query: 'same' })).toHaveLength(50)
    for (const limit of [0, 51, 1.5, Number.NaN]) {
      expect(await codeOf(bank().recall({ ...mine, limit }))).toBe('bad_query')
    }
  })

  test('records says how many notes each has', async () => {
    await bank().memorize(NOTES)
    expect(await bank().records('acme')).toEqual([
      { record: 'customer-2', notes: 1, at: 6 },
      { record: 'customer-1', notes: 5, at: 5 },
    ])
  })
}

function describeTenants(bank: Now): void {
  const other = note('Their secret kite', { id: 'theirs', tenant: 'globex' })

  test('nothing of another tenant is found, listed, counted or forgotten', async () => {
    await bank().memorize([note('Our kite'), other])
    const found = await bank().recall({ tenant: 'acme', query: 'secret kite', limit: 50 })
    expect(found.map(({ text }) => text)).toEqual(['Our kite'])
    expect(await bank().list({ tenant: 'acme', limit: 50 })).toHaveLength(1)
    expect(await bank().records('acme')).toHaveLength(1)
    expect(await bank().forget({ tenant: 'acme', record: 'customer-1' })).toBe(1)
    expect(await bank().list({ tenant: 'globex', limit: 50 })).toEqual([other])
  })

  test('the same id is free in each tenant', async () => {
    await bank().memorize([note('ours', { id: 'same' })])
    const theirs = note('theirs', { id: 'same', tenant: 'globex' })
    expect(await bank().memorize([theirs])).toEqual(['same'])
  })

  test('no question without a tenant', async () => {
    const all = { tenant: '', limit: 5 }
    expect(await codeOf(bank().recall(all))).toBe('bad_query')
    expect(await codeOf(bank().list(all))).toBe('bad_query')
    expect(await codeOf(bank().records(''))).toBe('bad_query')
    expect(await codeOf(bank().forget({ tenant: '', record: 'customer-1' }))).toBe('bad_query')
  })

  test('forgetting a record leaves the others, and it may be written to again', async () => {
    await bank().memorize(NOTES)
    expect(await bank().forget({ tenant: 'acme', record: 'customer-1' })).toBe(5)
    expect(await bank().forget({ tenant: 'acme', record: 'customer-1' })).toBe(0)
    const left = await bank().recall({ tenant: 'acme', query: 'bicycle', limit: 5 })
    expect(left.map(({ record }) => record)).toEqual(['customer-2'])
    expect(await bank().memorize([note('Lives in Zürich')])).toHaveLength(1)
  })
}

const HOSTILE = [
  '"',
  '""" OR *',
  'a AND',
  'NOT NOT',
  'NEAR(a b, 1',
  'text:secret',
  'place : x',
  '{words place} : a',
  '^a*',
  '-a +b',
  '(((((',
  "'; DROP TABLE notes; --",
  '\u0000',
  '\uD800',
  '😀😀',
  '%_%',
  '\\',
  'a" OR words : "b',
]

function describeHostile(bank: Now): void {
  test.each(HOSTILE)('the query %j is words, never syntax', async (query) => {
    await bank().memorize(NOTES)
    const found = await bank().recall({ tenant: 'acme', query, limit: 50 })
    const expected = /[a-z]/i.test(query) ? expect.any(Number) : 0
    expect(found.length).toEqual(expected)
    expect(await bank().list({ tenant: 'acme', limit: 50 })).toHaveLength(NOTES.length)
  })

  test('an operator finds only what has it as a word', async () => {
    await bank().memorize([note('this and that'), note('one'), note('two')])
    const found = await bank().recall({ tenant: 'acme', query: 'nothing AND', limit: 5 })
    expect(found.map(({ text }) => text)).toEqual(['this and that'])
  })

  test('a query of one megabyte is read at its beginning', async () => {
    await bank().memorize(NOTES)
    const query = `winter ${'x"('.repeat(350_000)}`
    const found = await bank().recall({ tenant: 'acme', query, limit: 5 })
    expect(found.map(({ text }) => text)).toEqual(['Asked about winter tyres'])
  })

  test('a note may hold anything that a query may', async () => {
    const items = HOSTILE.map((text, index) => note(text, { id: String(index), tags: [text] }))
    expect(await bank().memorize(items)).toHaveLength(HOSTILE.length)
  })
}

function describeMeaning(open: (embed: Embed) => MemoryBank): void {
  test('with vectors, what means the same is found without a common word', async () => {
    const bank = open(fakeEmbed)
    await bank.memorize([note('zebra zoo', { at: 1 }), note('apple arbour', { at: 2 })])
    const found = await bank.recall({ tenant: 'acme', query: 'zany', limit: 5 })
    expect(found.map(({ text }) => text)).toEqual(['zebra zoo'])
    await bank.close()
  })

  test('what words and meaning both find comes before what one finds', async () => {
    const bank = open(fakeEmbed)
    const texts = ['zebra quick', 'quick', 'zoo', 'zebra zoo zig']
    await bank.memorize(texts.map((text, at) => note(text, { at })))
    const found = await bank.recall({ tenant: 'acme', query: 'zebra', limit: 3 })
    expect(found[0]?.text).toBe('zebra zoo zig')
    expect(found.map(({ text }) => text)).not.toContain('quick')
    await bank.close()
  })

  test('vectors of another tenant or record are not compared', async () => {
    const bank = open(fakeEmbed)
    const theirs = note('zebra', { id: 'a', tenant: 'globex' })
    await bank.memorize([theirs, note('zebra', { id: 'b', record: 'customer-2' })])
    const query = { tenant: 'acme', record: 'customer-1', query: 'zoo', limit: 5 }
    expect(await bank.recall(query)).toEqual([])
    await bank.close()
  })

  test('a model that does not answer leaves the words', async () => {
    const bank = open(() => Promise.reject(new Error('no model')))
    expect(await bank.memorize([note('zebra zoo')])).toEqual(['zebra zoo'])
    expect(await bank.recall({ tenant: 'acme', query: 'zoo', limit: 5 })).toHaveLength(1)
    await bank.close()
  })
}
