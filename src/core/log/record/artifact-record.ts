import { artifactRef } from '../artifact.ts'
import type { Event, EventOf } from '../event.ts'

/** A published version, as the run record lists it (S4.8). */
export interface ArtifactRecord {
  readonly artifact: string
  readonly version: number
  readonly ref: string
  readonly digest: string
  /** Media type. */
  readonly type: string
  readonly chars: number
  /** The verifier's, where there is one. */
  readonly score?: number
  readonly call: string
  /** Milliseconds since 1970. */
  readonly expires_at?: number
  readonly branch?: string
}

/** A version that was stored, whatever became of it. */
export interface ArtifactVersionRecord extends ArtifactRecord {
  /** Where a verifier has not had its say, or was not content, a version is `unpublished`. */
  readonly status: 'published' | 'unpublished' | 'rewound'
}

/** Reads the published versions of a log, in the order in which they were stored; what a rewind took back is not among them. */
export function artifactRecords(events: readonly Event[]): readonly ArtifactRecord[] {
  return artifactVersions(events)
    .filter(({ status }) => status === 'published')
    .map((version) => {
      const { status: _, ...record } = version
      return record
    })
}

/** Reads all versions of a log, in the order in which they were stored, and how each stands. */
export function artifactVersions(events: readonly Event[]): readonly ArtifactVersionRecord[] {
  const stored: Noted[] = []
  const change = (index: number, to: Partial<Noted>): void => {
    const found = stored[index]
    if (found !== undefined) stored[index] = { ...found, ...to }
  }
  for (const event of events) {
    if (event.type === 'artifact.stored') {
      const status = event.published ? 'published' : 'unpublished'
      stored.push({ ...toRecord(event), status, seq: event.seq, reportSeq: 0 })
    }
    if (event.type === 'artifact.verified') {
      const index = stored.findLastIndex((each) => isSame(each, event))
      const { score, seq: reportSeq } = event
      const accepted = event.accepted ? { status: 'published' as const } : {}
      change(index, { score, reportSeq, ...accepted })
    }
    if (event.type === 'run.rewound') {
      for (const [index, version] of stored.entries()) {
        if (version.branch !== event.branch) continue
        if (version.seq > event.position) change(index, { status: 'rewound' })
        else if (version.reportSeq > event.position) stored[index] = unreported(version)
      }
    }
  }
  return stored.map((version) => {
    const { seq: _, reportSeq: __, ...record } = version
    return record
  })
}

type Noted = ArtifactVersionRecord & {
  readonly seq: number
  /** Of the verifier's report; 0 without one. */
  readonly reportSeq: number
}

function unreported(version: Noted): Noted {
  const { score: _, ...rest } = version
  return { ...rest, status: 'unpublished', reportSeq: 0 }
}

function isSame(
  record: ArtifactRecord,
  { artifact, version, branch }: EventOf<'artifact.verified'>,
): boolean {
  return record.artifact === artifact && record.version === version && record.branch === branch
}

function toRecord(event: EventOf<'artifact.stored'>): ArtifactRecord {
  const { artifact, version, digest, media, chars, call, expiresAt, branch } = event
  return {
    artifact,
    version,
    ref: artifactRef(artifact, version),
    digest,
    type: media,
    chars,
    call,
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    ...(branch === undefined ? {} : { branch }),
  }
}
