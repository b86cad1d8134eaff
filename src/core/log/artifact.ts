import type { VerificationReport } from './decision.ts'

/** One stored version of an artifact; its content is in the artifact store, by its digest. */
export interface ArtifactVersion {
  readonly version: number
  readonly digest: string
  /** Media type. */
  readonly media: string
  readonly chars: number
  readonly bytes: number
  readonly call: string
  readonly published: boolean
  readonly report: VerificationReport | null
  /** The event with the report. */
  readonly reportSeq: number | null
  readonly expiresAt: number | null
  readonly seq: number
}

/** What a branch has of an artifact. */
export interface ArtifactState {
  /** How many versions were ever stored: a rewind gives none of the numbers back. */
  readonly count: number
  /** Those that stand, in order. */
  readonly versions: readonly ArtifactVersion[]
  /** Versions in a row that the verifier did not accept. */
  readonly unaccepted: number
  /** What was wrong with the last try, for whoever writes the next one. */
  readonly critique: string | null
}

/** The newest published version. */
export function publishedVersion(artifact: ArtifactState | undefined): ArtifactVersion | null {
  return artifact?.versions.findLast(({ published }) => published) ?? null
}

/** Names a version of an artifact, as arguments and results do. */
export function artifactRef(artifact: string, version: number): string {
  return `ref:artifact/${artifact}@${version}`
}
