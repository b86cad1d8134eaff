import { APART } from './code.ts'
import { edited, type Edit, type View } from './view.ts'

/*
 * A JSON document as the texts in it: each string a text of its own, its escapes read. Keys only
 * where they could be a template; whether a value may be empty is for the schema to say.
 */

const GAP = `\n${APART}\n`
const ESCAPED = /\\(?:u([0-9a-f]{4})|(.))/giu
const PLAIN: Readonly<Record<string, string>> = { n: '\n', r: '\n', t: '\t', b: ' ', f: '\n' }

/** A task may well be to do. */
const STATUS = /(?:status|state|stage|column|phase|lane)$/iu
const STATE = /^\s*to[-_ ]?do\s*$/iu

/** The strings of a JSON text that parses; linear. */
export function jsonStrings(view: View): View {
  return edited(view, stringEdits(view.text))
}

function* stringEdits(text: string): Iterable<Edit> {
  let done = 0
  let key = ''
  for (let open = text.indexOf('"'); open >= 0; open = text.indexOf('"', done)) {
    const close = closingQuote(text, open + 1)
    yield { start: done, end: open + 1, put: GAP }
    const inner = text.slice(open + 1, close)
    const named = isKey(text, close + 1)
    if (named ? !/[[{<%$]/u.test(inner) : STATUS.test(key) && STATE.test(inner)) {
      yield { start: open + 1, end: close, put: '' }
    } else {
      for (const match of inner.matchAll(ESCAPED)) {
        const [whole, hex, letter = ''] = match
        const start = open + 1 + match.index
        const put =
          hex === undefined
            ? (PLAIN[letter] ?? letter)
            : String.fromCharCode(Number.parseInt(hex, 16))
        yield { start, end: start + whole.length, put }
      }
    }
    if (named) key = inner
    done = close
  }
  yield { start: done, end: text.length, put: GAP }
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes += 1
    if (slashes % 2 === 0) return at
  }
  return text.length
}

function isKey(text: string, from: number): boolean {
  let at = from
  while (/\s/u.test(text[at] ?? '')) at += 1
  return text[at] === ':'
}
