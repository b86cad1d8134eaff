import type { Issue } from '../../core/spec/issue.ts'
import type { JsonObject } from '../../core/spec/json.ts'
import type { Origins, Surroundings } from '../canonical.ts'
import type { Agent } from './vectara-schema.ts'

/** An agent while it is read. */
export interface Reading {
  readonly agent: Agent
  readonly around: Surroundings
  readonly origins: Origins
  readonly issues: Issue[]
  /** What the document says in the words of a canonical workflow. */
  readonly extra: JsonObject
}
