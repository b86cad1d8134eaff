import type { Json } from '../spec/json.ts'
import type { Decision } from './decision.ts'
import type { HandedArtifact } from './reference.ts'

/*
 * What happens to decisions, slots and artifacts (seed 4).
 */

/** Which layer of its gate refused an artifact (S4.20). */
export type ArtifactRejection = 'placeholder' | 'directive' | 'qa_policy'

/** One thing that is wrong with an artifact, and where. */
export interface ArtifactFinding {
  readonly rule: string
  readonly message: string
  readonly line?: number
  readonly column?: number
  readonly excerpt?: string
}

export type ChainEvent =
  /** A malformed envelope was sent back to its model; once (S4.15). */
  | { readonly type: 'decision.rejected'; readonly call: number; readonly message: string }
  /** The envelope of an answer whose own could not be read. */
  | { readonly type: 'decision.inferred'; readonly call: number; readonly decision: Decision }
  /** So many decisions in a row were under the workflow's threshold (S4.18); telemetry. */
  | {
      readonly type: 'confidence.doubted'
      readonly call: number
      readonly below: number
      readonly series: readonly number[]
    }
  /** What the user answered to slots that were asked for, by a call or ('') by the kernel; nothing is concluded yet. */
  | { readonly type: 'input.answered'; readonly call: string; readonly input: Json }
  /** Slots got a value: from the input, the user's answer, or their default (S4.33). */
  | {
      readonly type: 'slots.filled'
      readonly values: Readonly<Record<string, Json>>
      readonly source: 'input' | 'user' | 'default'
      /** The call that asked. */
      readonly call?: string
      /** What the model is told, where no call asked. */
      readonly message?: string
      /** Set while something is still missing of what the kernel asked for. */
      readonly open?: true
    }
  /** Answers, or values of the input, that do not fit; they are asked for again with the reasons. */
  | {
      readonly type: 'slots.rejected'
      readonly call?: string
      readonly wrong: readonly { readonly slot: string; readonly message: string }[]
    }
  /** The references among a call's arguments were replaced by what they stand for. */
  | {
      readonly type: 'call.resolved'
      readonly call: string
      readonly args: Json
      /** Whose content is put in when the call runs. */
      readonly artifacts?: readonly HandedArtifact[]
    }
  /** The gate in the store refused it; nothing was written (S4.20, S4.24). */
  | {
      readonly type: 'artifact.rejected'
      readonly call: string
      readonly artifact: string
      readonly reason: ArtifactRejection
      readonly findings: readonly ArtifactFinding[]
      /** What the planner is told. */
      readonly message: string
    }
  | {
      readonly type: 'artifact.stored'
      readonly call: string
      readonly artifact: string
      /** From 1, without gaps, in its branch. */
      readonly version: number
      readonly digest: string
      /** Media type. */
      readonly media: string
      readonly chars: number
      readonly bytes: number
      /** False while a verifier has its say. */
      readonly published: boolean
      /** Milliseconds since 1970. */
      readonly expiresAt?: number
    }
  /** A verifier's report, and whether it was enough to publish the version (S4.8). */
  | {
      readonly type: 'artifact.verified'
      readonly call: string
      readonly artifact: string
      readonly version: number
      readonly score: number
      readonly feedback: string
      readonly accepted: boolean
    }
