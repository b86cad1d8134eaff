import type { KeyLimits } from './limits.ts'
import type { BodyLimits } from './limits-body.ts'

/** Everything that a server is held to. */
export interface ServerLimits extends KeyLimits, BodyLimits {
  /** How long a request, or the run of one, may take (S0: 20 minutes). */
  readonly seconds: number
  /** Against peers that send slowly: Node's own limits, in milliseconds. */
  readonly http: {
    readonly headersTimeout: number
    readonly requestTimeout: number
    readonly keepAliveTimeout: number
    readonly connectionsCheckingInterval: number
  }
}

/** What holds where nothing else is said. No rate: `serve` sets one beyond loopback. */
export const DEFAULT_LIMITS: ServerLimits = {
  bytes: 1_000_000,
  attachmentBytes: 50_000_000,
  depth: 64,
  seconds: 1_200,
  ratePerMinute: null,
  burst: null,
  concurrency: 1_000,
  readers: 10_000,
  http: {
    headersTimeout: 15_000,
    requestTimeout: 120_000,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 5_000,
  },
}
