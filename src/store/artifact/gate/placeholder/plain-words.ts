/** Words as lists hold them: folded text in lower case, without punctuation, `snake_case` and `camelCase` taken apart. */
export function plainWords(text: string): string {
  const apart = /\s/u.test(text.trim()) ? text : text.replaceAll(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ')
  return apart
    .toLowerCase()
    .replaceAll(/['’`´]|[\u0300-\u036F]/gu, '')
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()
}
