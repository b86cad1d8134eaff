import { findingAt, type Finding } from '../finding.ts'
import { ELEMENTS } from '../reading/tags.ts'

/*
 * Whether a text is HTML that browsers and people read alike: known elements, closed in order. Tags
 * that HTML lets an author leave out may be left out.
 */

const VOID: ReadonlySet<string> = new Set(
  'area base br col embed hr img input link meta param source track wbr'.split(' '),
)
const OPTIONAL: ReadonlySet<string> = new Set(
  'li p td th tr dt dd option optgroup thead tbody tfoot colgroup caption rt rp html head body'.split(
    ' ',
  ),
)
const TOKEN =
  /<!--|<!\[CDATA\[|<(\/?)([a-z][\w:.-]*)([^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*)>|<(\/?)([a-z][\w:.-]*)/giu
const RAW = /^(?:script|style|textarea|title)$/u
const MAX = 10

interface Open {
  readonly name: string
  readonly at: number
}

interface Checker {
  readonly text: string
  readonly open: Open[]
  readonly findings: Finding[]
  known: number
}

/** What is wrong with a text as HTML; at most ten findings, linear. */
export function htmlFindings(text: string): readonly Finding[] {
  const fence = /^\s*(`{3,}|~{3,})/u.exec(text)
  if (fence !== null) {
    const message = 'a Markdown code fence stands around the HTML; hand in the HTML alone'
    return [findingAt(text, fence[0].length - 1, { rule: 'format', message })]
  }
  const checker: Checker = { text, open: [], findings: [], known: 0 }
  const pattern = new RegExp(TOKEN.source, TOKEN.flags)
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (checker.findings.length >= MAX) break
    const next = step(checker, match)
    if (next === null) break
    pattern.lastIndex = next
  }
  for (const { name, at } of checker.open.toReversed()) {
    if (!OPTIONAL.has(name))
      report(checker, { at, message: `<${name}> is never closed; add </${name}>` })
  }
  if (checker.known === 0 && checker.findings.length === 0) {
    const message = 'there is no HTML element in the text; accepted is HTML, such as <p>…</p>'
    return [{ rule: 'format', message }]
  }
  return checker.findings.slice(0, MAX)
}

/** Takes one token; answers where to go on, null at the end. */
function step(checker: Checker, match: RegExpExecArray): number | null {
  const { text } = checker
  const at = match.index
  const end = at + match[0].length
  if (match[2] === undefined) return stepOver(checker, match)
  const name = match[2].toLowerCase()
  const isKnown = ELEMENTS.has(name)
  if (isKnown) checker.known += 1
  if (match[1] !== '') {
    close(checker, { name, at })
    return end
  }
  if (VOID.has(name) || (match[3] ?? '').endsWith('/')) return end
  if (RAW.test(name)) {
    const closing = closingOf(text, { name, from: end })
    if (closing !== null) return closing
    report(checker, { at, message: `<${name}> is never closed; add </${name}>` })
    return null
  }
  // `<your-name>` or `<T>` that nothing closes is a word, not an element.
  if (isKnown || name.includes('-')) checker.open.push({ name, at })
  return end
}

function stepOver(checker: Checker, match: RegExpExecArray): number | null {
  const at = match.index
  const mark = match[0]
  if (mark === '<!--' || mark === '<![CDATA[') {
    const ending = mark === '<!--' ? '-->' : ']]>'
    const found = checker.text.indexOf(ending, at + mark.length)
    if (found >= 0) return found + ending.length
    report(checker, { at, message: `${mark} is never closed; add ${ending}` })
    return null
  }
  const name = (match[5] ?? '').toLowerCase()
  if (ELEMENTS.has(name)) {
    report(checker, { at, message: `the tag ${mark} has no > at its end, or a quote is left open` })
  }
  return at + mark.length
}

function close(checker: Checker, { name, at }: Open): void {
  const { open } = checker
  const from = open.findLastIndex((each) => each.name === name)
  if (from < 0) {
    if (ELEMENTS.has(name) && !OPTIONAL.has(name) && !VOID.has(name)) {
      report(checker, {
        at,
        message: `</${name}> closes nothing; open <${name}> before, or leave it out`,
      })
    }
    return
  }
  for (const inner of open.splice(from).slice(1)) {
    if (!OPTIONAL.has(inner.name)) {
      const message = `<${inner.name}> is not closed before </${name}>; close elements in order`
      report(checker, { at: inner.at, message })
    }
  }
}

function closingOf(
  text: string,
  { name, from }: { readonly name: string; readonly from: number },
): number | null {
  const pattern = new RegExp(`</${name}\\s*>`, 'giu')
  pattern.lastIndex = from
  const found = pattern.exec(text)
  return found === null ? null : found.index + found[0].length
}

function report(
  checker: Checker,
  { at, message }: { readonly at: number; readonly message: string },
): void {
  if (checker.findings.length < MAX) {
    checker.findings.push(findingAt(checker.text, at, { rule: 'format', message }))
  }
}
