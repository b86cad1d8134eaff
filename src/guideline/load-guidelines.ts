import { readdir, readFile } from 'node:fs/promises'
import { basename, isAbsolute, join, relative, sep } from 'node:path'
import type { Guideline } from '../core/spec/guideline/guideline.ts'
import { errorAt } from '../core/spec/issue.ts'
import { messageOf } from '../core/spec/message-of.ts'
import type { GuidelineIssue } from './read-guideline.ts'

/*
 * A folder of Markdown files in, the guidelines in them out (S0.20). What else lies there, a README
 * and hidden files are left alone.
 */

/** The folder beside a workflow's file where its guidelines are, unless it says otherwise. */
export const GUIDELINE_FOLDER = 'guidelines'

const MAX_FILES = 500
/** Of all together: a definition keeps the ones that its runs can come to use. */
const MAX_CHARS = 1_000_000

/** What loading a folder answers: all guidelines by the order of their ids, or what is wrong where. */
export type LoadedGuidelines =
  | { readonly ok: true; readonly guidelines: readonly Guideline[] }
  | { readonly ok: false; readonly issues: readonly FolderIssue[] }

/** Of a file, or of the folder itself. */
export type FolderIssue = GuidelineIssue | ReturnType<typeof errorAt>

/** Reads every `.md` file of a folder and those below it; each id is there once. */
export async function loadGuidelines(folder: string): Promise<LoadedGuidelines> {
  const files = await filesIn(folder)
  if (typeof files === 'string') return { ok: false, issues: [errorAt(['guidelines'], files)] }
  // YAML and its validator are slow to load.
  const { readGuideline } = await import('./read-guideline.ts')
  const issues: GuidelineIssue[] = []
  const known = new Map<string, { readonly guideline: Guideline; readonly file: string }>()
  let chars = 0
  for (const path of files) {
    const file = shownPath(path)
    const place = { line: 1, column: 1 }
    let markdown: string
    try {
      markdown = await readFile(path, 'utf8')
    } catch (error) {
      issues.push({ ...errorAt([], `cannot read it: ${messageOf(error)}`), file, place })
      continue
    }
    chars += markdown.length
    if (chars > MAX_CHARS) {
      const message = `the guidelines of a folder have at most ${MAX_CHARS} characters together; with this file there are more`
      return { ok: false, issues: [{ ...errorAt([], message), file, place }] }
    }
    const read = readGuideline(markdown, { file, name: basename(path).slice(0, -3) })
    if (!read.ok) issues.push(...read.issues)
    else {
      const { guideline } = read
      const other = known.get(guideline.id)
      if (other === undefined) known.set(guideline.id, { guideline, file })
      else {
        const message = `the id \`${guideline.id}\` is also that of ${other.file}; ids differ`
        issues.push({ ...errorAt(['id'], message), file, place })
      }
    }
  }
  if (issues.length > 0) return { ok: false, issues }
  const guidelines = [...known.values()].map(({ guideline }) => guideline)
  return { ok: true, guidelines: guidelines.toSorted(byId) }
}

function byId(left: Guideline, right: Guideline): number {
  return left.id < right.id ? -1 : 1
}

/** The paths of its guidelines in a fixed order; a text says what is wrong. */
async function filesIn(folder: string): Promise<readonly string[] | string> {
  let names: readonly string[]
  try {
    names = await readdir(folder, { recursive: true, encoding: 'utf8' })
  } catch {
    return `there is no folder ${shownPath(folder)}; put guidelines there as Markdown files, or say where they are with \`folder\``
  }
  const own = names.filter(
    (name) =>
      name.endsWith('.md') &&
      basename(name).toLowerCase() !== 'readme.md' &&
      !name.split(sep).some((part) => part.startsWith('.')),
  )
  if (own.length > MAX_FILES) {
    return `the folder ${shownPath(folder)} has ${own.length} Markdown files; ${MAX_FILES} are legal`
  }
  return own.toSorted().map((name) => join(folder, name))
}

/** A path as people read it: from the working folder where it lies in it. */
function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') || isAbsolute(near) ? path : near
}
