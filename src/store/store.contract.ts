import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../core/log/event.ts'
import { canonicalText, chainHash, chainStart } from './chain/chain.ts'
import { createSigner, isSignedByItsKey } from './chain/seal.ts'
import {
  StoreError,
  type Append,
  type Claim,
  type Lease,
  type RunHead,
  type Store,
} from './store.ts'
import { verifyLog } from './chain/verify-log.ts'

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
    describePlaces(() => store)
    describeChain(() => store)
    describeSecrets(() => store)
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

  test('lists the runs whose id begins with a prefix, page by page', async () => {
    const store = current()
    for (const [index, run] of ['a~1', 'ab~1', 'a~2', 'A~1', 'a%~1', 'a~3'].entries()) {
      await begin(run, AT + index)
    }
    const page = await store.list({ limit: 2, prefix: 'a~' })
    expect(page.map(({ run }) => run)).toEqual(['a~3', 'a~2'])
    const last = page.at(-1)
    const rest = last ? await store.list({ limit: 2, prefix: 'a~', before: last }) : []
    expect(rest.map(({ run }) => run)).toEqual(['a~1'])
    expect((await store.list({ limit: 9, prefix: 'a%' })).map(({ run }) => run)).toEqual(['a%~1'])
    expect(await store.list({ limit: 9, prefix: 'b' })).toEqual([])
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
    await store.saveDefinition('d1', '{"a":1}')
    await Promise.all([store.saveDefinition('d1', '[]'), store.saveDefinition('d1', '{}')])
    expect(await store.loadDefinition('d1')).toBe('{"a":1}')
  })
}

/** What a call asks for: two places, of which the first takes two calls and the second one. */
function claimOf(call: string, change: Partial<Claim> = {}): Claim {
  const places = [
    { gate: 'twice', key: 'o-1', calls: 2 },
    { gate: 'once', key: 'o-1', calls: 1 },
  ]
  return { family: 'f', run: 'r1', call, places, ...change }
}

function describePlaces(current: () => Store): void {
  const [twice] = claimOf('').places
  const two = twice === undefined ? [] : [twice]

  test('shares places among all runs of a family, and with nobody else', async () => {
    const store = current()
    expect(await store.claim(claimOf('c1', { places: two }))).toBeNull()
    expect(await store.claim(claimOf('c1', { places: two, run: 'fork' }))).toBeNull()
    const full = { gate: 'twice', key: 'o-1' }
    expect(await store.claim(claimOf('c2', { places: two }))).toEqual(full)
    expect(await store.claim(claimOf('c2', { places: two, run: 'fork' }))).toEqual(full)
    expect(await store.claim(claimOf('c2', { places: two, family: 'other' }))).toBeNull()
    const other = [{ gate: 'twice', key: 'o-2', calls: 2 }]
    expect(await store.claim(claimOf('c2', { places: other }))).toBeNull()
  })

  test('gives a call the places that it has once more, and no second ones', async () => {
    const store = current()
    const same = await Promise.all([1, 2, 3].map(() => store.claim(claimOf('c1'))))
    expect(same).toEqual([null, null, null])
    expect(await store.claim(claimOf('c2', { places: two }))).toBeNull()
    expect(await store.claim(claimOf('c1'))).toBeNull()
  })

  test('takes all places of a call or none', async () => {
    const store = current()
    expect(await store.claim(claimOf('c1'))).toBeNull()
    expect(await store.claim(claimOf('c2'))).toEqual({ gate: 'once', key: 'o-1' })
    // The place that c2 could have had is free still.
    expect(await store.claim(claimOf('c3', { places: two }))).toBeNull()
    expect(await store.claim(claimOf('c4', { places: two }))).not.toBeNull()
  })

  test('gives one of many at once the last place', async () => {
    const store = current()
    const runs = Array.from({ length: 8 }, (_, index) => `run-${index}`)
    const answers = await Promise.all(runs.map((run) => store.claim(claimOf('c', { run }))))
    expect(answers.filter((answer) => answer === null)).toHaveLength(1)
  })

  test('takes back what a call released, and nothing else', async () => {
    const store = current()
    await store.claim(claimOf('c1'))
    await store.release({ family: 'f', run: 'r1', call: 'c2' })
    await store.release({ family: 'f', run: 'fork', call: 'c1' })
    await store.release({ family: 'other', run: 'r1', call: 'c1' })
    expect(await store.claim(claimOf('c2'))).not.toBeNull()
    await store.release({ family: 'f', run: 'r1', call: 'c1' })
    await store.release({ family: 'f', run: 'r1', call: 'c1' })
    expect(await store.claim(claimOf('c2'))).toBeNull()
  })
}

