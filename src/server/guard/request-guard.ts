import { randomUUID } from 'node:crypto'
import { cors } from 'hono/cors'
import type { MiddlewareHandler } from 'hono'
import { ApiError } from '../api-error.ts'
import type { ServerEnv } from '../server-context.ts'

/*
 * What every request passes first: it gets a name, its answer gets headers that keep browsers from
 * doing more with it than they should, and pages of other origins are kept out.
 */

const REQUEST_ID = /^[\w.-]{1,64}$/

/** Names the request: by its own `X-Request-Id` where that is sane, else by a new one. */
export function nameRequest(): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    const given = c.req.header('x-request-id')
    const id = given !== undefined && REQUEST_ID.test(given) ? given : `req_${randomUUID()}`
    c.set('requestId', id)
    c.header('X-Request-Id', id)
    await next()
  }
}

const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Cache-Control', 'no-store'],
]

/** Sets the security headers; a route that says otherwise of one has its way. */
export function secureHeaders(): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    for (const [name, value] of HEADERS) c.header(name, value)
    await next()
  }
}

/** Lets pages of the listed origins call; with none listed, no page of another origin. */
export function allowOrigins(origins: readonly string[]): MiddlewareHandler<ServerEnv> {
  if (origins.length === 0) return (_, next) => next()
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposeHeaders: ['X-Request-Id', 'Retry-After', 'Location', 'ETag'],
    maxAge: 600,
  })
}

const LOOPBACK_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/**
 * Where there are no keys, a browser on the same machine is who could be misused: a request must
 * name this machine as its host (no rebound DNS name), and come from no other origin's page.
 */
export function guardLocal(origins: readonly string[]): MiddlewareHandler<ServerEnv> {
  const allowed = new Set(origins)
  return async (c, next) => {
    const host = c.req.header('host')
    if (host !== undefined && !LOOPBACK_NAME.test(host)) {
      const message =
        'a server without keys answers to localhost alone; make a key with `lockstep keys create`'
      throw new ApiError('permission_error', message, { code: 'foreign_host' })
    }
    const origin = c.req.header('origin')
    const isOwn = origin === undefined || origin === `http://${host ?? ''}` || allowed.has(origin)
    if (!isOwn) {
      const message = 'pages of this origin may not call; the setting `cors` lists those that may'
      throw new ApiError('permission_error', message, { code: 'foreign_origin' })
    }
    await next()
  }
}
