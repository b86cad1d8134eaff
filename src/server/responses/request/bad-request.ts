import {
  errorAt,
  pathText,
  toIssuePath,
  type Issue,
  type IssuePath,
} from '../../../core/spec/issue.ts'
import { isJsonObject, type JsonObject } from '../../../core/spec/json.ts'
import { readJson } from '../../../core/spec/read-json.ts'
import { LockstepError } from '../../../drive/lockstep-error.ts'
import { ApiError } from '../../api-error.ts'
import { shapeWords } from '../../shape-words.ts'
import { requestSchema, type ResponsesBody } from './request-schema.ts'

/** What is wrong with a request, and where. */
export function badRequest(
  message: string,
  on: { readonly code: string; readonly param?: string; readonly cause?: unknown },
): ApiError {
  return new ApiError('invalid_request_error', message, on)
}

/** The first error among issues, as the answer to the request that they are about. */
export function issueError(
  issues: readonly Issue[],
  original: (path: IssuePath) => IssuePath = (path) => path,
): ApiError {
  const errors = issues.filter(({ severity }) => severity === 'error')
  const [first] = errors
  const path = first === undefined ? [] : original(first.path)
  const param = pathText(path)
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  const where = param === '' ? '' : `${param}: `
  return badRequest(
    `${where}${shapeWords(first?.message ?? 'the request cannot be read')}${more}`,
    {
      code: 'invalid_request',
      ...(param === '' ? {} : { param }),
    },
  )
}

/** What a body is, checked; `raw` is the same as plain JSON. Throws an ApiError that says where it is wrong. */
export function parseBody(value: unknown): {
  readonly body: ResponsesBody
  readonly raw: JsonObject
} {
  const read = readJson(value)
  if (!read.ok) throw issueError(read.issues)
  if (!isJsonObject(read.value)) {
    throw badRequest('the body must be a JSON object', { code: 'invalid_json' })
  }
  const parsed = requestSchema.safeParse(read.value)
  if (parsed.success) return { body: parsed.data, raw: read.value }
  const issues = parsed.error.issues.map(({ path, message }) => errorAt(toIssuePath(path), message))
  throw issueError(issues)
}

const NOT_FOUND: ReadonlySet<string> = new Set(['unknown_run'])
const CONFLICT: ReadonlySet<string> = new Set([
  'run_busy',
  'run_exists',
  'definition_changed',
  'not_waiting',
])

/** A refusal of the runtime as an answer; everything that is not one stays as it is. */
export function fromRuntime(error: unknown): unknown {
  if (!(error instanceof LockstepError)) return error
  const { code, message, issues } = error
  if (code === 'invalid_workflow' && issues.length > 0) return issueError(issues)
  if (NOT_FOUND.has(code)) return new ApiError('not_found_error', message, { code, cause: error })
  if (CONFLICT.has(code)) return new ApiError('conflict_error', message, { code, cause: error })
  return badRequest(message, { code, cause: error })
}
