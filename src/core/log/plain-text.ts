/*
 * Texts as origins are compared by: what a person or a tool wrote in one way and a call in another
 * should be found equal, and what only looks like it should not (issue 3, taint).
 */

/** Zero-width, joining, bidirectional and other invisible characters. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
/** The invisible copies of ASCII by which text is smuggled past people. */
const TAGS = /[\u{e0020}-\u{e007e}]/gu
const SPACE = /\s+/gu
const NOT_ALPHANUMERIC = /[^\p{L}\p{N}\n]+/gu

/** What somebody wrote, tidied: one unicode form, lower case, single spaces, nothing invisible. */
export function tidyText(text: string): string {
  return text.replace(INVISIBLE, '').normalize('NFKC').toLowerCase().replace(SPACE, ' ').trim()
}

/**
 * What a call says, taken nearly as it is: only case and white space are tidied, so that a look-alike
 * or an invisible character makes it another value than the one that the user wrote.
 */
export function takenText(text: string): string {
  return text.normalize('NFC').toLowerCase().replace(SPACE, ' ').trim()
}

/** Letters of other scripts, and digits, that look like a Latin letter. */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: 'аαɑ',
    b: 'ьвβƅ',
    c: 'сϲᴄ',
    d: 'ԁɗ',
    e: 'еєεҽ',
    g: 'ɡց',
    h: 'һнհ',
    i: 'іıιɩ',
    j: 'јϳ',
    k: 'кκ',
    l: 'ӏⅼǀ1|',
    m: 'мⅿ',
    n: 'пηռ',
    o: 'оοσօ0',
    p: 'рρ',
    q: 'ԛգ',
    r: 'гᴦ',
    s: 'ѕꜱ',
    t: 'тτ',
    u: 'υսᴜ',
    v: 'νѵ',
    w: 'ԝωѡ',
    x: 'хχ',
    y: 'уγү',
    z: 'ᴢ',
  }).flatMap(([letter, others]) =>
    Array.from(others, (other): [string, string] => [other, letter]),
  ),
)
const LOOKING_ALIKE = new RegExp(`[${[...LOOK_ALIKES.keys()].join('')}]`, 'gu')
const MARKS = /\p{M}+/gu
/** Capitals whose small letters look like another Latin letter. */
const CAPITALS: ReadonlyMap<string, string> = new Map([
  ['Η', 'h'],
  ['Ν', 'n'],
  ['Υ', 'y'],
])

/** How a text looks: tidied, without accents, look-alikes folded into one letter, smuggled text shown. */
export function lookOf(text: string): string {
  const shown = text
    .replace(TAGS, (tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000))
    .replace(/[ΗΝΥ]/g, (letter) => CAPITALS.get(letter) ?? letter)
  return tidyText(shown)
    .normalize('NFD')
    .replace(MARKS, '')
    .replace(LOOKING_ALIKE, (letter) => LOOK_ALIKES.get(letter) ?? letter)
}

const HIDDEN = /\bdot\b|[[({<]\s?(?:[.@]|at\b)/iu
const DOTS = / ?[[({<] ?(?:\.|dot) ?[\])}>] ?|(?<=[\p{L}\p{N}]) dot (?=[\p{L}\p{N}])/giu
const ATS = / ?[[({<] ?(?:@|at) ?[\])}>] ?|(?<=[\p{L}\p{N}]) at (?=[\p{L}\p{N}_-]{1,64} dot )/giu

/** An address that is written so as not to be found, as a person reads it: `x[.]com`, `a at x dot com`. */
export function refanged(text: string): string {
  if (!HIDDEN.test(text)) return text
  return text.replace(SPACE, ' ').replace(ATS, '@').replace(DOTS, '.')
}

/** Only letters and digits, lines apart: `GB29 NWBK-60` is `gb29nwbk60`. */
export function compactText(text: string): string {
  return text.replace(NOT_ALPHANUMERIC, '')
}

/** True between two characters of which one is no letter or digit, and at both ends. */
export function isEdge(text: string, at: number): boolean {
  return !isWordly(text[at - 1]) || !isWordly(text[at])
}

/** True for a letter or a digit. */
export function isWordly(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character)
}

const NUMBERS =
  /(?<![\p{L}\p{N}])[+-]?(?:\d{1,3}(?:[ ,.'’_]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)(?!\p{N})/gu

/** Every number that a text may be read to name: `1.200,50`, `1 200.5` and `1200.5` are one. */
export function numbersIn(text: string): readonly number[] {
  const found: number[] = []
  for (const [written] of text.normalize('NFKC').matchAll(NUMBERS)) found.push(...readings(written))
  return found
}

/** The number that a text is, in any notation; none for a text that is more than a number. */
export function numberOf(text: string): readonly number[] {
  const trimmed = text.normalize('NFKC').trim()
  // An identifier with leading zeros is no number.
  if (/^[+-]?0\d/.test(trimmed)) return []
  const [whole] = trimmed.match(NUMBERS) ?? []
  return whole === trimmed ? readings(trimmed) : []
}

/** A dot or comma may group digits or begin the decimals: both readings, where they differ. */
function readings(written: string): readonly number[] {
  const plain = written.replace(/[ '’_]/g, '')
  const dotted = Number(plain.replaceAll(',', ''))
  const commaed = Number(plain.replaceAll('.', '').replace(',', '.'))
  return [...new Set([dotted, commaed])].filter((value) => Number.isFinite(value))
}
