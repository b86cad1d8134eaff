import { createHash, createHmac, randomUUID } from 'node:crypto'
import type { Context } from 'hono'
import { canonicalJson, type Json } from '../../core/spec/json.ts'
import { ApiError } from '../api-error.ts'

/*
 * The ids of a tenant's runs. One that is started under an `Idempotency-Key` is named by tenant and
 * key, so that the same key finds the same run in whatever process, with no table beside the logs.
 */

const KEY = /^[\x21-\x7e]{1,255}$/

/** A new id for a run of a tenant. */
export function newRunId(tenant: string): string {
  return `${tenant}~run_${randomUUID().replaceAll('-', '')}`
}

/** What an idempotent request is known by. */
export interface Idempotency {
  readonly run: string
  /** Stands for what was asked; only who has the key can tell what that was (Law 17). */
  readonly request: string
}

/** Reads `Idempotency-Key`; null where there is none. Throws an ApiError 400 for one that is none. */
export function idempotencyOf(
  c: Context,
  asked: { readonly tenant: string; readonly body: Json },
): Idempotency | null {
  const key = c.req.header('idempotency-key')
  if (key === undefined) return null
  if (!KEY.test(key)) {
    const message = 'Idempotency-Key: expected 1 to 255 visible ASCII characters'
    throw new ApiError('invalid_request_error', message, {
      code: 'invalid_value',
      param: 'Idempotency-Key',
    })
  }
  const { tenant, body } = asked
  const name = createHash('sha256')
    .update(JSON.stringify(['run', tenant, key]))
    .digest('hex')
  const request = createHmac('sha256', key).update(canonicalJson(body)).digest('hex')
  return { run: `${tenant}~run_${name.slice(0, 32)}`, request }
}
