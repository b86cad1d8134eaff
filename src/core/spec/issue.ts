/** Where in a document something is: member names and list positions from its root. */
export type IssuePath = readonly (string | number)[]

/** The path of a validator's issue: no document has symbols, but a validator's type allows them. */
export function toIssuePath(path: readonly PropertyKey[]): IssuePath {
  return path.map((part) => (typeof part === 'symbol' ? '?' : part))
}

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

const MAX_ISSUES = 100

/** The first hundred issues, and how many more there are: a person mends from the top. */
export function firstIssues(issues: readonly Issue[]): readonly Issue[] {
  if (issues.length <= MAX_ISSUES) return issues
  const more = `and ${issues.length - MAX_ISSUES} more; mend these first`
  return [...issues.slice(0, MAX_ISSUES), errorAt([], more)]
}

/** Writes a path as people read it: `steps.refund.next[0].to`. */
export function pathText(path: IssuePath): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`,
    )
    .join('')
}

const SHOWN = 60

/** Quotes an author's text with the place (0-based) of what is wrong in it, on one line, cut around that place. */
export function textPlace(text: string, at: number): string {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  const character = at - before.lastIndexOf('\n')
  const where = line === 1 ? `character ${character}` : `line ${line}, character ${character}`
  const from = text.length <= 2 * SHOWN ? 0 : Math.max(0, at - SHOWN)
  const to = text.length <= 2 * SHOWN ? text.length : at + SHOWN
  const shown = text.slice(from, to).replaceAll(/\s+/g, ' ').trim()
  return `${where} of \`${from > 0 ? '…' : ''}${shown}${to < text.length ? '…' : ''}\``
}

// Beyond this no person reads the list, and comparing each with each would take minutes.
const MAX_NAMES = 500

/** Lists what would be legal (of the first 500 names), with the nearest first when one is near. */
export function legalNames(given: string, legal: Iterable<string>): string {
  const first = new Set<string>()
  for (const name of legal) if (first.add(name).size >= MAX_NAMES) break
  const names = [...first].toSorted()
  if (names.length === 0) return 'there are none'
  const near = nearestName(given, names)
  const shown = names.length > 24 ? `${names.slice(0, 24).join(', ')}, …` : names.join(', ')
  return near === undefined ? `legal: ${shown}` : `did you mean ${near}? Legal: ${shown}`
}

/**
 * The legal name that the given one is a slip of: at most two letters off (one in a name of two or
 * three letters, none in one letter), case, `-` and `_` apart. The nearest wins, then the first.
 */
export function nearestName(given: string, legal: Iterable<string>): string | undefined {
  const wanted = plain(given)
  const allowed = wanted.length < 2 ? 0 : wanted.length < 4 ? 1 : 2
  let nearest: { readonly name: string; readonly distance: number } | undefined
  for (const name of legal) {
    const distance = editDistance(wanted, plain(name))
    if (distance <= allowed && distance < (nearest?.distance ?? 3)) nearest = { name, distance }
  }
  return nearest?.name
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '')
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
