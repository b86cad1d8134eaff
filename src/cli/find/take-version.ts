import {
  artifactVersions,
  type ArtifactVersionRecord,
} from '../../core/log/record/artifact-record.ts'
import type { ArtifactStore } from '../../store/artifact/artifact-store.ts'
import { findVersion, type WantedVersion } from './find-artifact.ts'
import { findRun } from './find-run.ts'
import { homeArtifacts, withStore } from '../home/home.ts'
import { readLog } from './read-log.ts'
import { UsageError } from '../usage-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface FoundVersion {
  readonly run: string
  readonly version: ArtifactVersionRecord
}

/** A version with its content, checked against its digest. Throws a UsageError for what is not there. */
export async function takeVersion(
  env: Environment,
  asked: { readonly run: string; readonly wanted: WantedVersion },
): Promise<FoundVersion & { readonly content: string }> {
  const found = await findInRun(env, asked)
  const { version } = found
  const content = await withArtifacts(env, (store) =>
    store.read(version.digest, { now: Date.now() }),
  )
  if (content === null) throw gone(version)
  return { ...found, content }
}

/** The run, and the version as its log has it: nothing is read of the content. */
export function findInRun(
  env: Environment,
  { run: given, wanted }: { readonly run: string; readonly wanted: WantedVersion },
): Promise<FoundVersion> {
  return withStore(env, async (store) => {
    const { run } = await findRun(store, given)
    return { run, version: findVersion(artifactVersions(await readLog(store, run)), wanted) }
  })
}

/** Opens the store of artifacts for as long as `work` lasts. */
export async function withArtifacts<Result>(
  env: Environment,
  work: (store: ArtifactStore) => Promise<Result>,
): Promise<Result> {
  const store = await homeArtifacts(env)()
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** Says why the content of a version is not there any more. */
export function gone({
  artifact,
  version,
  expires_at: expires,
}: ArtifactVersionRecord): UsageError {
  const name = `${artifact} version ${version}`
  if (expires !== undefined && expires <= Date.now()) {
    return new UsageError(`${name} was kept until ${new Date(expires).toISOString()}`)
  }
  return new UsageError(`${name} is not in the store of artifacts`, {
    advice:
      '`lockstep doctor` says where artifacts are looked for; LOCKSTEP_ARTIFACTS and LOCKSTEP_HOME must be those of the run',
  })
}
