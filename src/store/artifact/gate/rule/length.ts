/*
 * How long a text is. Padding is no length: white space around a text and characters that nobody sees
 * do not bring it over a minimum.
 */

const UNSEEN =
  /[\u00AD\u115F\u1160\u180E\u200B\u2060-\u2064\u2800\u3164\uFEFF\uFFA0\u{E0000}-\u{E001F}]+/gu
/** Of characters that join or change others, one beside each is right; a run of them is padding. */
const JOINING = /(?<=JOIN)(?:JOIN)+|(?<=[\u{E0020}-\u{E007F}]{6})[\u{E0020}-\u{E007F}]+/u
const JOIN = '\\u034F|[\\u200C-\\u200F]|[\\uFE00-\\uFE0F]|[\\u{E0100}-\\u{E01EF}]'
const RUNS = new RegExp(JOINING.source.replaceAll('JOIN', `(?:${JOIN})`), 'gu')
const GAPS = /(?<=\s{40})\s+/gu
const PAIR = /[\u{10000}-\u{10FFFF}]/gu

/** Unicode code points of a text. */
export function codePoints(text: string): number {
  let pairs = 0
  for (const _ of text.matchAll(PAIR)) pairs += 1
  return text.length - pairs
}

/** Characters that a minimum counts: code points of the trimmed text, without invisible padding. */
export function seenChars(text: string): number {
  return codePoints(
    trimmedText(text).replaceAll(UNSEEN, '').replaceAll(RUNS, '').replaceAll(GAPS, ''),
  )
}

/** Characters that a maximum counts: code points of the trimmed text. */
export function wholeChars(text: string): number {
  return codePoints(trimmedText(text))
}

function trimmedText(text: string): string {
  let end = text.length
  while (end > 0 && EDGE.test(text[end - 1] ?? '')) end -= 1
  let start = 0
  while (start < end && EDGE.test(text[start] ?? '')) start += 1
  return text.slice(start, end)
}

const EDGE = /[\s\p{Default_Ignorable_Code_Point}\u2800]/u
