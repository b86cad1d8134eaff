/**
 * What zod says of a wrong member, in words for the caller: `is missing; expected string`,
 * `expected array, received string`. The place is said by whoever shows it.
 */
export function shapeWords(message: string): string {
  const said = message.replace('Invalid input: ', '').replace('Invalid option: ', '')
  const wanted = said.endsWith(MISSING) ? said.slice(0, -MISSING.length) : null
  return wanted === null ? said : `is missing; ${wanted}`
}

const MISSING = ', received undefined'
