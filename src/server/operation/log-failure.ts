import type { Context } from 'hono'
import type { Logger } from 'pino'
import { errorFields, scrub } from './access-log.ts'
import type { ServerEnv } from '../server-context.ts'

/** Members of bodies that hold a caller's own key (S0.24). */
const KEY_MEMBERS = ['llm_api_key', 'openrouter_api_key', 'api_key']

/**
 * Tells the log why the server could not do what it was asked, under the request's id, without the
 * keys that came with the request (Law 17).
 */
export async function logFailure(
  log: Logger,
  c: Context<ServerEnv>,
  error: unknown,
): Promise<void> {
  const known = await keysOf(c)
  const { method, path } = c.req
  const request = { request: c.get('requestId'), method, path: scrub(path.slice(0, 200), known) }
  log.error({ ...request, error: errorFields(error, known) }, 'failed')
}

async function keysOf(c: Context<ServerEnv>): Promise<readonly string[]> {
  const headers = ['authorization', 'x-api-key'].map((name) => c.req.header(name) ?? '')
  const found = headers.map((value) => value.replace(/^\w+\s+/, ''))
  try {
    const body: unknown = c.req.method === 'GET' ? null : await c.req.json()
    if (typeof body === 'object' && body !== null) {
      for (const name of KEY_MEMBERS) {
        const value: unknown = Object.hasOwn(body, name) ? Reflect.get(body, name) : null
        if (typeof value === 'string') found.push(value)
      }
    }
  } catch {
    // Nothing can be read of a body that is no JSON, so no key of it was used either.
  }
  return found.filter((secret) => secret.length >= 6)
}
