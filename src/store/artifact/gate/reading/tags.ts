import { APART, OBJECT } from './code.ts'
import { edited, rewritten, type Edit, type View } from './view.ts'

/*
 * HTML as people see it: tags become lines, headings, cells or nothing; what only looks like a tag,
 * like `<your name>`, stays.
 */

/** Stand around what a comment says. */
export const COMMENT_OPEN = '\uE010'
export const COMMENT_CLOSE = '\uE011'

const INLINE =
  'a abbr acronym b bdi bdo big cite data del dfn em font i ins mark nobr q rp rt ruby s small span strike strong sub sup time tt u var wbr'
const BLOCK =
  'address article aside base blockquote body br button caption center col colgroup dd details dialog dir div dl dt fieldset figcaption figure footer form head header hgroup hr html label legend li link main map menu meta nav noscript ol optgroup option p param search section select slot source summary table tbody td template textarea tfoot th thead title tr track ul'
const MEDIA =
  'area audio canvas embed iframe img input math meter object output picture progress svg video'
const SVG =
  'circle clippath defs ellipse feblend filter g line lineargradient mask path pattern polygon polyline radialgradient rect stop symbol text tspan use'

/** Elements whose tags are nothing between letters. */
const inline: ReadonlySet<string> = new Set(INLINE.split(' '))
const media: ReadonlySet<string> = new Set(MEDIA.split(' '))

/** The names of HTML's elements, lower case. */
export const ELEMENTS: ReadonlySet<string> = new Set(
  `${INLINE} ${BLOCK} ${MEDIA} ${SVG} code kbd samp pre script style h1 h2 h3 h4 h5 h6`.split(' '),
)

const CODE =
  /<(script|style|pre|code|samp|kbd)\b[^<>]{0,2000}>|<\/(script|style|pre|code|samp|kbd)\s*>|\uE01E/giu
const BOOLEANS =
  /^\s+(?:hidden|disabled|required|checked|selected|open|reversed|controls|autofocus|multiple|readonly|defer|async|novalidate)\b/iu
const TAG = /<(\/?)([a-z][\w:.-]*)((?:\s[^<>]*)?)\/?>|<!doctype[^<>]*>|<\?xml[^<>]*\?>/giu
const COMMENT = /<!--|-->/gu
const ATTRIBUTE =
  /\b(alt|title|aria-label|content|value|label|href|src)\s*=\s*(?:"([^"]*)"|'([^']*)')/giu
const SUSPICIOUS =
  /[[{<%]|&(?:#|l)|\b(?:T[O0]D[O0]|TBD|TBC|FIXME|XXX|lorem|insert|your|placeholder|coming soon)\b|^\W*(?:\.{3}|…)\W*$/iu

/** Takes `pre`, `code`, `script` and `style` elements out, as code; an unclosed one shields nothing. */
export function withoutCodeElements(view: View): View {
  const spans: Edit[] = []
  let open: { readonly name: string; readonly at: number } | null = null
  for (const match of view.text.matchAll(CODE)) {
    const name = (match[1] ?? match[2] ?? '').toLowerCase()
    if (match[0] === APART) {
      open = null
    } else if (match[1] !== undefined) {
      open ??= { name, at: match.index }
    } else if (open?.name === name) {
      const put = name === 'script' || name === 'style' ? '\n' : OBJECT
      spans.push({ start: open.at, end: match.index + match[0].length, put })
      open = null
    }
  }
  return edited(view, spans)
}

/** Marks comments, and makes lines, headings and cells of tags; of attributes only what could be a stub stays. */
export function withoutTags(view: View): View {
  const marked = rewritten(view, COMMENT, ([mark]) =>
    mark === '<!--' ? COMMENT_OPEN : COMMENT_CLOSE,
  )
  return rewritten(marked, TAG, ([whole, slash, name, attributes]) => {
    if (name === undefined) return '\n'
    const element = name.toLowerCase()
    if (!ELEMENTS.has(element)) return null
    if (attributes !== undefined && !isAttributes(attributes)) return null
    const said = attributes === undefined ? '' : suspiciousValues(attributes)
    return `${shapeOf(element, slash !== '' || whole.startsWith('</'))}${said}`
  })
}

/** `<title of the book>` is no tag: its words are no attributes that HTML knows. */
function isAttributes(text: string): boolean {
  return /^(?:\s*\/?$|\s+[^\s=/]+\s*=)/u.test(text) || BOOLEANS.test(text)
}

function shapeOf(element: string, closes: boolean): string {
  if (inline.has(element)) return ''
  if (media.has(element)) return closes ? '' : OBJECT
  const level = /^h([1-6])$/u.exec(element)?.[1]
  if (level !== undefined) return closes ? '\n\n' : `\n\n${'#'.repeat(Number(level))} \uE012`
  if (element === 'br') return '\n'
  if (element === 'td' || element === 'th') return closes ? '' : ' | '
  if (element === 'li') return closes ? '' : '\n- '
  // What a form asks for is no blank that was left in the document.
  if (element === 'label' || element === 'option') return closes ? '\n' : `\n${OBJECT} `
  return '\n\n'
}

function suspiciousValues(attributes: string): string {
  if (attributes === '' || !SUSPICIOUS.test(attributes)) return ''
  const values = Array.from(
    attributes.matchAll(ATTRIBUTE),
    ([, , double, single]) => double ?? single ?? '',
  )
  const kept = values.filter((value) => SUSPICIOUS.test(value))
  return kept.length === 0 ? '' : `\n${kept.join('\n')}\n`
}
