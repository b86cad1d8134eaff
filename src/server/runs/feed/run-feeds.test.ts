import { expect, test } from 'vitest'
import { memoryStore } from '../../../store/memory.ts'
import { acquire, makeAppend } from '../../../store/store.contract.ts'
import type { Store } from '../../../store/store.ts'
import { eventStream } from './event-stream.ts'
import { createRunFeeds } from './run-feeds.ts'

/** A store that says who watches it. */
function watched(): { readonly store: Store; readonly watchers: () => number } {
  const store = memoryStore()
  const all = new Set<() => void>()
  const append = store.append.bind(store)
  store.append = async (given) => {
    const appended = await append(given)
    all.forEach((wake) => wake())
    return appended
  }
  store.watch = (_, onChange) => {
    all.add(onChange)
    return () => void all.delete(onChange)
  }
  return { store, watchers: () => all.size }
}

function textOf(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes)
}

test('one run is watched once for all who read it, and no longer than somebody does', async () => {
  const { store, watchers } = watched()
  await store.append(makeAppend(await acquire(store, 'r1'), 0))
  const feeds = createRunFeeds(store, { signal: new AbortController().signal })
  const readers = Array.from({ length: 5 }, () => feeds.join('r1'))
  await Promise.all(readers.map(({ feed }) => feed.ready))
  expect(new Set(readers.map(({ feed }) => feed)).size).toBe(1)
  await expect.poll(watchers).toBe(1)
  for (const { leave } of readers.slice(1)) {
    leave()
    leave()
  }
  expect(readers[0]?.feed.isOver()).toBe(false)
  readers[0]?.leave()
  expect(readers[0]?.feed.isOver()).toBe(true)
  await expect.poll(watchers).toBe(0)
})

test('what is offered out of its place is left for the store to tell', async () => {
  const { store } = watched()
  const lease = await acquire(store, 'r1')
  const first = makeAppend(lease, 0)
  const second = makeAppend(lease, 2)
  await store.append(first)
  const feeds = createRunFeeds(store, { signal: new AbortController().signal })
  const { feed } = feeds.join('r1')
  await feed.ready
  feeds.offer('r1', makeAppend(lease, 4).events)
  feeds.offer('r1', first.events)
  expect(feed.frames).toHaveLength(2)
  feeds.offer('r1', second.events)
  feeds.offer('r1', second.events)
  expect(feed.frames).toHaveLength(4)
  await store.append(second)
  await store.append(makeAppend(lease, 4))
  await expect.poll(() => feed.frames.length).toBe(6)
  expect(feed.frames.map((frame) => textOf(frame).split('\n')[0])).toEqual(
    [1, 2, 3, 4, 5, 6].map((seq) => `id: ${seq}`),
  )
})

test('a stream that is silent says now and then that it is there', async () => {
  const { store } = watched()
  await store.append(makeAppend(await acquire(store, 'r1'), 0))
  const feeds = createRunFeeds(store, { signal: new AbortController().signal, heartbeatMs: 5 })
  const { feed, leave } = feeds.join('r1')
  await feed.ready
  const stream = eventStream({ feed, after: 2, until: 'never', text: false, leave })
  const reader = stream.getReader()
  expect(textOf((await reader.read()).value)).toBe('retry: 2000\n\n')
  expect(textOf((await reader.read()).value)).toBe(': still here\n\n')
  await reader.cancel()
  expect(feed.isOver()).toBe(true)
})

test('a store that fails ends the streams, and the next reader begins anew', async () => {
  const { store } = watched()
  await store.append(makeAppend(await acquire(store, 'r1'), 0))
  const read = store.read.bind(store)
  let isBroken = true
  store.read = (run, after) => (isBroken ? Promise.reject(new Error('gone')) : read(run, after))
  const feeds = createRunFeeds(store, { signal: new AbortController().signal })
  const broken = feeds.join('r1')
  await expect(broken.feed.ready).rejects.toThrow('gone')
  await expect.poll(() => broken.feed.isOver()).toBe(true)
  isBroken = false
  const mended = feeds.join('r1')
  await mended.feed.ready
  broken.leave()
  expect(mended.feed.frames).toHaveLength(2)
  expect(mended.feed.isOver()).toBe(false)
})
