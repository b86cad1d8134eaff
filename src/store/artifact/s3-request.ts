/** One request to a bucket. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
  /** Empty for the bucket itself. */
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** An answer of 2xx, or 404 about an object. */
export interface S3Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}
