import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../core/log/event.ts'
import { StoreError, type Append, type Lease, type RunHead, type Store } from './store.ts'

const HEAD: RunHead = { workflow: 'refund', digest: 'd1', source: null, reason: null, step: 'look' }
const AT = 1_763_700_000_000

/** `count` events that follow `after`, each carrying a text. */
export function makeEvents(after: number, count: number, text = 'hello'): readonly Event[] {
  return Array.from({ length: count }, (_, index) => {
    const seq = after + index + 1
    return { type: 'turn.started', turn: seq, input: { text }, v: 1, seq, at: AT + seq }
  })
}

/** An append of `count` small events at `expected`, changed as the test wants it. */
export function makeAppend(lease: Lease, expected: number, change: Partial<Append> = {}): Append {
  return { lease, expected, events: makeEvents(expected, 2), head: HEAD, sync: false, ...change }
}

/** Takes a lease that must be free. */
export async function acquire(store: Store, run: string): Promise<Lease> {
  const lease = await store.tryAcquire(run)
  if (lease === null) throw new Error(`The lease of ${run} is taken`)
  return lease
}

/** The code of the StoreError that a promise rejects with; 'none' when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'none'
  } catch (error) {
    return error instanceof StoreError ? error.code : `not a StoreError: ${String(error)}`
  }
}

/** What every adapter must pass. `open` gives a store with nothing in it. */
export function describeStore(name: string, open: () => Store): void {
  describe(`${name} as a Store`, () => {
    let store: Store
    beforeEach(() => {
      store = open()
    })
    afterEach(async () => {
      await store.close()
    })
    describeLog(() => store)
    describeLeases(() => store)
    describeRuns(() => store)
    describeClose(() => store)
  })
}

function describeLog(current: () => Store): void {
  test('gives back the events that were appended, in order', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    await store.append(makeAppend(lease, 0))
    await store.append(makeAppend(lease, 2, { sync: true }))
    expect(await store.read('r1', 0)).toEqual(makeEvents(0, 4))
    expect(await store.read('r1', 3)).toEqual(makeEvents(3, 1))
    expect(await store.read('r1', 4)).toEqual([])
    expect(await store.read('unknown', 0)).toEqual([])
  })

  test('lets one of two writers with the same expectation win', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    await store.append(makeAppend(lease, 0))
    const first = store.append(makeAppend(lease, 2, { events: makeEvents(2, 1, 'first') }))
    const second = store.append(makeAppend(lease, 2, { events: makeEvents(2, 1, 'second') }))
    expect([await codeOf(first), await codeOf(second)]).toEqual(['none', 'conflict'])
    expect(await store.read('r1', 2)).toEqual(makeEvents(2, 1, 'first'))
    expect((await store.find('r1'))?.head).toBe(3)
  })

  test('leaves log and head alone on a conflict', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    await store.append(makeAppend(lease, 0))
    const before = await store.find('r1')
    for (const expected of [0, 1, 3]) {
      const head = { ...HEAD, step: 'other' }
      expect(await codeOf(store.append(makeAppend(lease, expected, { head })))).toBe('conflict')
    }
    expect(await store.read('r1', 0)).toEqual(makeEvents(0, 2))
    expect(await store.find('r1')).toEqual(before)
  })

  test('refuses events that are not in their place, and writes none of them', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    const gap = [...makeEvents(0, 1), ...makeEvents(2, 1)]
    for (const events of [gap, makeEvents(1, 1), []]) {
      expect(await codeOf(store.append(makeAppend(lease, 0, { events })))).toBe('failed')
    }
    expect(await store.read('r1', 0)).toEqual([])
    expect(await store.find('r1')).toBeNull()
  })

  test('one failing append takes no other with it', async () => {
    const store = current()
    const [left, right] = [await acquire(store, 'left'), await acquire(store, 'right')]
    const codes = await Promise.all([
      codeOf(store.append(makeAppend(left, 0))),
      codeOf(store.append(makeAppend(left, 7))),
      codeOf(store.append(makeAppend(right, 0))),
      codeOf(store.append(makeAppend(left, 2))),
    ])
    expect(codes).toEqual(['none', 'conflict', 'none', 'none'])
    expect(await store.read('left', 0)).toHaveLength(4)
    expect(await store.read('right', 0)).toHaveLength(2)
  })

  test('keeps many runs apart that append at once', async () => {
    const store = current()
    const runs = Array.from({ length: 50 }, (_, index) => `run-${index}`)
    await Promise.all(
      runs.map(async (run, index) => {
        const lease = await acquire(store, run)
        for (let expected = 0; expected < 10; expected += 2) {
          const events = makeEvents(expected, 2, run)
          await store.append(makeAppend(lease, expected, { events, sync: index % 2 === 0 }))
        }
        await lease.release()
      }),
    )
    for (const run of runs) expect(await store.read(run, 0)).toEqual(makeEvents(0, 10, run))
  })

  test('keeps large and strange texts as they are', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    const texts = ['x'.repeat(5_000_000), 'ﬁ 日本 👩‍👩‍👧 \u0000 \u2028 \uD800 "\\', '']
    for (const [index, text] of texts.entries()) {
      await store.append(makeAppend(lease, index, { events: makeEvents(index, 1, text) }))
    }
    const events = await store.read('r1', 0)
    expect(events).toEqual(texts.flatMap((text, index) => makeEvents(index, 1, text)))
  })
}

