import { compactText, refanged, tidyText } from '../../log/plain-text.ts'

/*
 * Links, mail addresses and account numbers: the words of a text that lead somewhere.
 */

const WORD = /[\p{L}\p{N}][^\s"'<>()[\]{},;|]*[\p{L}\p{N}/]/gu
const HOST = String.raw`(?:[\p{L}\p{N}_-]+\.)+\p{L}{2,}`
const IN_WORD = new RegExp(`@|://|${HOST}`, 'u')
const FOUR_NUMBERS = /^\d+\.\d+\.\d+\.\d+/
const LINK = new RegExp(
  String.raw`^(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^\s/?#]*@)?(${HOST}|\d+\.\d+\.\d+\.\d+)(?::\d+)?(?:[/?#].*)?$`,
  'iu',
)
const MAIL = /^[^\s/:@]+@[^\s/:@]+$/
/** What a text has in which an address may be written so as not to look like one. */
const HIDDEN = /[^\p{ASCII}]|\bdot\b|[[({<]\s*(?:[.@]|at\b)/iu
const MAX_ADDRESSES = 100
/** Looking for a host in a word takes longer than the word is long. */
const MAX_TESTED = 500

/**
 * The addresses inside a longer text, as written and as a person would read them (`x[.]com`); a
 * decimal number, a date or a time of day is none.
 */
export function addressesIn(text: string): readonly string[] {
  const hidden = HIDDEN.test(text) ? wordsIn(refanged(tidyText(text))) : []
  const words = /\s/.test(text.trim()) ? wordsIn(text) : []
  return [...new Set([...words, ...hidden])]
}

function wordsIn(text: string): readonly string[] {
  return [...text.matchAll(WORD)]
    .map(([word]) => word)
    .filter((word) => isAddress(word.slice(0, MAX_TESTED)))
    .slice(0, MAX_ADDRESSES)
}

function isAddress(word: string): boolean {
  return IN_WORD.test(word) || FOUR_NUMBERS.test(word) || isNumbered(word)
}

/** True for what looks like the number of an account, an order, a phone. */
function isNumbered(word: string): boolean {
  const compact = compactText(word)
  return compact.length >= 8 && compact.replace(/\P{N}/gu, '').length >= 4
}

/**
 * The ways to write the site that a link leads to, the shortest first; none for what is no link. Of a
 * mail address there is none either: many people share its domain.
 */
export function sitesOf(link: string): readonly string[] {
  const address = link.trim()
  if (MAIL.test(address)) return []
  const host = LINK.exec(address)?.[1]?.toLowerCase()
  if (host === undefined) return []
  const bare = host.replace(/^www\./, '')
  return [bare, `www.${bare}`]
}
