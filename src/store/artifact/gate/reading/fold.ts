import { lookOf } from '../../../../core/log/plain-text.ts'
import { rewritten, type View } from './view.ts'

/*
 * One way of writing for what looks alike: full-width brackets, letters of other scripts in a Latin
 * word, invisible characters, entities and escapes. A stub is a stub however it is spelled.
 */

const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u0335-\u0338\u20D2\u20D3\u20E5]+/gu
const NEWLINES = /\r\n?|[\v\f\u0085\u2028\u2029]/gu
const COMPATIBLE =
  /[\u00A0\u00AA\u00BA\u02B0-\u02B8\u1680\u1D2C-\u1D6A\u2000-\u200A\u2024-\u2026\u202F\u205F\u2070-\u209C\u2100-\u214F\u2460-\u24FF\u3000\uFB00-\uFB06\uFE10-\uFE19\uFE30-\uFE52\uFE54-\uFE6B\uFF01-\uFF5E\uFFE0-\uFFE6\u{1D400}-\u{1D7FF}\u{1F110}-\u{1F189}]/gu
const BRACKETS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '[': '【〔〖〚⟦⁅❲⦋⦍⦏',
    ']': '】〕〗〛⟧⁆❳⦌⦎⦐',
    '{': '❴⦃',
    '}': '❵⦄',
    '<': '〈⟨❬❮❰‹〈',
    '>': '〉⟩❭❯❱›〉',
    '(': '❨⸨',
    ')': '❩⸩',
    _: '‿⁀',
  }).flatMap(([plain, others]) => Array.from(others, (other): [string, string] => [other, plain])),
)
const BRACKET = new RegExp(`[${[...BRACKETS.keys()].join('')}]`, 'gu')
/** Squared letters that have no plain form of their own in Unicode: 🅃🄾🄳🄾 is covered, 🆃🅾🅳🅾 is not. */
const NEGATIVE = /[\u{1F150}-\u{1F169}\u{1F170}-\u{1F189}]/gu
/** Lisu letters are copies of Latin capitals. */
const LISU: ReadonlyMap<string, string> = new Map(
  Array.from('ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ', (letter, index) => [
    letter,
    'BPDTGKJCZFMNLSRVHWXYAEIOU'[index] ?? letter,
  ]),
)
const LISU_LETTER = /[\uA4D0-\uA4F7]/gu
const MIXED = /[A-Za-z\u0370-\u058F]{2,64}/gu
const OTHER_SCRIPT = /[\u0370-\u058F]/u

/** Folds the text of a view; case and ordinary punctuation stay. */
export function folded(view: View): View {
  let now = rewritten(view, NEWLINES, '\n')
  if (!/[^\t\n\u0020-\u007E]/u.test(now.text)) return now
  now = rewritten(now, INVISIBLE, '')
  now = rewritten(now, NEGATIVE, ([letter]) => negativeLetter(letter))
  now = rewritten(now, COMPATIBLE, ([character]) => character.normalize('NFKC'))
  now = rewritten(now, LISU_LETTER, ([letter]) => LISU.get(letter) ?? null)
  now = rewritten(now, BRACKET, ([bracket]) => BRACKETS.get(bracket) ?? null)
  if (!OTHER_SCRIPT.test(now.text)) return now
  const known = new Map<string, string | null>()
  return rewritten(now, MIXED, ([word]) => {
    if (known.size > 10_000) known.clear()
    const before = known.get(word)
    const looks = before === undefined ? latin(word) : before
    known.set(word, looks)
    return looks
  })
}

function negativeLetter(letter: string): string {
  const code = letter.codePointAt(0) ?? 0
  return String.fromCodePoint(65 + (code - (code < 0x1f170 ? 0x1f150 : 0x1f170)))
}

/** A word with letters of two alphabets, as it looks; others stay. */
function latin(word: string): string | null {
  if (!OTHER_SCRIPT.test(word) || !/[A-Za-z]/u.test(word)) return null
  const looks = lookOf(word)
  if (looks.length !== word.length) return null
  return Array.from(looks, (letter, index) =>
    (word[index] ?? '') === (word[index] ?? '').toLowerCase() ? letter : letter.toUpperCase(),
  ).join('')
}

const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,16}));?/giu
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ensp: ' ',
  emsp: ' ',
  thinsp: ' ',
  hellip: '…',
  mldr: '…',
  shy: '',
  zwj: '',
  zwnj: '',
  zerowidthspace: '',
  nobreak: '',
  lsqb: '[',
  lbrack: '[',
  rsqb: ']',
  rbrack: ']',
  lcub: '{',
  lbrace: '{',
  rcub: '}',
  rbrace: '}',
  lpar: '(',
  rpar: ')',
  dollar: '$',
  num: '#',
  percnt: '%',
  lowbar: '_',
  underbar: '_',
  period: '.',
  colon: ':',
  ast: '*',
  lang: '<',
  rang: '>',
  tab: ' ',
  newline: '\n',
}

/** Reads HTML's entities, once: what they spell is not read again. */
export function withoutEntities(view: View): View {
  return rewritten(view, ENTITY, ([, decimal, hex, name]) => {
    if (name !== undefined) {
      const key = name.toLowerCase()
      return Object.hasOwn(NAMED, key) ? (NAMED[key] ?? null) : null
    }
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : null
  })
}

const ESCAPE = /\\(?=[!-/:-@[-`{-~])/gu
const EMPHASIS = /(?<!\|)\*+(?![|\s])|(?<=[^\s|])\*+(?!\|)|~~+|==+/gu

/** Takes the backslashes before punctuation away, as Markdown does. */
export function withoutEscapes(view: View): View {
  return rewritten(view, ESCAPE, '')
}

/** Takes emphasis away: `T**O**DO` reads TODO. Underscores stay, for they may be blanks. */
export function withoutEmphasis(view: View): View {
  return rewritten(view, EMPHASIS, '')
}
