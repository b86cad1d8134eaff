import { z } from 'zod'
import type { Guideline } from '../core/spec/guideline/guideline.ts'
import {
  GUIDELINE_ID,
  guidelineMembers,
  MAX_GUIDELINE_CHARS,
} from '../core/spec/guideline/guideline-schema.ts'
import { headingOf } from '../core/spec/guideline/guideline-rules.ts'
import { errorAt, legalNames, toIssuePath, type Issue } from '../core/spec/issue.ts'
import { readDocument, type Place } from '../dialect/document.ts'

/*
 * One Markdown file in, one guideline out: front matter between two lines `---`, then the text.
 */

/** What is wrong with a file of guidelines, and where. */
export interface GuidelineIssue extends Issue {
  readonly file: string
  readonly place: Place
}

/** What reading a file answers. */
export type ReadGuideline =
  | { readonly ok: true; readonly guideline: Guideline }
  | { readonly ok: false; readonly issues: readonly GuidelineIssue[] }

const frontMatter = z.strictObject({
  id: z
    .string()
    .regex(GUIDELINE_ID, 'an id is letters, digits, `.`, `_` and `-`, 128 in all')
    .exactOptional(),
  title: z.string().min(1).max(200).exactOptional(),
  ...guidelineMembers,
})

const KEYS = Object.keys(frontMatter.shape)

/**
 * Reads a guideline. Without an `id` it has that of `file` (no folder, no ending), without a `title`
 * its first heading. Every issue has the file, line and column.
 */
export function readGuideline(
  markdown: string,
  from: { readonly file: string; readonly name: string },
): ReadGuideline {
  const { file, name } = from
  const fail = (message: string, place: Place = { line: 1, column: 1 }): ReadGuideline => ({
    ok: false,
    issues: [{ ...errorAt([], message), file, place }],
  })
  const text = markdown.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  if (text.length > MAX_GUIDELINE_CHARS) {
    return fail(
      `it has ${text.length} characters, and a guideline at most ${MAX_GUIDELINE_CHARS}; cut it into several`,
    )
  }
  const parts = partsOf(text)
  if (parts === null) {
    return fail('the front matter that begins here has no end; close it with a line `---`')
  }
  const head = readHead(parts.head, file)
  if (!head.ok) return head
  const body = parts.body.trim()
  if (body === '') return fail('it says nothing: there is no text below the front matter')
  const id = head.value.id ?? name
  if (!GUIDELINE_ID.test(id)) {
    return fail(`\`${id}\` cannot be an id; give it one: \`id: brand-voice\``)
  }
  const title = head.value.title ?? firstHeading(body) ?? id
  return { ok: true, guideline: { ...head.value, id, title: title.slice(0, 200), text: body } }
}

function firstHeading(body: string): string | undefined {
  for (const line of body.split('\n')) {
    const heading = headingOf(line)
    if (heading !== null) return heading
  }
  return undefined
}

/** Parts front matter from text; null where it is not closed. */
function partsOf(text: string): { readonly head: string; readonly body: string } | null {
  if (!/^---[ \t]*\n/.test(text)) return { head: '', body: text }
  const start = text.indexOf('\n') + 1
  const end = /^(?:---|\.\.\.)[ \t]*$/m.exec(text.slice(start))
  if (end === null) return null
  const at = start + end.index
  return { head: text.slice(start, at), body: text.slice(at + end[0].length) }
}

type ReadHead =
  | { readonly ok: true; readonly value: z.infer<typeof frontMatter> }
  | { readonly ok: false; readonly issues: readonly GuidelineIssue[] }

/** The lines of front matter are one further down in their file. */
function readHead(head: string, file: string): ReadHead {
  if (head.trim() === '') return { ok: true, value: {} }
  const document = readDocument(head)
  if (!document.ok) {
    const issues = document.issues.map(({ message, line, column }) => ({
      ...errorAt([], message),
      file,
      place: { line: line + 1, column },
    }))
    return { ok: false, issues }
  }
  const parsed = frontMatter.safeParse(document.value)
  if (parsed.success) return { ok: true, value: parsed.data }
  const at = (path: readonly (string | number)[], message: string): GuidelineIssue => {
    const { line, column } = document.locate(path)
    return { ...errorAt(path, message), file, place: { line: line + 1, column } }
  }
  const issues = parsed.error.issues.flatMap((issue) => {
    const path = toIssuePath(issue.path)
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) =>
        at([...path, key], `\`${key}\` is no key of a guideline; ${legalNames(key, KEYS)}`),
      )
    }
    return [at(path, wrongValue(path[0], issue.message))]
  })
  return { ok: false, issues }
}

const WANTED: Readonly<Record<string, string>> = {
  tags: 'takes a list of texts: [email, sales]',
  priority: 'takes critical, normal or supplementary, or a number from 0 to 1000',
  always: 'takes true or false',
  enforced_by: 'takes a gate, a list of gates, or a map from words of a rule to its gates',
  summary: 'takes a text',
  title: 'takes a text of at most 200 characters',
}

function wrongValue(key: string | number | undefined, message: string): string {
  if (key === undefined) return 'front matter is a map, like `title: Brand voice`'
  const wanted = WANTED[key]
  return wanted === undefined ? `\`${key}\`: ${message}` : `\`${key}\` ${wanted}`
}
