import type { KeyRecord } from './api-keys.ts'
import { ApiError } from '../api-error.ts'

/*
 * How much one key may ask of the server: requests per minute, and requests at once. In flows a
 * key's name; out flows its place, to be given back, or 429 with the seconds to wait.
 */

const MINUTE_MS = 60_000
/** Keys whose buckets are kept; a full bucket is the same as none. */
const BUCKETS_KEPT = 10_000

/** What holds for each key that says nothing else of itself; null for no limit. */
export interface KeyLimits {
  readonly ratePerMinute: number | null
  /** How many may come at once after a quiet time; `ratePerMinute` when null. */
  readonly burst: number | null
  /** Requests under way that do something. */
  readonly concurrency: number | null
  /** Requests under way that only read: streams of events are. */
  readonly readers: number | null
}

/** A request that was let in. */
export interface Place {
  /** What OpenAI's clients read of it; null where there is no rate limit. */
  readonly rate: {
    readonly limit: number
    readonly remaining: number
    readonly resetSeconds: number
  } | null
  /** Gives the place back; a second time changes nothing. */
  readonly leave: () => void
}

/** Knows what each key has under way, and how much it asked lately. */
export interface Limiter {
  /** Throws an ApiError `rate_limit_error`; what it refuses takes no place. */
  enter(key: string, request: { readonly reads: boolean; readonly own: OwnLimits }): Place
}

type OwnLimits = Pick<KeyRecord, 'rate_per_minute' | 'concurrency'>

interface Bucket {
  tokens: number
  /** When `tokens` was right, in milliseconds. */
  at: number
}

/** A token bucket and two counters per key, in this process; `now` in milliseconds. */
export function createLimiter(limits: KeyLimits, now: () => number): Limiter {
  const buckets = new Map<string, Bucket>()
  const underWay = new Map<string, number>()

  const take = (key: string, own: OwnLimits): Place['rate'] => {
    const perMinute = own.rate_per_minute ?? limits.ratePerMinute
    if (perMinute === null) return null
    const size = own.rate_per_minute ?? limits.burst ?? perMinute
    const perMs = perMinute / MINUTE_MS
    const at = now()
    const bucket = buckets.get(key) ?? { tokens: size, at }
    buckets.delete(key)
    buckets.set(key, bucket)
    forgetOldest(buckets)
    bucket.tokens = Math.min(size, bucket.tokens + (at - bucket.at) * perMs)
    bucket.at = at
    if (bucket.tokens < 1) {
      const retryAfterSeconds = Math.max(1, Math.ceil((1 - bucket.tokens) / perMs / 1000))
      const message = `this key may make ${perMinute} requests a minute; try again in ${retryAfterSeconds} s`
      throw new ApiError('rate_limit_error', message, {
        code: 'rate_limit_exceeded',
        retryAfterSeconds,
      })
    }
    bucket.tokens -= 1
    const resetSeconds = Math.ceil((size - bucket.tokens) / perMs / 1000)
    return { limit: perMinute, remaining: Math.floor(bucket.tokens), resetSeconds }
  }

  return {
    enter(key, { reads, own }) {
      const most = reads ? limits.readers : (own.concurrency ?? limits.concurrency)
      const lane = `${reads ? 'reads' : 'does'} ${key}`
      const before = underWay.get(lane) ?? 0
      if (most !== null && before >= most) {
        const message = `this key has ${before} requests under way, and ${most} is the most`
        throw new ApiError('rate_limit_error', message, {
          code: 'concurrency_limit_exceeded',
          retryAfterSeconds: 1,
        })
      }
      const rate = take(key, own)
      underWay.set(lane, before + 1)
      let isHere = true
      return {
        rate,
        leave() {
          if (!isHere) return
          isHere = false
          const left = (underWay.get(lane) ?? 1) - 1
          if (left > 0) underWay.set(lane, left)
          else underWay.delete(lane)
        },
      }
    },
  }
}

/** The bucket that was used least recently is the first. */
function forgetOldest(buckets: Map<string, Bucket>): void {
  const [oldest] = buckets.keys()
  if (buckets.size > BUCKETS_KEPT && oldest !== undefined) buckets.delete(oldest)
}
