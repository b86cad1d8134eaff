import { MAX_NOTES } from '../../core/spec/memory-spec.ts'
import type { Embed } from './memory-bank.ts'
import { cosine, fuse } from './fuse.ts'

/*
 * Notes by what they mean: vectors beside words, where an embedding model is configured. It only adds:
 * where it does not answer, words alone decide.
 */

/** How many notes are compared by meaning, the newest first. */
export const MAX_COMPARED = 10_000
/** Of unrelated texts most models still say a little more than nothing. */
const LEAST_LIKE = 0.25

/** Vectors of texts in order, or null where there are none. */
export async function vectorsOf(
  embed: Embed | undefined,
  texts: readonly string[],
): Promise<readonly Float32Array[] | null> {
  if (embed === undefined || texts.length === 0) return null
  try {
    const vectors = await embed(texts)
    return vectors.length === texts.length
      ? vectors.map((vector) => Float32Array.from(vector))
      : null
  } catch {
    return null
  }
}

/** The keys whose vectors are most like the wanted one, best first. */
export function rankByMeaning<Key>(
  wanted: Float32Array,
  known: Iterable<readonly [Key, Float32Array]>,
): readonly Key[] {
  const likes = [...known].map(([key, vector]) => ({ key, like: cosine(wanted, vector) }))
  return likes
    .filter(({ like }) => like >= LEAST_LIKE)
    .toSorted((left, right) => right.like - left.like)
    .slice(0, MAX_NOTES)
    .map(({ key }) => key)
}

interface Scored {
  readonly score: number
  readonly at: number
}

/** Orders notes that words found and those that meaning found; each gets what its places are worth. */
export function together<Note extends Scored>(
  rankings: readonly (readonly string[])[],
  notes: ReadonlyMap<string, Note>,
): readonly Note[] {
  return [...fuse(rankings)]
    .flatMap(([id, score]) => {
      const note = notes.get(id)
      return note === undefined ? [] : [{ ...note, score }]
    })
    .toSorted(bestFirst)
}

/** Best first; of two alike the newer. */
export function bestFirst(left: Scored, right: Scored): number {
  return right.score - left.score || right.at - left.at
}
