import type { ArtifactVersionRecord } from '../../core/log/record/artifact-record.ts'
import { legalNames } from '../../core/spec/issue.ts'
import { oneLine } from '../display/plain-text.ts'
import { UsageError } from '../usage-error.ts'

/** A version of an artifact, as somebody asks for it. */
export interface WantedVersion {
  readonly name: string
  /** The newest published one when left out; with `unpublished` the newest that stands. */
  readonly version?: number
  /** The sub-run that wrote it; needed only where several did. */
  readonly branch?: string
  readonly unpublished: boolean
}

const NAMED = /^(?:ref:artifact\/)?([^@]+)(?:@(\d{1,9}))?$/

/** Reads a name as people write it: `letter`, `letter@2`, or the reference that a run's calls use. */
export function readArtifactName(text: string): Pick<WantedVersion, 'name' | 'version'> {
  const [, name = text, version] = NAMED.exec(text) ?? []
  return version === undefined ? { name } : { name, version: Number(version) }
}

/**
 * Finds a version among all of a run's. A version that its verifier did not publish, or that a rewind
 * took back, is found only where that is asked for (S4.8). Throws a UsageError that says what there is.
 */
export function findVersion(
  all: readonly ArtifactVersionRecord[],
  wanted: WantedVersion,
): ArtifactVersionRecord {
  const { name, version, unpublished } = wanted
  const named = all.filter(({ artifact }) => artifact === name)
  if (named.length === 0) {
    const names = new Set(all.map(({ artifact }) => artifact))
    const what = names.size === 0 ? 'the run stored none' : legalNames(name, names)
    throw new UsageError(`there is no artifact ${name}; ${what}`)
  }
  const versions = ofOneBranch(named, wanted)
  if (version !== undefined) {
    const exact = versions.find((each) => each.version === version)
    if (exact === undefined) {
      const numbers = versions.map((each) => each.version).join(', ')
      throw new UsageError(`${name} has no version ${version}; it has ${numbers}`)
    }
    if (exact.status === 'published' || unpublished) return exact
    throw withheld(exact)
  }
  const published = versions.findLast(({ status }) => status === 'published')
  const standing = versions.findLast(({ status }) => status !== 'rewound')
  const found = unpublished ? (standing ?? versions.at(-1)) : published
  if (found !== undefined) return found
  throw withheld(standing ?? versions.at(-1))
}

/** The run's own go before those of sub-runs. */
function ofOneBranch(
  named: readonly ArtifactVersionRecord[],
  { name, branch }: WantedVersion,
): readonly ArtifactVersionRecord[] {
  const branches = [...new Set(named.map((each) => each.branch ?? ''))]
  if (branch !== undefined) {
    const within = named.filter((each) => each.branch === branch)
    if (within.length > 0) return within
    const known = branches.filter((each) => each !== '')
    throw new UsageError(`no sub-run ${branch} wrote ${name}; ${legalNames(branch, known)}`)
  }
  const [only, another] = branches
  if (branches.includes('')) return named.filter((each) => each.branch === undefined)
  if (another === undefined) return named.filter((each) => each.branch === only)
  throw new UsageError(`several sub-runs wrote ${name}: ${branches.map(oneLine).join(', ')}`, {
    advice: 'say which with --branch',
  })
}

function withheld(version: ArtifactVersionRecord | undefined): UsageError {
  if (version === undefined) return new UsageError('there is no version of it')
  const { artifact, version: number, status, score } = version
  const why =
    status === 'rewound'
      ? 'was taken back by a rewind'
      : score === undefined
        ? 'is not published: nobody has verified it yet'
        : `is not published: its verifier gave it ${score} of 10`
  return new UsageError(`${artifact} version ${number} ${why}`, {
    advice: 'add --unpublished to take it all the same',
  })
}
