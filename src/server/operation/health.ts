import { Hono } from 'hono'
import { messageOf } from '../../core/spec/message-of.ts'
import type { Store } from '../../store/store.ts'
import { scrub } from './access-log.ts'
import type { Keyring } from '../guard/api-keys.ts'
import type { ServerEnv } from '../server-context.ts'

/*
 * Whether the server lives (`/healthz`), and whether it should be sent requests (`/readyz`). Both
 * are open to everybody and say nothing of anybody.
 */

const LOOK_LIMIT_MS = 2_000

/** What readiness is a matter of. */
export interface Readiness {
  readonly store: Store | null
  readonly keys: Keyring | null
  readonly workflows: number
  readonly isClosing: () => boolean
  /** Hears why something is not ready: callers are told only what. */
  readonly onFailure: (what: string, message: string) => void
}

/** `/healthz` and `/readyz`. */
export function healthRoutes(readiness: Readiness): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>()
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/readyz', async (c) => {
    const { isClosing, workflows } = readiness
    const checks = {
      ...(await look(readiness)),
      workflows: `${workflows} loaded`,
      ...(isClosing() ? { shutdown: 'under way' } : {}),
    }
    const isReady = !isClosing() && !Object.values(checks).includes(FAILED)
    return c.json({ status: isReady ? 'ready' : 'not ready', checks }, isReady ? 200 : 503)
  })
  return app
}

const FAILED = 'failed'

async function look(readiness: Readiness): Promise<Readonly<Record<string, string>>> {
  const { store, keys, onFailure } = readiness
  const told = async (what: string, check: () => unknown): Promise<string> => {
    try {
      await inTime(Promise.resolve(check()))
      return 'ok'
    } catch (error) {
      onFailure(what, scrub(messageOf(error)))
      return FAILED
    }
  }
  return {
    store: store === null ? 'none' : await told('store', () => store.list({ limit: 1 })),
    ...(keys === null ? {} : { keys: await told('keys', () => keys.count()) }),
  }
}

async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | null = null
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${LOOK_LIMIT_MS} ms`)), LOOK_LIMIT_MS)
  })
  try {
    await Promise.race([work, late])
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}
