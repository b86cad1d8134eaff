import {
  artifactVersions,
  type ArtifactVersionRecord,
} from '../../core/log/record/artifact-record.ts'
import type { Event } from '../../core/log/event.ts'
import { legalNames } from '../../core/spec/issue.ts'
import { ApiError } from '../api-error.ts'

const NAMED = /^([^@]{1,200})(?:@(\d{1,9}))?$/

/** What a request names: `letter`, or `letter@2`; of a sub-run where several wrote it. */
export interface WantedArtifact {
  readonly named: string
  readonly branch?: string
}

/**
 * The version that a request names, the newest published one where it names none. Only what was
 * published goes out (S4.8); everything else is an ApiError 404 that says what there is.
 */
export function findVersion(
  events: readonly Event[],
  { named, branch }: WantedArtifact,
): ArtifactVersionRecord {
  const [, name = named, version] = NAMED.exec(named) ?? []
  const all = artifactVersions(events).filter(({ status }) => status === 'published')
  const ofName = all.filter(({ artifact }) => artifact === name)
  if (ofName.length === 0) {
    const names = new Set(all.map(({ artifact }) => artifact))
    const hint = names.size === 0 ? 'the run has published none' : legalNames(name, names)
    throw notFound(`there is no published artifact ${JSON.stringify(name.slice(0, 100))}; ${hint}`)
  }
  const within = ofOneBranch(ofName, branch)
  const wanted =
    version === undefined ? within.at(-1) : within.find((each) => each.version === Number(version))
  if (wanted !== undefined) return wanted
  const numbers = within.map((each) => each.version).join(', ')
  throw notFound(`${name} has no published version ${version ?? ''}; it has ${numbers}`)
}

/** The run's own go before those of sub-runs. */
function ofOneBranch(
  versions: readonly ArtifactVersionRecord[],
  branch: string | undefined,
): readonly ArtifactVersionRecord[] {
  const branches = [...new Set(versions.map((each) => each.branch ?? ''))]
  const [only = ''] = branches
  const wanted = branch ?? (branches.includes('') || branches.length > 1 ? '' : only)
  const within = versions.filter((each) => (each.branch ?? '') === wanted)
  if (within.length > 0) return within
  const hint = `sub-runs that did: ${branches.filter((each) => each !== '').join(', ')}`
  throw notFound(`no such version in ${wanted === '' ? 'the run itself' : 'this sub-run'}; ${hint}`)
}

function notFound(message: string): ApiError {
  return new ApiError('not_found_error', message.slice(0, 500), { code: 'unknown_artifact' })
}
