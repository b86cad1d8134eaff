/*
 * lockstep/artifacts: where the content of artifacts is kept, and the gate that it passes first.
 */
export { gateArtifact } from './store/artifact/gate/artifact-gate.ts'
export type { GatedArtifact, Gated, Rejection } from './store/artifact/gate/artifact-gate.ts'
export { ArtifactStoreError } from './store/artifact/artifact-store.ts'
export type { ArtifactStore, StoredContent } from './store/artifact/artifact-store.ts'
export { fileArtifacts } from './store/artifact/file-artifacts.ts'
export { memoryArtifacts } from './store/artifact/memory-artifacts.ts'
export { openArtifacts } from './store/artifact/open-artifacts.ts'
export { s3Artifacts } from './store/artifact/s3-artifacts.ts'
export { readLink, signLink } from './store/artifact/signed-link.ts'
