import { messageOf } from '../../core/spec/message-of.ts'
import { ArtifactStoreError } from './artifact-store.ts'
import type { S3Answer, S3Request } from './s3-request.ts'
import type { CheckedS3 } from './s3-settings.ts'

/** What a person can do about S3's own words for a refusal. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['SignatureDoesNotMatch', 'the secret access key is not that of the access key id'],
  ['InvalidAccessKeyId', 'it knows no such access key id'],
  ['AccessDenied', 'this key may not list, read, write or delete there'],
  ['ExpiredToken', 'the temporary credentials have expired'],
  ['InvalidToken', 'the session token is not that of the key'],
  ['NoSuchBucket', 'there is no such bucket'],
  ['RequestTimeTooSkewed', 'the clock of this machine is wrong'],
  ['AuthorizationHeaderMalformed', 'the region is not that of the bucket'],
  ['PermanentRedirect', 'the bucket is in another region, at another endpoint'],
  ['SlowDown', 'it asks for fewer requests'],
])
const CODE = /<Code>([A-Za-z][A-Za-z0-9.]{0,63})<\/Code>/
const CODE_CHARS = 4_000

/**
 * What S3 said to a request that came to nothing: where, its own code, and what may help. Of its answer
 * only the code is shown: the rest may quote the request.
 */
export function s3Refusal(
  { method, key }: S3Request,
  { status, body }: S3Answer,
  settings: CheckedS3,
): ArtifactStoreError {
  const code = CODE.exec(Buffer.from(body.subarray(0, CODE_CHARS)).toString('utf8'))?.[1]
  const advice = ADVICE.get(code ?? '') ?? ADVICE.get(status === 403 ? 'AccessDenied' : '')
  const what = `${method} ${key === '' ? 'of its list' : key}`
  const said = code === undefined ? String(status) : `${status} ${code}`
  const help = advice === undefined ? '' : `: ${advice}`
  const message = `${placeOf(settings)} refused ${what} with ${said}${help}`
  return new ArtifactStoreError('failed', message)
}

/** The network failed each attempt, or S3 took too long. */
export function s3Unreachable(error: unknown, settings: CheckedS3): ArtifactStoreError {
  const { tries } = settings
  const said = innermost(error)
  const message = `${placeOf(settings)} cannot be reached (${tries} tries): ${said}`
  return new ArtifactStoreError('failed', message, { cause: error })
}

/** The bucket as a person knows it. */
export function placeOf({ endpoint, bucket }: CheckedS3): string {
  return `The bucket ${bucket} at ${endpoint.host}`
}

/** `fetch failed` says nothing; what caused it does. */
function innermost(error: unknown): string {
  if (error instanceof Error && error.cause !== undefined) return innermost(error.cause)
  const said = messageOf(error)
  if (said !== '') return said
  return error instanceof Error && 'code' in error ? String(error.code) : 'no reason given'
}
