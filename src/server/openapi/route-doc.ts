import type { z } from 'zod'
import type { Scope } from '../server-context.ts'

/*
 * What a route is, as data: the OpenAPI document and its page are made of a list of these.
 */

/** A schema under a name, so that the document has it once. */
export interface NamedSchema {
  readonly name: string
  readonly schema: z.ZodType
}

/** One answer of a route. */
export interface AnswerDoc {
  readonly about: string
  /** Of a JSON body; null where there is none, or it is no JSON. */
  readonly body: NamedSchema | null
  /** Other media types in which it may come, or does. */
  readonly media?: readonly string[]
}

export interface HeaderDoc {
  readonly name: string
  readonly about: string
}

export interface RouteDoc {
  readonly method: 'get' | 'post'
  /** As Hono has it, under `/api/v1` and `/v1`; `root` puts it beside those. */
  readonly path: string
  readonly root?: true
  readonly id: string
  readonly tag: string
  readonly summary: string
  /** More than one line says. */
  readonly about?: string
  /** What a key must allow; null where no key is asked for. */
  readonly scope: Scope | null
  readonly query?: z.ZodType
  readonly headers?: readonly HeaderDoc[]
  readonly body?: NamedSchema
  /** By status; what every route may answer is added. */
  readonly answers: Readonly<Record<number, AnswerDoc>>
}
