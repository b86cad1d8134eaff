import { artifactRef } from './artifact.ts'
import type { Event, EventOf } from './event.ts'

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

/** Reads the published versions of a log, in the order in which they were stored; what a rewind took back is not among them. */
export function artifactRecords(events: readonly Event[]): readonly ArtifactRecord[] {
  const stored: (ArtifactRecord & { readonly seq: number })[] = []
  const published = new Set<number>()
  for (const event of events) {
    if (event.type === 'artifact.stored') {
      stored.push({ ...toRecord(event), seq: event.seq })
      if (event.published) published.add(event.seq)
    }
    if (event.type === 'artifact.verified') {
      const index = stored.findLastIndex((each) => isSame(each, event))
      const found = stored[index]
      if (found === undefined) continue
      stored[index] = { ...found, score: event.score }
      if (event.accepted) published.add(found.seq)
    }
    if (event.type === 'run.rewound') {
      for (const { seq, branch } of stored) {
        if (seq > event.position && branch === event.branch) published.delete(seq)
      }
    }
  }
  return stored.filter(({ seq }) => published.has(seq)).map(({ seq: _, ...record }) => record)
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
