import type { ArtifactSpec } from '../../../../core/spec/chain-spec.ts'
import { codeEdits, fencesIn, isProse, unwrapEdits, wrapperOf } from './code.ts'
import { folded, withoutEmphasis, withoutEntities, withoutEscapes } from './fold.ts'
import { jsonStrings } from './json-strings.ts'
import { withoutCodeElements, withoutTags } from './tags.ts'
import { edited, rewritten, viewOf, type View } from './view.ts'

/*
 * What an artifact says, taken from how it is written. In: its text and what it is. Out: views of it
 * that every rule reads, each place of which still knows where it stands in the text.
 */

/** How a text is read: `code` is source in some language, where templates and gaps are syntax. */
export type Kind = 'markdown' | 'html' | 'json' | 'code'

/** A text and its views. */
export interface Reading {
  readonly kind: Kind
  readonly source: string
  /** All words, also those in code; tags and JSON's syntax are gone. */
  readonly shown: View
  /** Lines as they are laid out: code is one OBJECT, headings begin with `#`, emphasis is still there. */
  readonly lines: View
  /** The same without emphasis: what is searched for stubs. */
  readonly words: View
}

const SOURCE_TYPE =
  /\b(?:javascript|typescript|ecmascript|python|ruby|perl|php|java|x-?c|c\+\+|go|rust|sh|shellscript|bash|sql|ya?ml|toml|css|xml|svg|graphql|x-tex|latex|diff)\b/u
const HTML_START =
  /^(?:\s|<!--[^<>]{0,1000}-->)*<(?:!doctype html|html|head|body|div|section|article|main|header|table|p|h[1-6]|ul|ol)\b[^<>]*>/iu

const HTML_PAGE = /<(?:!doctype html|html|head|body)\b/iu
const MARKDOWN_LINE = /^(?:#{1,6} \S|```|[-*] \S|\S[^\n<]{0,200}\]\()/mu

/** What a text is: its format, else its media type, else what it looks like. */
export function kindOf(
  text: string,
  { spec, type }: { readonly spec: ArtifactSpec; readonly type: string | undefined },
): Kind {
  const said = (spec.rules?.format ?? type ?? spec.type ?? '').toLowerCase()
  if (said === 'json' || /[/+]json\b/u.test(said)) return parses(text) ? 'json' : 'markdown'
  if (/\bx?html\b/u.test(said)) return 'html'
  if (SOURCE_TYPE.test(said)) return 'code'
  if (said !== '') return 'markdown'
  if (text.startsWith('#!')) return 'code'
  if (/^\s*(?:[[{"]|null\s*$)/u.test(text) && parses(text)) return 'json'
  if (!HTML_START.test(text.slice(0, 4000))) return 'markdown'
  // Markdown may well begin with a centred heading in HTML.
  return HTML_PAGE.test(text.slice(0, 4000)) || !MARKDOWN_LINE.test(text) ? 'html' : 'markdown'
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Reads a text; linear, and total. */
export function readText(text: string, kind: Kind): Reading {
  const written = viewOf(text)
  if (kind === 'code') {
    const lines = folded(written)
    return { kind, source: text, shown: written, lines, words: lines }
  }
  if (kind === 'html') {
    const shown = tagless(rewritten(written, /[\r\n]+/gu, ' '))
    const lines = tagless(rewritten(withoutCodeElements(written), /[\r\n]+/gu, ' '))
    return { kind, source: text, shown, lines, words: lines }
  }
  return readMarkdown(kind === 'json' ? jsonStrings(written) : written, { kind, source: text })
}

function readMarkdown(
  written: View,
  { kind, source }: { readonly kind: 'markdown' | 'json'; readonly source: string },
): Reading {
  const lined = rewritten(written, /\r\n?/gu, '\n')
  const fences = fencesIn(lined.text)
  const wrapper = kind === 'json' ? null : wrapperOf(lined.text, fences)
  if (wrapper !== null && !isProse(wrapper)) return readText(source, 'code')
  const masked =
    wrapper === null
      ? withoutCodeElements(edited(lined, codeEdits(lined.text, fences)))
      : edited(lined, unwrapEdits(fences))
  const lines = tagless(withoutEscapes(masked))
  return { kind, source, shown: lined, lines, words: withoutEmphasis(lines) }
}

function tagless(view: View): View {
  return folded(withoutEntities(withoutTags(view)))
}
