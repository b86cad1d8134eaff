import type { TextError } from '../path/json-path.ts'

/** A piece of a template's text: literal text, or what stands between `{{` and `}}`, trimmed. */
export type Piece = { readonly kind: 'text'; readonly text: string } | Tag

/** A tag; `at` is the position of its first character after `{{` and spaces. */
export interface Tag {
  readonly kind: 'tag'
  readonly body: string
  readonly at: number
}

/** What readTags answers. */
export type Pieces =
  | { readonly ok: true; readonly pieces: readonly Piece[] }
  | { readonly ok: false; readonly error: TextError }

const MAX_CHARACTERS = 1_000_000
const BLOCK = /^(?:[#/]|else(?:\s|$))/

/**
 * Splits a template into text and tags. `\{{` is a literal `{{`; a block tag that stands alone on
 * its line takes the line with it, as in Mustache, so that blocks leave no empty lines.
 */
export function readTags(text: string): Pieces {
  if (text.length > MAX_CHARACTERS) {
    const message = `a template has at most ${MAX_CHARACTERS} characters`
    return { ok: false, error: { message, at: MAX_CHARACTERS } }
  }
  const pieces: Piece[] = []
  let literal = ''
  let at = 0
  for (;;) {
    const open = text.indexOf('{{', at)
    if (open === -1) break
    if (open > at && text[open - 1] === '\\') {
      literal += `${text.slice(at, open - 1)}{{`
      at = open + 2
      continue
    }
    const close = findClose(text, open + 2)
    if (close === -1) return failure('this {{ has no }}: write \\{{ for a literal {{', open)
    const inside = text.slice(open + 2, close)
    if (inside.startsWith('{')) {
      return failure(
        '{{{ is no tag: values are never escaped, write {{path}}, or { {{path}} }',
        open,
      )
    }
    const body = inside.trim()
    const tag: Tag = { kind: 'tag', body, at: open + 2 + inside.length - inside.trimStart().length }
    const line = BLOCK.test(body) ? standalone(text, open, close + 2) : null
    literal += text.slice(at, line === null ? open : Math.max(line.start, at))
    if (literal !== '') pieces.push({ kind: 'text', text: literal })
    pieces.push(tag)
    literal = ''
    at = line === null ? close + 2 : line.end
  }
  literal += text.slice(at)
  return {
    ok: true,
    pieces: literal === '' ? pieces : [...pieces, { kind: 'text', text: literal }],
  }
}

/** The closing `}}`, not counting those in a quoted string of a test. */
function findClose(text: string, start: number): number {
  if (!/^\s*(?:#\s*if|else\s+if)\s/.test(text.slice(start, start + 40))) {
    return text.indexOf('}}', start)
  }
  let quote = ''
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? ''
    if (quote !== '') {
      if (character === '\\') at++
      else if (character === quote) quote = ''
    } else if (character === "'" || character === '"') quote = character
    else if (text.startsWith('}}', at)) return at
  }
  return text.indexOf('}}', start)
}

/** The line of a tag that stands alone on it, its newline included; null when it is not alone. */
function standalone(
  text: string,
  open: number,
  end: number,
): { readonly start: number; readonly end: number } | null {
  let start = open
  while (start > 0 && isBlank(text[start - 1])) start--
  let after = end
  while (after < text.length && isBlank(text[after])) after++
  if (start > 0 && text[start - 1] !== '\n') return null
  if (after === text.length) return { start, end: after }
  if (text.startsWith('\r\n', after)) return { start, end: after + 2 }
  return text[after] === '\n' ? { start, end: after + 1 } : null
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t'
}

function failure(message: string, at: number): Pieces {
  return { ok: false, error: { message, at } }
}
