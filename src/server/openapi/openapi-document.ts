import { z } from 'zod'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import { runsDocs } from '../runs/runs-docs.ts'
import { modelDocs } from './model-docs.ts'
import type { AnswerDoc, HeaderDoc, NamedSchema, RouteDoc } from './route-doc.ts'

/*
 * The OpenAPI document: from the schemas that check requests, by way of the list of routes, to one
 * JSON object. Nothing in it is written a second time.
 */

/** Every route that a key is asked for, and the one that takes a signature instead. */
export const routeDocs: readonly RouteDoc[] = [...modelDocs, ...runsDocs]

const BASE = '/api/v1'

const error = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    type: z.string(),
    code: z.string(),
    param: z.string().nullable(),
  }),
})
const ERROR: NamedSchema = { name: 'Error', schema: error }

/** Makes the document (OpenAPI 3.1). */
export function openapiDocument(docs: readonly RouteDoc[] = routeDocs): JsonObject {
  const schemas = new Map<string, JsonObject>()
  const paths: Record<string, Record<string, Json>> = {}
  for (const doc of docs) {
    const path = pathOf(doc)
    paths[path] = { ...paths[path], [doc.method]: operation(doc, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Lockstep',
      version: '1',
      description:
        'Agents that do things in order. Everything under `/api/v1` is under `/v1` as well, for ' +
        "OpenAI's clients. Errors have OpenAI's shape.",
    },
    servers: [{ url: '/' }],
    tags: ['Models', 'Runs', 'Workflows', 'Server'].map((name) => ({ name })),
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key of this server, `lsk_…`; `x-api-key` takes it, too.',
        },
      },
      schemas: Object.fromEntries(schemas),
    },
  }
}

/** A route's path in the document: `/api/v1/runs/{run}`. */
export function pathOf({ path, root }: Pick<RouteDoc, 'path' | 'root'>): string {
  return `${root === true ? '' : BASE}${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}')}`
}

type Schemas = Map<string, JsonObject>

function operation(doc: RouteDoc, schemas: Schemas): JsonObject {
  const { scope, about, body, query, headers = [] } = doc
  const needs = scope === null ? 'Asks for no key.' : `Needs a key with \`${scope}\`.`
  const names = [...doc.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const answers = Object.entries(doc.answers).map(([status, answer]): [string, JsonObject] => [
    status,
    toAnswer(answer, schemas),
  ])
  return {
    operationId: doc.id,
    tags: [doc.tag],
    summary: doc.summary,
    description: about === undefined ? needs : `${about} ${needs}`,
    ...(scope === null ? { security: [] } : { 'x-scope': scope }),
    parameters: [
      ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...(query === undefined ? [] : queryParameters(query)),
      ...headers.map(headerParameter),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            content: { 'application/json': { schema: refer(body, schemas, 'input') } },
          },
        }),
    responses: { ...Object.fromEntries(answers), ...failures(doc, schemas) },
  }
}

function toAnswer({ about, body, media = [] }: AnswerDoc, schemas: Schemas): JsonObject {
  const content: Record<string, Json> =
    body === null ? {} : { 'application/json': { schema: refer(body, schemas, 'output') } }
  for (const type of media) content[type] = { schema: { type: 'string' } }
  return { description: about, content }
}

/** What a route may answer beside what it is for. */
function failures(doc: RouteDoc, schemas: Schemas): JsonObject {
  const failed = (about: string): JsonObject => toAnswer({ about, body: ERROR }, schemas)
  const conditional = doc.headers?.some(({ name }) => name === 'If-Match') === true
  const cached = doc.headers?.some(({ name }) => name === 'If-None-Match') === true
  const streamed = doc.headers?.some(({ name }) => name === 'Last-Event-ID') === true
  return {
    ...(streamed ? { 204: { description: 'You have every event, and the run has ended.' } } : {}),
    ...(cached ? { 304: { description: 'You have it as it is.' } } : {}),
    ...(doc.body === undefined && doc.query === undefined
      ? {}
      : { 400: failed('The request says something that it cannot; `param` says where.') }),
    ...(doc.scope === null ? {} : { 401: failed('No key, or none that is good.') }),
    403: failed(doc.scope === null ? 'The link is not genuine.' : 'The key may not.'),
    ...(doc.path.includes(':') ? { 404: failed('There is none of yours.') } : {}),
    ...(doc.method === 'post' ? { 409: failed('Not as the run stands.') } : {}),
    ...(conditional ? { 412: failed('The run has gone on since you looked.') } : {}),
    default: failed('Too much (413, 429), or the server’s own trouble (500, 503).'),
  }
}

function headerParameter({ name, about }: HeaderDoc): JsonObject {
  return { name, in: 'header', required: false, description: about, schema: { type: 'string' } }
}

function queryParameters(query: z.ZodType): readonly JsonObject[] {
  const { properties } = toJsonSchema(query, 'input')
  return Object.entries(asObject(properties)).map(([name, given]): JsonObject => {
    const { description = '', ...schema } = asObject(given)
    return { name, in: 'query', required: false, description, schema }
  })
}

function asObject(value: Json | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {}
}

/** Puts a schema among the components, once, and gives the reference to it. */
function refer(
  { name, schema }: NamedSchema,
  schemas: Schemas,
  io: 'input' | 'output',
): JsonObject {
  const place = `#/components/schemas/${name}`
  if (!schemas.has(name)) schemas.set(name, moved(toJsonSchema(schema, io), place))
  return { $ref: place }
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const made: JsonObject = JSON.parse(
    JSON.stringify(z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' })),
  )
  const { $schema: _, ...rest } = made
  return rest
}

/** References inside of a schema, from where it stands in the document. */
function moved(schema: JsonObject, place: string): JsonObject {
  const text = JSON.stringify(schema).replaceAll('"$ref":"#', `"$ref":"${place}`)
  const read: JsonObject = JSON.parse(text)
  return read
}
