import type { Context } from 'hono'
import { z } from 'zod'
import { legalNames, pathText } from '../../core/spec/issue.ts'
import { ApiError } from '../api-error.ts'
import { shapeWords } from '../shape-words.ts'

/*
 * What a request says, checked: a body or a query by its schema, or an error that names the member and
 * what would be legal. Unknown members are errors too: a misspelt one would be lost in silence.
 */

/** Reads a JSON body; one that is empty is `{}`. Throws an ApiError 400. */
export async function readBody<Body>(c: Context, schema: z.ZodType<Body>): Promise<Body> {
  const text = await c.req.text()
  return check(schema, parse(text), 'the body')
}

/** Reads the query. Throws an ApiError 400; a name that is given twice is one, too. */
export function readQuery<Query>(c: Context, schema: z.ZodType<Query>): Query {
  const given = Object.entries(c.req.queries())
  const twice = given.find(([, values]) => values.length > 1)
  if (twice !== undefined) throw invalid(`${twice[0]} is given more than once`, twice[0])
  const query = Object.fromEntries(given.map(([name, [value]]) => [name, value]))
  return check(schema, query, 'the query')
}

function parse(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    const message = `the body is no JSON: ${cause instanceof Error ? cause.message : ''}`
    throw new ApiError('invalid_request_error', message.slice(0, 300), {
      code: 'invalid_json',
      cause,
    })
  }
}

function check<Shape>(schema: z.ZodType<Shape>, value: unknown, what: string): Shape {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  // A misspelt member is why another is missing: it says more.
  const { issues } = read.error
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? part : String(part)))
  const [unknown] = issue?.code === 'unrecognized_keys' ? issue.keys : []
  if (unknown !== undefined) {
    const name = pathText([...path, unknown.slice(0, 100)])
    const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
    const legal = path.length > 0 || names.length === 0 ? '' : `; ${legalNames(unknown, names)}`
    throw invalid(`${what} has no member ${name}${legal}`, name)
  }
  const where = path.length === 0 ? what : pathText(path)
  throw invalid(`${where}: ${shapeWords(issue?.message ?? 'has another shape')}`, pathText(path))
}

function invalid(message: string, param: string): ApiError {
  return new ApiError('invalid_request_error', message.slice(0, 500), {
    code: 'invalid_value',
    ...(param === '' ? {} : { param }),
  })
}
