import type { Context, MiddlewareHandler } from 'hono'
import { whenAnswered } from '../operation/access-log.ts'
import { ApiError } from '../api-error.ts'
import type { Keyring, KeyCheck, KeyRecord } from './api-keys.ts'
import type { Limiter } from './limits.ts'
import type { Caller, Scope, ServerEnv } from '../server-context.ts'
import { LOCAL_CALLER, mayDo, neededScope, SCOPES } from './tenants.ts'
import { traceOf } from '../operation/trace-of.ts'

/*
 * Who calls, and whether they may. In flow the headers of a request; out flows its Caller, or 401
 * and 403 in OpenAI's shape.
 */

interface Admitted {
  readonly caller: Caller
  /** Null for the local caller, who has no key. */
  readonly record: KeyRecord | null
}

/**
 * Lets in who has a good key with the scope that the request needs, as far as the key's limits go;
 * without a keyring everybody is the local caller. Sets `caller`.
 */
export function authenticate(options: {
  readonly keys: Keyring | null
  readonly limiter: Limiter
  /** Fixed for a door with one need; else by method and path. */
  readonly scope?: Scope
}): MiddlewareHandler<ServerEnv> {
  const { keys, limiter, scope } = options
  return async (c, next) => {
    const { method, path } = c.req
    const { caller, record } = keys === null ? LOCAL : enter(keys, presentedKey(c))
    c.set('caller', { ...caller, ...traceOf(c) })
    const needed = scope ?? neededScope(method, path)
    if (!mayDo(caller, needed)) throw mayNot(needed, caller)
    const reads = method === 'GET' || method === 'HEAD'
    const place = limiter.enter(caller.key, { reads, own: record ?? {} })
    if (place.rate !== null) {
      const { limit, remaining, resetSeconds } = place.rate
      c.header('X-RateLimit-Limit-Requests', String(limit))
      c.header('X-RateLimit-Remaining-Requests', String(remaining))
      c.header('X-RateLimit-Reset-Requests', `${resetSeconds}s`)
    }
    try {
      await next()
    } finally {
      // A stream holds its place until it ends.
      whenAnswered(c, place.leave)
    }
  }
}

function mayNot(needed: Scope, { scopes }: Caller): ApiError {
  const message = `this needs a key with the scope ${needed}; this one has ${[...scopes].join(', ')}`
  return new ApiError('permission_error', message, { code: 'insufficient_scope' })
}

const LOCAL: Admitted = { caller: LOCAL_CALLER, record: null }

function enter(keys: Keyring, presented: string | null): Admitted {
  if (presented === null) {
    const message = 'no API key: send the header `Authorization: Bearer lsk_…` (or `x-api-key`)'
    throw new ApiError('authentication_error', message, { code: 'missing_api_key' })
  }
  const checked = check(keys, presented)
  if (!checked.ok) {
    const { code, message } = REFUSALS[checked.why]
    throw new ApiError('authentication_error', message, { code })
  }
  const { record } = checked
  return { record, caller: toCaller(record) }
}

function check(keys: Keyring, presented: string): KeyCheck {
  try {
    return keys.check(presented)
  } catch (cause) {
    const message = 'the server cannot read its keys; try again later'
    throw new ApiError('overloaded_error', message, { code: 'keys_unreadable', cause })
  }
}

const REFUSALS = {
  malformed: {
    code: 'invalid_api_key',
    message: 'this is no API key of this server: one is lsk_ and 43 characters',
  },
  unknown: { code: 'invalid_api_key', message: 'this API key is unknown here' },
  expired: { code: 'expired_api_key', message: 'this API key has expired' },
  revoked: { code: 'revoked_api_key', message: 'this API key was revoked' },
} as const

/** The key of a request: a bearer's, else that of `x-api-key`. */
function presentedKey(c: Context): string | null {
  const [scheme = '', key = ''] = (c.req.header('authorization') ?? '').trim().split(/\s+/, 2)
  if (scheme.toLowerCase() === 'bearer' && key !== '') return key
  return c.req.header('x-api-key')?.trim() || null
}

function toCaller({ id, name, tenant, scopes }: KeyRecord): Caller {
  return {
    key: id,
    tenant,
    scopes: new Set(SCOPES.filter((scope) => scopes.includes(scope))),
    by: name ?? id,
  }
}
