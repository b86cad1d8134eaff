import { expect, test } from 'vitest'
import { memoryStore } from '../store/memory.ts'
import { acquire, makeAppend, makeEvents } from '../store/store.contract.ts'
import type { Store } from '../store/store.ts'
import { followLog } from './follow-log.ts'

/** Follows in the background; gives what came once so many did, and ends. */
async function take(
  store: Store,
  { after, count }: { readonly after: number; readonly count: number },
): Promise<readonly unknown[]> {
  const abort = new AbortController()
  const taken: unknown[] = []
  for await (const event of followLog(store, { run: 'r1', after, signal: abort.signal })) {
    taken.push(event)
    if (taken.length === count) abort.abort()
  }
  return taken
}

/** A memory store that watches as told: `ring` wakes whoever watches. */
function watchable(): { readonly store: Store; readonly ring: () => void; watchers: () => number } {
  const store = memoryStore()
  const watchers = new Set<() => void>()
  store.watch = (_, onChange) => {
    watchers.add(onChange)
    return () => void watchers.delete(onChange)
  }
  return {
    store,
    ring: () => watchers.forEach((wake) => wake()),
    watchers: () => watchers.size,
  }
}

test('gives what is there and what comes, from where it was told, each once', async () => {
  const store = memoryStore()
  const lease = await acquire(store, 'r1')
  await store.append(makeAppend(lease, 0))
  const taken = take(store, { after: 1, count: 5 })
  await store.append(makeAppend(lease, 2))
  await store.append(makeAppend(lease, 4))
  expect(await taken).toEqual(makeEvents(1, 5))
})

test('waits for a run that has not begun, and looks whenever the store says so', async () => {
  const { store, ring, watchers } = watchable()
  const taken = take(store, { after: 0, count: 4 })
  const lease = await acquire(store, 'r1')
  ring()
  await store.append(makeAppend(lease, 0))
  ring()
  await store.append(makeAppend(lease, 2))
  ring()
  expect(await taken).toEqual(makeEvents(0, 4))
  expect(watchers()).toBe(0)
})

test('ends where it is aborted while it waits', async () => {
  for (const store of [memoryStore(), watchable().store]) {
    const abort = new AbortController()
    const next = followLog(store, { run: 'r1', signal: abort.signal }).next()
    abort.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  }
})

test('rejects with what the store says', async () => {
  const store = memoryStore()
  await store.close()
  await expect(take(store, { after: 0, count: 1 })).rejects.toMatchObject({ code: 'closed' })
})
