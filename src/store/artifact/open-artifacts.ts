import { join } from 'node:path'
import type { ArtifactLimits } from './artifact-limits.ts'
import { ArtifactStoreError, type ArtifactStore } from './artifact-store.ts'
import { fileArtifacts } from './file-artifacts.ts'
import { s3Artifacts } from './s3-artifacts.ts'

type Environment = Readonly<Record<string, string | undefined>>

const WHERE = 'LOCKSTEP_ARTIFACTS'
const ENDPOINT = 'LOCKSTEP_S3_ENDPOINT'
const SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i
const BUCKET = /^s3:\/\/([^/?#]+)(?:\/([^?#]*))?$/i

/**
 * Opens the artifact store that the environment configures: `LOCKSTEP_ARTIFACTS` is a folder, or
 * `s3://BUCKET/PREFIX` with AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where they
 * apply, AWS_SESSION_TOKEN and LOCKSTEP_S3_ENDPOINT (AWS's own of the region when left out). Unset, it
 * is the folder `artifacts` in `home`. Touches neither disk nor network. Throws
 * `bad_configuration`, which names the variable.
 */
export function openArtifacts(
  environment: Environment,
  home: string,
  limits?: ArtifactLimits,
): ArtifactStore {
  const where = environment[WHERE] ?? ''
  if (where === '') return fileArtifacts(join(home, 'artifacts'), limits)
  if (!SCHEME.test(where)) return fileArtifacts(where, limits)
  const [, bucket, prefix = ''] = BUCKET.exec(where) ?? []
  if (bucket === undefined) {
    const shown = JSON.stringify(where.replace(/\/\/[^/@]*@/, '//…@').slice(0, 120))
    throw wrong(`${WHERE} is ${shown}; legal are a folder and s3://BUCKET/PREFIX`)
  }
  return openBucket(environment, { bucket, prefix: prefix.replace(/\/+$/, ''), limits })
}

interface Bucket {
  readonly bucket: string
  readonly prefix: string
  readonly limits: ArtifactLimits | undefined
}

function openBucket(environment: Environment, { bucket, prefix, limits }: Bucket): ArtifactStore {
  const region = required(environment, 'AWS_REGION')
  const accessKeyId = required(environment, 'AWS_ACCESS_KEY_ID')
  const secretAccessKey = required(environment, 'AWS_SECRET_ACCESS_KEY')
  const sessionToken = environment['AWS_SESSION_TOKEN'] ?? ''
  const endpoint = environment[ENDPOINT] ?? ''
  const settings = {
    bucket,
    prefix,
    region,
    accessKeyId,
    secretAccessKey,
    endpoint: endpoint === '' ? `https://s3.${region}.amazonaws.com` : endpoint,
    ...(sessionToken === '' ? {} : { sessionToken }),
  }
  try {
    return s3Artifacts(settings, limits)
  } catch (error) {
    if (!(error instanceof ArtifactStoreError) || error.code !== 'bad_configuration') throw error
    throw wrong(`${error.message} (${WHERE}, ${ENDPOINT}, AWS_REGION)`, error)
  }
}

function required(environment: Environment, variable: string): string {
  const value = environment[variable] ?? ''
  if (value !== '') return value
  throw wrong(`${variable} is not set; ${WHERE} names a bucket, and S3 needs it`)
}

function wrong(message: string, cause?: unknown): ArtifactStoreError {
  return new ArtifactStoreError('bad_configuration', message, cause === undefined ? {} : { cause })
}
