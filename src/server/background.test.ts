import { once } from 'node:events'
import { expect, test } from 'vitest'
import { createBackground } from './background.ts'

test('parks what is under way, and what that began, before it says so', async () => {
  const background = createBackground()
  const done: string[] = []
  const parked = once(background.signal, 'abort')
  const last = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve))
    done.push('last')
  }
  const first = async (): Promise<void> => {
    await parked
    done.push('first')
    background.track(last())
  }
  background.track(first())
  background.track(Promise.reject(new Error('failed by itself')))
  expect(background.count()).toBe(2)
  expect(await background.park(10_000)).toBe(true)
  expect(done).toEqual(['first', 'last'])
  expect(background.count()).toBe(0)
})

test('does not wait for ever', async () => {
  const background = createBackground()
  background.track(new Promise(() => {}))
  expect(await background.park(1)).toBe(false)
  expect(background.signal.aborted).toBe(true)
})