function describeChain(current: () => Store): void {
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const sign = createSigner(privateKey)
  /** A log that folds. */
  const log = (run: string, count: number): readonly Event[] => [
    {
      type: 'run.started',
      run,
      workflow: 'w',
      digest: 'd',
      input: {},
      session: {},
      instructions: null,
      v: 1,
      seq: 1,
      at: AT,
    },
    ...makeEvents(1, count - 1),
  ]

  test('chains events the same, however they were appended', async () => {
    const store = current()
    const [one, two] = [await acquire(store, 'r1'), await acquire(store, 'r2')]
    const events = makeEvents(0, 4)
    await store.append(makeAppend(one, 0, { events }))
    await Promise.all([
      store.append(makeAppend(two, 0, { events: events.slice(0, 1) })),
      store.append(makeAppend(two, 1, { events: events.slice(1, 2) })),
    ])
    await two.release()
    const again = await acquire(store, 'r2')
    await store.append(makeAppend(again, 2, { events: events.slice(2) }))
    for (const run of ['r1', 'r2']) {
      let hash = chainStart(run)
      const hashes = events.map(
        (event) => (hash = chainHash(hash, canonicalText(JSON.stringify(event)))),
      )
      const chained = await store.readChain(run)
      expect(chained?.events.map((event) => event.hash)).toEqual(hashes)
      expect(chained?.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
      expect(chained?.headHash).toBe(hashes[3])
    }
    expect(await store.readChain('unknown')).toBeNull()
  })

  test('gives a whole chain, also after a conflict and of strange texts', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    await store.append(makeAppend(lease, 0, { events: log('r1', 3) }))
    expect(await codeOf(store.append(makeAppend(lease, 7)))).toBe('conflict')
    const strange = 'ﬁ 日本 \u0000 \u2028 \uD800 "\\'
    await store.append(makeAppend(lease, 3, { events: makeEvents(3, 2, strange) }))
    const chained = await store.readChain('r1')
    if (chained === null) throw new Error('the run is gone')
    expect(chained).toMatchObject({ run: 'r1', head: 5, chainedFrom: 1 })
    expect(chained.events.map(({ text }): unknown => JSON.parse(text))).toEqual(
      await store.read('r1', 0),
    )
    expect(verifyLog(chained)).toEqual([])
  })

  test('seals the end of a log with the append that asks for it, and with no other', async () => {
    const store = current()
    const lease = await acquire(store, 'r1')
    await store.append(makeAppend(lease, 0))
    await store.append(makeAppend(lease, 2, { sign }))
    expect(await codeOf(store.append(makeAppend(lease, 9, { sign })))).toBe('conflict')
    await store.append(makeAppend(lease, 4))
    await store.append(makeAppend(lease, 6, { sign }))
    const seals = await store.readSeals('r1')
    const chained = await store.readChain('r1')
    expect(seals.map(({ run, seq }) => ({ run, seq }))).toEqual([
      { run: 'r1', seq: 4 },
      { run: 'r1', seq: 8 },
    ])
    for (const seal of seals) {
      expect(isSignedByItsKey(seal)).toBe(true)
      expect(seal.hash).toBe(chained?.events[seal.seq - 1]?.hash)
    }
    expect(await store.readSeals('unknown')).toEqual([])
  })
}

function describeSecrets(current: () => Store): void {
  test('keeps the secrets of each run apart, each the first time', async () => {
    const store = current()
    const box = Uint8Array.of(1, 0, 255)
    const other = Uint8Array.of(2)
    await store.saveSecret({ run: 'r1', reference: 'secret:a', box })
    await Promise.all([
      store.saveSecret({ run: 'r1', reference: 'secret:a', box: other }),
      store.saveSecret({ run: 'r1', reference: 'secret:b', box: other }),
      store.saveSecret({ run: 'r2', reference: 'secret:a', box: other }),
    ])
    const plain = async (run: string): Promise<readonly object[]> =>
      (await store.readSecrets(run)).map((kept) => ({ ...kept, box: [...kept.box] }))
    expect(await plain('r1')).toEqual([
      { run: 'r1', reference: 'secret:a', box: [1, 0, 255] },
      { run: 'r1', reference: 'secret:b', box: [2] },
    ])
    expect(await plain('r2')).toEqual([{ run: 'r2', reference: 'secret:a', box: [2] }])
    expect(await plain('r3')).toEqual([])
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
      store.readChain('r1'),
      store.readSeals('r1'),
      store.claim(claimOf('c1')),
      store.release(claimOf('c1')),
      store.list({ limit: 1 }),
      store.find('r1'),
      store.tryAcquire('r2'),
      store.requestCancel('r1'),
      store.cancelRequested('r1'),
      store.saveDefinition('d1', '{}'),
      store.loadDefinition('d1'),
      store.saveSecret({ run: 'r1', reference: 'secret:a', box: Uint8Array.of(1) }),
      store.readSecrets('r1'),
    ]
    expect(new Set(await Promise.all(asked.map(codeOf)))).toEqual(new Set(['closed']))
    expect(await codeOf(lease.release())).toBe('none')
  })
}
