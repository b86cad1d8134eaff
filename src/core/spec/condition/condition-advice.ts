import { nearestName } from '../issue.ts'

/*
 * What a message of the parser of conditions suggests where the nearest spelling would not do.
 */

/** Names that other languages have for what a function here is called. */
const CALLED_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['len', 'length'],
  ['strlen', 'length'],
  ['size', 'count'],
  ['includes', 'contains'],
  ['has', 'contains'],
  ['average', 'sum(list) / count(list)'],
  ['avg', 'sum(list) / count(list)'],
  ['filter', 'where'],
  ['exists', "get('$.path') != null"],
  ['tolower', 'lower'],
  ['toupper', 'upper'],
  ['pow', 'power'],
  ['int', 'number'],
  ['float', 'number'],
  ['str', 'text'],
  ['string', 'text'],
  ['startswith', 'starts_with'],
  ['endswith', 'ends_with'],
  ['forall', 'every'],
  ['now', "get('$.now')"],
])

/** Says that there is no such function: what was likely meant first, then all that there are. */
export function unknownFunction(name: string, legal: Iterable<string>): string {
  const names = [...legal].toSorted()
  const meant = CALLED_ELSEWHERE.get(name.toLowerCase()) ?? nearestName(name, names)
  const first = meant === undefined ? 'legal: ' : `did you mean ${meant}? Legal: `
  return `unknown function ${name}: ${first}${names.join(', ')}`
}

/** Of a path that is none because its filter names what a binder bound: what to write instead. */
export function boundInFilter(path: string, bound: readonly string[]): string | null {
  const opens = path.indexOf('[?')
  if (opens < 0) return null
  const filter = path.slice(opens + 2)
  const texts = /'[^']*'|"[^"]*"/g
  const name = bound.find((each) =>
    new RegExp(`(?<![\\w.@$])${each}\\b`).test(filter.replaceAll(texts, '')),
  )
  if (name === undefined) return null
  const list = path.slice(0, opens)
  return `a path cannot read ${name}, which is bound outside it: filter with where(item in get('${list}'), …), whose condition may read both item and ${name}`
}
