/** Where in a document something is: member names and list positions from its root. */
export type IssuePath = readonly (string | number)[]

/** Something wrong (or, as a warning, doubtful) in what an author wrote. */
export interface Issue {
  readonly severity: 'error' | 'warning'
  readonly path: IssuePath
  /** What is wrong and what would be legal, in one sentence. */
  readonly message: string
}

/** Makes an error at a path. */
export function errorAt(path: IssuePath, message: string): Issue {
  return { severity: 'error', path, message }
}

/** Makes a warning at a path. */
export function warningAt(path: IssuePath, message: string): Issue {
  return { severity: 'warning', path, message }
}

/** Writes a path as people read it: `steps.refund.next[0].to`. */
export function pathText(path: IssuePath): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`,
    )
    .join('')
}

/** Lists what would be legal, with the nearest name first when one is near: ` (did you mean x?)`. */
export function legalNames(given: string, legal: Iterable<string>): string {
  const names = [...legal].toSorted()
  if (names.length === 0) return 'there are none'
  const near = names.find((name) => editDistance(given.toLowerCase(), name.toLowerCase()) <= 2)
  const shown = names.length > 24 ? `${names.slice(0, 24).join(', ')}, …` : names.join(', ')
  return near === undefined ? `legal: ${shown}` : `did you mean ${near}? Legal: ${shown}`
}

function editDistance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > 2) return 3
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const substitution = left[row - 1] === right[column - 1] ? 0 : 1
      current.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + substitution,
        ),
      )
    }
    previous = current
  }
  return previous[right.length] ?? 3
}
