import type { ArtifactDraft, BranchDraft, Site } from './draft.ts'
import { emptyRecord } from './new-draft.ts'
import { artifactRef, publishedVersion, type ArtifactVersion } from '../artifact.ts'
import type { EventOf } from '../event.ts'
import { callOf, note, settle } from './batch-call.ts'

/*
 * What a branch has of its artifacts. The log says which versions there are and which of them are
 * published; their content is elsewhere, by digest.
 */

function artifactOf(branch: BranchDraft, name: string): ArtifactDraft {
  const known = branch.artifacts.get(name)
  if (known !== undefined) return known
  const made: ArtifactDraft = { count: 0, versions: [], unaccepted: 0, critique: null }
  branch.artifacts.set(name, made)
  return made
}

/** Nothing was written; the planner is told why (S4.24). */
export function foldArtifactRejected(site: Site, event: EventOf<'artifact.rejected'>): void {
  const { draft, branch } = site
  const { artifact, reason, message, seq } = event
  draft.rejections++
  artifactOf(branch, artifact).critique = message
  const call = callOf(branch, event.call)
  note(branch, call, { seq, gate: reason, outcome: 'refused', reason: message })
  settle(site, call, { code: reason, message, category: 'validation', executed: false })
}

export function foldArtifactStored({ branch }: Site, event: EventOf<'artifact.stored'>): void {
  const { artifact, version, digest, media, chars, bytes, published, seq } = event
  const known = artifactOf(branch, artifact)
  const stored = { version, digest, media, chars, bytes, published, seq }
  known.count = version
  known.versions.push({
    ...stored,
    call: event.call,
    report: null,
    reportSeq: null,
    expiresAt: event.expiresAt ?? null,
  })
  if (published) Object.assign(known, { unaccepted: 0, critique: null })
  callOf(branch, event.call).stored = { artifact, version }
  if (published) publish(branch, artifact)
}

/** At or above the threshold a version is published; else its critique is for the next try (S4.8). */
export function foldArtifactVerified({ branch }: Site, event: EventOf<'artifact.verified'>): void {
  const { artifact, version, score, feedback, accepted, seq: reportSeq } = event
  const known = artifactOf(branch, artifact)
  const index = known.versions.findLastIndex((each) => each.version === version)
  const verified = known.versions[index]
  if (verified === undefined) throw new RangeError(`there is no version ${version} of ${artifact}`)
  const published = verified.published || accepted
  known.versions[index] = { ...verified, published, report: { score, feedback }, reportSeq }
  known.unaccepted = accepted ? 0 : known.unaccepted + 1
  known.critique = accepted ? null : feedback
  if (accepted) publish(branch, artifact)
}

function unreported(version: ArtifactVersion): ArtifactVersion {
  return { ...version, published: false, report: null, reportSeq: null }
}

/** What conditions read of it. */
function publish(branch: BranchDraft, name: string): void {
  const newest = publishedVersion(branch.artifacts.get(name))
  if (newest === null) {
    delete branch.published[name]
    return
  }
  const { version, digest, media, chars } = newest
  branch.published[name] = { ref: artifactRef(name, version), version, digest, media, chars }
}

/**
 * Versions stored since a checkpoint do not stand any more, and their numbers are not used again; nor
 * do reports since then, and what was published by them.
 */
export function keepArtifacts(branch: BranchDraft, seq: number): void {
  branch.published = emptyRecord()
  for (const [name, artifact] of branch.artifacts) {
    artifact.versions = artifact.versions
      .filter((version) => version.seq <= seq)
      .map((version) => ((version.reportSeq ?? 0) <= seq ? version : unreported(version)))
    Object.assign(artifact, { unaccepted: 0, critique: null })
    publish(branch, name)
  }
}
