import type { IssuePath } from '../../core/spec/issue.ts'
import type { JsonObject } from '../../core/spec/json.ts'
import type { Place } from '../../dialect/document.ts'
import type { Script } from '../../mind/script.ts'
import type { WrittenCriteria, WrittenTurn } from './written-case.ts'

/** Who answers a case's model calls, as its file says. */
export type Answers =
  | { readonly kind: 'script'; readonly script: Script; readonly from: string }
  | { readonly kind: 'model'; readonly model: string }
  | { readonly kind: 'nobody' }

/** One case of an eval file, with everything that it names read in. */
export interface EvalCase {
  readonly name: string
  readonly about: string
  /** The eval file, as a full path. */
  readonly file: string
  /** Its workflow's file, as a full path. */
  readonly workflow: string
  readonly input: JsonObject
  readonly session: JsonObject
  readonly states: readonly { readonly kind: string; readonly facts: JsonObject }[]
  readonly answers: Answers
  readonly pinned: boolean
  readonly turns: readonly WrittenTurn[]
  readonly criteria: WrittenCriteria & { readonly soft?: WrittenCriteria }
  /** Where a part of the case is written. */
  readonly locate: (path: IssuePath) => Place
}
