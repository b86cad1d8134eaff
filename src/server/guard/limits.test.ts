import { describe, expect, test } from 'vitest'
import { ApiError } from '../api-error.ts'
import { createLimiter, type KeyLimits } from './limits.ts'

const NONE: KeyLimits = { ratePerMinute: null, burst: null, concurrency: null, readers: null }
const DOES = { reads: false, own: {} }

function refused(act: () => unknown): ApiError {
  try {
    act()
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('it was let in')
}

describe('requests per minute', () => {
  test('come out of a bucket that fills again', () => {
    let now = 0
    const limiter = createLimiter({ ...NONE, ratePerMinute: 60, burst: 2 }, () => now)
    expect(limiter.enter('a', DOES).rate).toEqual({ limit: 60, remaining: 1, resetSeconds: 1 })
    limiter.enter('a', DOES)
    expect(refused(() => limiter.enter('a', DOES))).toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
      retryAfterSeconds: 1,
    })
    now = 999
    refused(() => limiter.enter('a', DOES))
    now = 1_000
    limiter.enter('a', DOES)
    refused(() => limiter.enter('a', DOES))
    // A long quiet time fills it to its size, not beyond.
    now = 1_000_000
    limiter.enter('a', DOES)
    limiter.enter('a', DOES)
    refused(() => limiter.enter('a', DOES))
  })

  test('are counted for each key, and a key may have its own', () => {
    const limiter = createLimiter({ ...NONE, ratePerMinute: 1 }, () => 0)
    limiter.enter('a', DOES)
    limiter.enter('b', DOES)
    refused(() => limiter.enter('a', DOES))
    const own = { reads: false, own: { rate_per_minute: 3 } }
    for (let count = 0; count < 3; count += 1) limiter.enter('c', own)
    expect(refused(() => limiter.enter('c', own)).retryAfterSeconds).toBe(20)
  })
})

describe('requests at once', () => {
  test('hold their places until they leave, once', () => {
    const limiter = createLimiter({ ...NONE, concurrency: 2, readers: 1 }, () => 0)
    const first = limiter.enter('a', DOES)
    limiter.enter('a', DOES)
    expect(refused(() => limiter.enter('a', DOES))).toMatchObject({
      code: 'concurrency_limit_exceeded',
      retryAfterSeconds: 1,
    })
    limiter.enter('a', { reads: true, own: {} })
    refused(() => limiter.enter('a', { reads: true, own: {} }))
    first.leave()
    first.leave()
    limiter.enter('a', DOES)
    refused(() => limiter.enter('a', DOES))
    limiter.enter('b', DOES)
  })

  test('take nothing from the rate where they are refused', () => {
    const limiter = createLimiter({ ...NONE, ratePerMinute: 2, concurrency: 1 }, () => 0)
    const place = limiter.enter('a', DOES)
    refused(() => limiter.enter('a', DOES))
    place.leave()
    limiter.enter('a', DOES)
  })
})
