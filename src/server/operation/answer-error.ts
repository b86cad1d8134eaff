import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { ZodError } from 'zod'
import { LockstepError, type LockstepErrorCode } from '../../drive/lockstep-error.ts'
import { MindError } from '../../mind/mind.ts'
import { StoreError } from '../../store/store.ts'
import { ApiError, errorBody, type ApiErrorType } from '../api-error.ts'
import { shapeWords } from '../shape-words.ts'

/*
 * From whatever was thrown to what the caller is told. What is not meant for callers becomes a 500
 * without details; its own words go to the log alone.
 */

/** Whose fault each error of the runtime is; what is not here is the server's own (500). */
const BLAME: Partial<Record<LockstepErrorCode, ApiErrorType>> = {
  invalid_workflow: 'invalid_request_error',
  invalid_input: 'invalid_request_error',
  unknown_price: 'invalid_request_error',
  several_requests: 'invalid_request_error',
  unknown_run: 'not_found_error',
  run_exists: 'conflict_error',
  run_busy: 'conflict_error',
  head_moved: 'precondition_error',
  not_waiting: 'conflict_error',
  definition_changed: 'conflict_error',
  not_forkable: 'conflict_error',
  no_definition: 'conflict_error',
}

/** Models that a caller names and this server cannot ask; other errors of a mind are the server's. */
const BAD_MODELS: ReadonlySet<string> = new Set(['bad_model', 'unknown_provider', 'no_model'])

/** What the caller is told of an error; whatever it was, no secret is in it (Law 17). */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof LockstepError) return ofRuntime(error)
  if (error instanceof StoreError) return ofStore(error)
  if (error instanceof MindError && BAD_MODELS.has(error.code)) {
    const { code, message } = error
    return new ApiError('invalid_request_error', message, { code, param: 'model', cause: error })
  }
  if (error instanceof ZodError) return ofShape(error)
  if (error instanceof HTTPException && error.status < 500) {
    const type = error.status === 413 ? 'request_too_large' : 'invalid_request_error'
    const message = error.message === '' ? 'the request cannot be read' : error.message
    return new ApiError(type, message, { code: 'invalid_request', cause: error })
  }
  // Nothing else parses what a caller sent with JSON.parse than the reading of a body.
  if (error instanceof SyntaxError && error.message.includes('JSON')) {
    const message = `the body is no JSON: ${error.message}`.slice(0, 300)
    return new ApiError('invalid_request_error', message, { code: 'invalid_json', cause: error })
  }
  const message = 'something went wrong in the server; its log has more under this request id'
  return new ApiError('server_error', message, { code: 'internal_error', cause: error })
}

function ofRuntime(error: LockstepError): ApiError {
  const { code, message, issues } = error
  const type = BLAME[code]
  if (type === undefined) {
    const told = `the server is not set up for this: ${code}`
    return new ApiError('server_error', told, { code, cause: error })
  }
  // Issues may name files of the server: their messages and paths are about what was sent.
  const [first] = issues
  const where = first === undefined || first.path.length === 0 ? '' : ` at ${first.path.join('.')}`
  const more = first === undefined ? '' : `: ${first.message}${where}`
  return new ApiError(type, `${message}${more}`, {
    code,
    cause: error,
    ...(code === 'run_busy' ? { retryAfterSeconds: 1 } : {}),
  })
}

function ofStore(error: StoreError): ApiError {
  switch (error.code) {
    case 'unknown_run':
      return new ApiError('not_found_error', 'there is no such run', {
        code: 'unknown_run',
        cause: error,
      })
    case 'conflict':
    case 'lease_lost': {
      const message = 'somebody else went on with this run at the same time; look, and try again'
      return new ApiError('conflict_error', message, {
        code: 'run_busy',
        retryAfterSeconds: 1,
        cause: error,
      })
    }
    case 'closed':
    case 'failed': {
      const message = 'the store cannot be reached; try again later'
      return new ApiError('overloaded_error', message, {
        code: 'store_unavailable',
        retryAfterSeconds: 1,
        cause: error,
      })
    }
  }
}

function ofShape(error: ZodError): ApiError {
  const [issue] = error.issues
  const param = issue === undefined ? '' : pathText(issue.path)
  const message = `${param === '' ? 'the body' : param}: ${shapeWords(issue?.message ?? 'has another shape')}`
  return new ApiError('invalid_request_error', message.slice(0, 500), {
    code: 'invalid_value',
    ...(param === '' ? {} : { param }),
    cause: error,
  })
}

/** `steps[1].prompt`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('')
}

/** Answers with an error's status, headers and body. */
export function answerError(c: Context, error: ApiError): Response {
  if (error.retryAfterSeconds !== null) c.header('Retry-After', String(error.retryAfterSeconds))
  if (error.status === 401) c.header('WWW-Authenticate', 'Bearer')
  return c.json(errorBody(error), error.status)
}
