/*
 * What the server answers when it cannot do what it was asked: one shape for every route, OpenAI's
 * (S0; seeds.md §2.0), and one status for every type.
 */

const STATUS = {
  invalid_request_error: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  precondition_error: 412,
  request_too_large: 413,
  rate_limit_error: 429,
  server_error: 500,
  overloaded_error: 503,
} as const

export type ApiErrorType = keyof typeof STATUS

/** An error whose message may be shown to whoever called; it never holds a secret (Law 17). */
export class ApiError extends Error {
  readonly type: ApiErrorType
  readonly code: string
  /** The member of the request that it is about, like `steps[1].prompt`. */
  readonly param: string | null
  /** Seconds after which the same may succeed. */
  readonly retryAfterSeconds: number | null

  constructor(
    type: ApiErrorType,
    message: string,
    options: {
      readonly code: string
      readonly param?: string
      readonly retryAfterSeconds?: number
      readonly cause?: unknown
    },
  ) {
    super(message, { cause: options.cause })
    this.name = 'ApiError'
    this.type = type
    this.code = options.code
    this.param = options.param ?? null
    this.retryAfterSeconds = options.retryAfterSeconds ?? null
  }

  get status(): (typeof STATUS)[ApiErrorType] {
    return STATUS[this.type]
  }
}

/** The body of an error, as OpenAI clients read it. */
export function errorBody(error: ApiError): {
  readonly error: {
    readonly message: string
    readonly type: ApiErrorType
    readonly code: string
    readonly param: string | null
  }
} {
  const { message, type, code, param } = error
  return { error: { message, type, code, param } }
}
