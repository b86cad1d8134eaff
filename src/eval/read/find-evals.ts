import { existsSync, readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isJsonObject } from '../../core/spec/json.ts'
import { readDocument } from '../../dialect/document.ts'

/** What was found at the paths that somebody named. */
export interface FoundEvals {
  /** Eval files, as full paths, sorted, each once. */
  readonly files: readonly string[]
  /** Only cases of these workflows count, by eval file; absent: all of its cases. */
  readonly only: ReadonlyMap<string, string>
  /** What could not be used, in words. */
  readonly problems: readonly string[]
}

const FOLDER = 'evals'
const SKIPPED = new Set(['node_modules', 'dist'])

/**
 * Finds the eval files of paths: an eval file is itself; a workflow's file stands for `evals/` beside
 * it; a folder is searched for `evals/` at any depth (not in hidden folders, node_modules, dist).
 */
export async function findEvals(paths: readonly string[]): Promise<FoundEvals> {
  const files = new Set<string>()
  const only = new Map<string, string>()
  const problems: string[] = []
  for (const path of paths) {
    const full = resolve(path)
    if (!existsSync(full)) {
      problems.push(`there is no ${path}`)
      continue
    }
    const isFolder = statSync(full).isDirectory()
    const isWorkflow = !isFolder && !(await isEvalFile(full))
    const found = isFolder ? searched(full) : isWorkflow ? filesIn(besides(full)) : [full]
    if (found.length === 0) {
      problems.push(
        isWorkflow ? `${path} has no ${FOLDER}/ beside it` : `${path} has no ${FOLDER}/`,
      )
    }
    for (const file of found) {
      // A file that was named by another path as well counts whole.
      if (isWorkflow && !files.has(file)) only.set(file, full)
      else only.delete(file)
      files.add(file)
    }
  }
  return { files: [...files].toSorted(), only, problems }
}

function besides(workflow: string): string {
  return join(dirname(workflow), FOLDER)
}

/** A list, or a map that says `case`; what cannot be read is told of when it is read as one. */
async function isEvalFile(file: string): Promise<boolean> {
  if (!/\.(?:ya?ml|json)$/.test(file)) return false
  if (basename(dirname(file)) === FOLDER) return true
  const document = readDocument(await readFile(file, 'utf8'))
  if (!document.ok) return false
  const { value } = document
  return Array.isArray(value) || (isJsonObject(value) && Object.hasOwn(value, 'case'))
}

function searched(folder: string): readonly string[] {
  if (basename(folder) === FOLDER) return filesIn(folder)
  const folders = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .filter(({ name }) => !SKIPPED.has(name))
  return folders.flatMap(({ name }) => searched(join(folder, name)))
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name))
    .filter(({ name }) => !name.startsWith('.') && name !== 'baseline.json')
    .map(({ name }) => join(folder, name))
}
