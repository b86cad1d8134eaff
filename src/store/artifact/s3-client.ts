import { setTimeout as wait } from 'node:timers/promises'
import type { AwsClient } from 'aws4fetch'
import { ArtifactStoreError } from './artifact-store.ts'
import { s3Refusal, s3Unreachable } from './s3-error.ts'
import type { S3Answer, S3Request } from './s3-request.ts'
import type { CheckedS3 } from './s3-settings.ts'

const BUSY = 429
const SERVER_FAULT = 500
const NOT_FOUND = 404
const OK = 200
const REDIRECT = 300
/** Of 4xx, the only one that says nothing about the request. */
const TIMED_OUT = /<Code>RequestTimeout<\/Code>/

/**
 * Speaks S3 with one bucket, each request signed (AWS Signature Version 4). What the network or the
 * server failed is tried again, a limited number of times, as is a request that took too long: every
 * request that is made here may be made twice. Redirects are not followed, they would carry the
 * content elsewhere. Errors are ArtifactStoreErrors that hold no secret (Law 17).
 */
export class S3Client {
  readonly #settings: CheckedS3
  readonly #closing = new AbortController()
  #aws: Promise<AwsClient> | null = null

  constructor(settings: CheckedS3) {
    this.#settings = settings
  }

  /** Resolves for 2xx, and for 404 when the request is about an object that is not there. */
  async send(request: S3Request): Promise<S3Answer> {
    const { tries, backoffMs } = this.#settings
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt >= tries
      try {
        const answer = await this.#attempt(request)
        if (isAnswered(answer, request)) return answer
        if (last || !isPassing(answer)) throw s3Refusal(request, answer, this.#settings)
      } catch (error) {
        if (error instanceof ArtifactStoreError) throw error
        this.#assertOpen()
        if (last) throw s3Unreachable(error, this.#settings)
      }
      await this.#pause(backoffMs * 2 ** (attempt - 1) * (1 + Math.random()))
    }
  }

  /** An address that answers a GET of an object without a key, for so long. */
  async presign(
    key: string,
    options: {
      readonly now: number
      readonly seconds: number
      readonly query: Readonly<Record<string, string>>
    },
  ): Promise<string> {
    const { now, seconds, query } = options
    const url = this.#url(key, { ...query, 'X-Amz-Expires': String(seconds) })
    const datetime = new Date(now).toISOString().replaceAll(/[:-]|\.\d{3}/g, '')
    const aws = await this.#signer()
    const signed = await aws.sign(url, { method: 'GET', aws: { signQuery: true, datetime } })
    return signed.url
  }

  /** Ends what is under way. */
  close(): void {
    this.#closing.abort()
  }

  async #attempt(request: S3Request): Promise<S3Answer> {
    const { method, key, query = {}, headers = {}, body } = request
    const aws = await this.#signer()
    const signed = await aws.sign(this.#url(key, query), {
      method,
      headers: { ...headers },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    })
    const timeout = AbortSignal.timeout(this.#settings.timeoutMs)
    const signal = AbortSignal.any([timeout, this.#closing.signal])
    const answer = await fetch(signed, { signal, redirect: 'manual' })
    const { status } = answer
    return { status, headers: answer.headers, body: new Uint8Array(await answer.arrayBuffer()) }
  }

  #url(key: string, query: Readonly<Record<string, string>>): string {
    const { endpoint, bucket } = this.#settings
    const url = new URL(endpoint)
    const root = url.pathname.replace(/\/+$/, '')
    url.pathname = key === '' ? `${root}/${bucket}` : `${root}/${bucket}/${key}`
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    return url.href
  }

  /** Loaded when it is first needed: who stores in a folder pays nothing for it. */
  #signer(): Promise<AwsClient> {
    this.#aws ??= this.#loadSigner()
    return this.#aws
  }

  async #loadSigner(): Promise<AwsClient> {
    const { AwsClient } = await import('aws4fetch')
    const { accessKeyId, secretAccessKey, sessionToken, region } = this.#settings
    return new AwsClient({
      accessKeyId,
      secretAccessKey,
      region,
      service: 's3',
      ...(sessionToken === undefined ? {} : { sessionToken }),
    })
  }

  async #pause(delayMs: number): Promise<void> {
    try {
      await wait(delayMs, undefined, { signal: this.#closing.signal })
    } catch {
      this.#assertOpen()
    }
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) {
      throw new ArtifactStoreError('closed', 'The artifact store is closed')
    }
  }
}

function isAnswered({ status, body }: S3Answer, { key }: S3Request): boolean {
  if (status >= OK && status < REDIRECT) return true
  return status === NOT_FOUND && key !== '' && !Buffer.from(body).includes('NoSuchBucket')
}

function isPassing({ status, body }: S3Answer): boolean {
  return (
    status >= SERVER_FAULT || status === BUSY || TIMED_OUT.test(Buffer.from(body).toString('utf8'))
  )
}