function describeLeases(current: () => Store): void {
  test('lets one driver hold a run, begun or not', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    expect(lease.run).toBe('r1')
    expect(await store.tryAcquire('r1')).toBeNull()
    await store.append(makeAppend(lease, 0))
    expect(await store.tryAcquire('r1')).toBeNull()
    expect(await store.tryAcquire('r2')).not.toBeNull()
    await lease.release()
    const next = await acquire(store, 'r1')
    await store.append(makeAppend(next, 2))
    expect(await store.read('r1', 0)).toEqual(makeEvents(0, 4))
  })

  test('gives one of many at once the lease', async () => {
    const store = current()
    const leases = await Promise.all(Array.from({ length: 5 }, () => store.tryAcquire('r1')))
    expect(leases.filter((lease) => lease !== null)).toHaveLength(1)
  })

  test('takes nothing from a lease that was released or is not its own', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    await lease.release()
    expect(await codeOf(store.append(makeAppend(lease, 0)))).toBe('lease_lost')
    const next = await acquire(store, 'r1')
    expect(await codeOf(store.append(makeAppend(lease, 0)))).toBe('lease_lost')
    const forged: Lease = { run: 'r1', release: async () => {} }
    expect(await codeOf(store.append(makeAppend(forged, 0)))).toBe('lease_lost')
    await lease.release()
    await store.append(makeAppend(next, 0))
    expect(await store.read('r1', 0)).toEqual(makeEvents(0, 2))
  })

  test('a lease of a run that never began leaves no run behind', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    expect(await store.find('r1')).toBeNull()
    expect(await store.list({ limit: 10 })).toEqual([])
    await lease.release()
    expect(await store.find('r1')).toBeNull()
  })
}

function describeRuns(current: () => Store): void {
  async function begin(run: string, at: number): Promise<void> {
    const events: readonly Event[] = [{ type: 'run.resumed', v: 1, seq: 1, at }]
    const lease = await acquire(current(), run)
    await current().append(makeAppend(lease, 0, { events }))
  }

  test('finds a run as its last append left it', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    await store.append(makeAppend(lease, 0))
    const head: RunHead = {
      workflow: 'refund',
      digest: 'd2',
      source: './refund.yaml',
      reason: 'needs_input',
      step: null,
    }
    await store.append(makeAppend(lease, 2, { head }))
    const place = { run: 'r1', head: 4, createdAt: AT + 1, updatedAt: AT + 4 }
    expect(await store.find('r1')).toEqual({ ...head, ...place })
    expect(await store.list({ limit: 1 })).toEqual([{ ...head, ...place }])
    expect(await store.find('unknown')).toBeNull()
  })

  test('lists newest first, page by page, whatever begins in between', async () => {
    const store = current()
    const runs = ['a', 'b', 'c', 'd', 'e']
    for (const [index, run] of runs.entries()) await begin(run, AT + Math.floor(index / 2))
    const seen: string[] = []
    let page = await store.list({ limit: 2 })
    while (page.length > 0) {
      seen.push(...page.map((row) => row.run))
      await begin(`later-${seen.length}`, AT + 100)
      const before = page.at(-1)
      page = before ? await store.list({ limit: 2, before }) : []
    }
    expect(seen).toEqual(['e', 'd', 'c', 'b', 'a'])
    expect(await store.list({ limit: 0 })).toEqual([])
  })

  test('lists by when a run began, not by when it was leased', async () => {
    const store = current()
    const early = await acquire(store, 'leased-first')
    await begin('begun-first', AT)
    await store.append(makeAppend(early, 0))
    const rows = await store.list({ limit: 5 })
    expect(rows.map((row) => row.run)).toEqual(['leased-first', 'begun-first'])
  })

  test('shows a wish to cancel until the run rests as cancelled', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    expect(await codeOf(store.requestCancel('r1'))).toBe('unknown_run')
    expect(await store.append(makeAppend(lease, 0))).toEqual({ cancelRequested: false })
    expect(await store.cancelRequested('r1')).toBe(false)
    await store.requestCancel('r1')
    await store.requestCancel('r1')
    expect(await store.cancelRequested('r1')).toBe(true)
    expect(await store.append(makeAppend(lease, 2))).toEqual({ cancelRequested: true })
    const head: RunHead = { ...HEAD, reason: 'cancelled' }
    expect(await store.append(makeAppend(lease, 4, { head }))).toEqual({ cancelRequested: false })
    expect(await store.cancelRequested('r1')).toBe(false)
    expect(await store.cancelRequested('unknown')).toBe(false)
    await store.requestCancel('r1')
    expect(await store.cancelRequested('r1')).toBe(false)
  })

  test('keeps a definition by its digest, the first time', async () => {
    const store = current()
    expect(await store.loadDefinition('d1')).toBeNull()
    await Promise.all([store.saveDefinition('d1', '{"a":1}'), store.saveDefinition('d1', '{}')])
    await store.saveDefinition('d1', '{}')
    expect(await store.loadDefinition('d1')).toBe('{"a":1}')
  })
}

function describeClose(current: () => Store): void {
  test('says so when it is closed, and closes twice', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    const last = store.append(makeAppend(lease, 0))
    await store.close()
    await store.close()
    expect(await codeOf(last)).toBe('none')
    const asked = [
      store.append(makeAppend(lease, 2)),
      store.read('r1', 0),
      store.list({ limit: 1 }),
      store.find('r1'),
      store.tryAcquire('r2'),
      store.requestCancel('r1'),
      store.cancelRequested('r1'),
      store.saveDefinition('d1', '{}'),
      store.loadDefinition('d1'),
    ]
    expect(new Set(await Promise.all(asked.map(codeOf)))).toEqual(new Set(['closed']))
    expect(await codeOf(lease.release())).toBe('none')
  })
}
