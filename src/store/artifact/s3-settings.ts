import { ArtifactStoreError } from './artifact-store.ts'

/** A bucket that speaks the S3 protocol, and who may use it. */
export interface S3Settings {
  /** Like `https://s3.eu-central-1.amazonaws.com`; the bucket follows in the path. */
  readonly endpoint: string
  readonly bucket: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string
  /** Where in the bucket, like `team/lockstep`; its root when left out. */
  readonly prefix?: string
  /** For one attempt of one request, with its body; 60,000. */
  readonly timeoutMs?: number
  /** Attempts in all at a request that the server or the network failed; 4. */
  readonly tries?: number
  /** Before the second attempt, doubled with each further one; 200. */
  readonly backoffMs?: number
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const PREFIX = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/(?!$)|$))*$/
const REGION = /^[a-z0-9-]{1,64}$/

/** Settings as they are used: checked, with nothing left out. */
export interface CheckedS3 extends Required<Omit<S3Settings, 'endpoint' | 'sessionToken'>> {
  readonly endpoint: URL
  readonly sessionToken: string | undefined
}

/** Throws `bad_configuration`, which names the setting and never shows a secret (Law 17). */
export function checkS3(settings: S3Settings): CheckedS3 {
  const { bucket, region, accessKeyId, secretAccessKey, prefix = '' } = settings
  if (!REGION.test(region)) throw wrong('region', 'is no region, like eu-central-1')
  const endpoint = URL.parse(settings.endpoint)
  if (endpoint === null || !/^https?:$/.test(endpoint.protocol)) {
    throw wrong('endpoint', 'is no http or https address')
  }
  if (endpoint.username !== '' || endpoint.password !== '') {
    throw wrong('endpoint', 'holds a user or a password; keys have settings of their own')
  }
  if (endpoint.search !== '' || endpoint.hash !== '') {
    throw wrong('endpoint', 'ends in a query or a fragment')
  }
  if (!BUCKET.test(bucket) || bucket.includes('..')) {
    throw wrong('bucket', 'is no name of a bucket: 3 to 63 small letters, digits, `.` and `-`')
  }
  if (!PREFIX.test(prefix) || prefix.length > 512) {
    throw wrong('prefix', 'is no path of letters, digits, `.`, `_` and `-` between slashes')
  }
  if (accessKeyId === '') throw wrong('accessKeyId', 'is empty')
  if (secretAccessKey === '') throw wrong('secretAccessKey', 'is empty')
  const { sessionToken, timeoutMs = 60_000, tries = 4, backoffMs = 200 } = settings
  return { ...settings, endpoint, prefix, sessionToken, timeoutMs, tries, backoffMs }
}

function wrong(setting: keyof S3Settings, what: string): ArtifactStoreError {
  return new ArtifactStoreError('bad_configuration', `S3: the ${setting} ${what}`)
}
