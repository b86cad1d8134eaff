/*
 * Whatever goes wrong between a caller and the server, as one error.
 */

/** What the client itself may say; every other code is the server's own word. */
export type ClientErrorCode =
  | 'aborted'
  | 'timeout'
  | 'connection_failed'
  | 'stream_interrupted'
  | 'invalid_answer'
  | 'invalid_tools'
  | 'invalid_options'
  | 'too_many_roundtrips'

/** The server's codes are open: a newer server may have more. */
export type ApiErrorCode = ClientErrorCode | (string & {})

export interface ApiErrorDetails {
  readonly code: ApiErrorCode
  readonly status?: number | null
  readonly type?: string | null
  readonly param?: string | null
  readonly requestId?: string | null
  readonly retryAfterSeconds?: number | null
  readonly cause?: unknown
}

/**
 * Everything that the client throws; recognise it by `code`. `status` is null where no answer of the
 * server is behind it. Quote `requestId` to whoever runs the server: its log has more. It never holds
 * a key (Law 17).
 */
export class LockstepApiError extends Error {
  readonly code: ApiErrorCode
  readonly status: number | null
  /** The kind of error in OpenAI's words: `invalid_request_error`, `rate_limit_error` … */
  readonly type: string | null
  /** The member of the request that it is about, like `steps[1].prompt`. */
  readonly param: string | null
  readonly requestId: string | null
  readonly retryAfterSeconds: number | null

  constructor(message: string, details: ApiErrorDetails) {
    super(message, { cause: details.cause })
    this.name = 'LockstepApiError'
    this.code = details.code
    this.status = details.status ?? null
    this.type = details.type ?? null
    this.param = details.param ?? null
    this.requestId = details.requestId ?? null
    this.retryAfterSeconds = details.retryAfterSeconds ?? null
  }
}
