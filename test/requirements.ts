/*
 * What is promised and where it is proved, as data. Ids are those of the mission's list (S0 to S4, one
 * for each source) and the laws of DESIGN §4; only what has a real proof is here.
 */

import { CLIENT } from './proofs/client.ts'
import { EXAMPLES } from './proofs/examples.ts'
import { KERNEL } from './proofs/kernel.ts'
import { OUTSIDE } from './proofs/outside.ts'
import type { Proofs } from './proofs/proofs.ts'
import { RESPONSES } from './proofs/responses.ts'
import { WHOLE } from './proofs/whole.ts'

/** A promised behaviour, and the title of a test (or of a case in a YAML file) that proves it. */
interface Requirement {
  readonly id: string
  readonly sentence: string
  /** `file` is a path from the checkout. */
  readonly proof: { readonly file: string; readonly test: string }
}

const PROVED: readonly Proofs[] = [KERNEL, CLIENT, OUTSIDE, RESPONSES, WHOLE, EXAMPLES]

/** Every promise that has a proof; requirements.test.ts fails when the proof is gone. */
export const REQUIREMENTS: readonly Requirement[] = PROVED.flatMap((proofs) =>
  Object.entries(proofs),
).flatMap(([file, tests]) =>
  Object.entries(tests).flatMap(([test, promises]) =>
    Object.entries(promises).map(([id, sentence]) => ({ id, sentence, proof: { file, test } })),
  ),
)
