import type { SectionSpec } from '../../../../core/spec/chain-spec.ts'
import { isJsonObject, type Json } from '../../../../core/spec/json.ts'
import type { Finding } from '../finding.ts'
import { partsOf, saysSomething, type Part } from '../reading/outline.ts'
import type { Reading } from '../reading/reading.ts'

/*
 * Sections that must be there: a heading (or a line in bold, a label, a key of JSON) with the name or
 * a synonym of it, and something under it. Case, accents, numbering, emoji and a colon do not matter.
 */

/** A section as a reader finds it. */
interface Section {
  /** As its name is compared. */
  readonly name: string
  readonly title: string
  readonly filled: boolean
}

/** A finding for each section that is missing or empty. */
export function missingSections(
  reading: Reading,
  { sections, rule }: { readonly sections: readonly SectionSpec[]; readonly rule: string },
): readonly Finding[] {
  if (sections.length === 0) return []
  const there = reading.kind === 'json' ? jsonSections(reading.source) : textSections(reading)
  return sections.flatMap((section) => lackOf(section, { there, rule, kind: reading.kind }))
}

function lackOf(
  section: SectionSpec,
  {
    there,
    rule,
    kind,
  }: { readonly there: readonly Section[]; readonly rule: string; readonly kind: string },
): readonly Finding[] {
  const { name, synonyms = [] } = typeof section === 'string' ? { name: section } : section
  const names = [name, ...synonyms].map(comparedName)
  const found = there.filter((each) => names.some((wanted) => isNamed(each.name, wanted)))
  if (found.some(({ filled }) => filled)) return []
  const also =
    synonyms.length === 0 ? '' : ` (or ${synonyms.map((each) => `"${each}"`).join(', ')})`
  const form = kind === 'json' ? 'a key' : kind === 'html' ? 'a heading <h1> to <h6>' : 'a heading'
  const [empty] = found
  if (empty !== undefined) {
    return [{ rule, message: `the section "${empty.title}" is empty; write it` }]
  }
  const titles = there.slice(0, 12).map(({ title }) => `"${title}"`)
  const here = titles.length === 0 ? 'there are none' : `there are ${titles.join(', ')}`
  return [
    {
      rule,
      message: `the section "${name}" is missing; accepted is ${form} "${name}"${also} with content under it; ${here}`,
    },
  ]
}

/** `Background: where we stand` is the section Background; `Backgrounds` is not. */
function isNamed(title: string, wanted: string): boolean {
  if (wanted === '') return false
  return title === wanted || title.startsWith(`${wanted}: `)
}

const NUMBERING =
  /^(?:(?:section|chapter|part|abschnitt|kapitel|teil|chapitre|sección|capítulo|sezione|capitolo|раздел|глава)\s+(?:\d+|[ivxlc]+|[a-z])(?=\W|$)[.):：–—-]*\s*|第?[\d一二三四五六七八九十]+[章节節、．）]+\s*|\d{1,3}[.)](?=\p{L})|\(?(?:\d{1,3}(?:\.\d{1,3}){0,4}|[ivxlc]{1,6}|[a-z])[.)）:]+\s+|\d{1,3}(?:\.\d{1,3}){0,4}\s+|§\s*\d+\s*)/iu

/** A title as titles are compared: what follows a separator comes after `: `. */
function comparedName(title: string): string {
  const plain = title
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[*_`~#"“”'’[\]【】]/gu, ' ')
    .replaceAll(/\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200D|\uFE0F|\u20E3/gu, (mark) =>
      /[\p{L}\p{N}]/u.test(mark) ? mark : ' ',
    )
    .trim()
    .replace(NUMBERING, '')
    .replace(/\s*[:：–—(（]\s*|\s+-\s+/u, ': ')
  return plain
    .replaceAll('&', ' and ')
    .replaceAll(/[^\p{L}\p{N}:]+/gu, ' ')
    .replaceAll(/\s*:\s*$|^[\s:]+/gu, '')
    .trim()
}

function textSections({ lines }: Reading): readonly Section[] {
  const headings = partsOf(lines.text, { labels: false })
  const all = partsOf(lines.text, { labels: true })
  const alone = Array.from(lines.text.matchAll(ALONE), ([whole, title = '']): Section => ({
    name: comparedName(title),
    title: title.trim(),
    filled: saysSomething(whole.slice(whole.indexOf(title) + title.length)),
  }))
  return [
    ...headings.map((part, index) => sectionOf(part, { parts: headings, index })),
    ...all.flatMap((part, index) =>
      part.level > 6 ? [sectionOf(part, { parts: all, index })] : [],
    ),
    ...alone,
  ]
}

// In plain text a short line between blank ones is a heading, with the lines under it.
const ALONE = /(?<=^|\n[ \t]*\n)[ \t]*(\p{L}[^\n.!?:|]{0,60})\n(?:[ \t]*\n)?[^\n]*/gu

/** Subsections count as content. */
function sectionOf(
  { title, level, body }: Part,
  { parts, index }: { readonly parts: readonly Part[]; readonly index: number },
): Section {
  let filled = saysSomething(body)
  for (let next = index + 1; !filled && next < parts.length; next += 1) {
    const part = parts[next]
    if (
      part === undefined ||
      (part.level <= level && level !== 8) ||
      part.level <= Math.min(level, 6)
    )
      break
    filled = saysSomething(part.body) || (level < 7 && part.level >= 7)
    if (level === 8) break
  }
  return { name: comparedName(title), title: title.trim(), filled }
}

function jsonSections(source: string): readonly Section[] {
  const found: Section[] = []
  const waiting: Json[] = [JSON.parse(source)]
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (Array.isArray(value)) {
      for (const item of value) waiting.push(item)
    } else if (isJsonObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        const title = key.replaceAll(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ').replaceAll(/[_-]/gu, ' ')
        found.push({ name: comparedName(title), title: key, filled: isFilled(member) })
        waiting.push(member)
      }
    }
  }
  return found
}

function isFilled(value: Json): boolean {
  if (typeof value === 'string') return saysSomething(value)
  if (Array.isArray(value)) return value.some(isFilled)
  if (isJsonObject(value)) return Object.values(value).some(isFilled)
  return value !== null
}
