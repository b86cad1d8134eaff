/** How much the first places count over later ones; the usual constant. */
const FLATNESS = 60

/**
 * Puts rankings of the same things together (reciprocal rank fusion): what is high up in several comes
 * first. Gives each key's score; a key that is in no ranking is not there.
 */
export function fuse<Key>(rankings: readonly (readonly Key[])[]): ReadonlyMap<Key, number> {
  const scores = new Map<Key, number>()
  for (const ranking of rankings) {
    for (const [place, key] of ranking.entries()) {
      scores.set(key, (scores.get(key) ?? 0) + 1 / (FLATNESS + place + 1))
    }
  }
  return scores
}

/** Cosine of two vectors; 0 where they are of different lengths (of another model) or say nothing. */
export function cosine(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return 0
  let dot = 0
  let ofLeft = 0
  let ofRight = 0
  for (let index = 0; index < left.length; index++) {
    const one = left[index] ?? 0
    const other = right[index] ?? 0
    dot += one * other
    ofLeft += one * one
    ofRight += other * other
  }
  return ofLeft === 0 || ofRight === 0 ? 0 : dot / Math.sqrt(ofLeft * ofRight)
}
