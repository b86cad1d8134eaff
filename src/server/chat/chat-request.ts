import type { z } from 'zod'
import type { Json } from '../../core/spec/json.ts'
import { readJson } from '../../core/spec/read-json.ts'
import { ApiError } from '../api-error.ts'
import { shapeWords } from '../shape-words.ts'
import { chatBody, type ChatRequest } from './chat-body.ts'

/**
 * Reads a body (S0.37). Throws an ApiError `invalid_request_error` that names the member; total
 * over any text.
 */
export function readChatRequest(text: string): ChatRequest {
  const parsed = chatBody.safeParse(parse(text))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const { path, message } = deepest(issue)
  const wrong = shapeWords(message)
  const param = paramOf(path)
  throw new ApiError('invalid_request_error', param === '' ? wrong : `${param}: ${wrong}`, {
    code: param === 'messages' ? 'missing_input' : 'invalid_value',
    ...(param === '' ? {} : { param }),
  })
}

function parse(text: string): Json {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ApiError('invalid_request_error', 'the body is not JSON', { code: 'invalid_json' })
  }
  const read = readJson(value)
  if (read.ok) return read.value
  const [issue] = read.issues
  const param = paramOf(issue?.path ?? [])
  throw new ApiError('invalid_request_error', `the body ${issue?.message ?? 'is not JSON'}`, {
    code: 'invalid_json',
    ...(param === '' ? {} : { param }),
  })
}

interface Wrong {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Of a union, the branch that got furthest says most; where none got anywhere, the union's words. */
function deepest(issue: z.core.$ZodIssue | undefined): Wrong {
  if (issue === undefined) return { path: [], message: 'is wrong' }
  const here = { path: issue.path, message: issue.message }
  if (issue.code !== 'invalid_union') return here
  const below = issue.errors
    .flatMap((branch) => branch.slice(0, 1))
    .filter((each) => each.path.length > 0)
    .map((each) => deepest(each))
    .toSorted((left, right) => right.path.length - left.path.length)[0]
  return below === undefined
    ? here
    : { path: [...issue.path, ...below.path], message: below.message }
}

/** `messages[0].content`, as OpenAI writes it. */
export function paramOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((sum, key) => {
    if (typeof key === 'number') return `${sum}[${key}]`
    return sum === '' ? String(key) : `${sum}.${String(key)}`
  }, '')
}
