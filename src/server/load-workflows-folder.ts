import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { recogniseDialect } from '../dialect/dialect.ts'
import { readDocument } from '../dialect/document.ts'
import { loadWorkflowFile } from '../drive/load/load-workflow.ts'
import type { LoadedWorkflow, LoadOptions, PlacedIssue } from '../drive/load/loaded-workflow.ts'
import { LockstepError } from '../drive/lockstep-error.ts'

/*
 * The workflows of a server: files and folders in, workflows by name out.
 */

const WORKFLOW_FILE = /^workflow\.(?:ya?ml|json|[cm]?[jt]s)$/
const DATA_FILE = /\.(?:ya?ml|json)$/

/**
 * Loads files, and of folders: each YAML or JSON file that is a workflow, and the `workflow.*` of
 * each folder in it. Throws a LockstepError `invalid_workflow` with every issue of every file in its
 * place, for a path with no workflow, and for a name that two of them have.
 */
export async function loadWorkflows(
  paths: readonly string[],
  options: LoadOptions,
): Promise<ReadonlyMap<string, LoadedWorkflow>> {
  const found = new Map<string, LoadedWorkflow>()
  const issues: PlacedIssue[] = []
  for (const file of (await Promise.all(paths.map(filesAt))).flat()) {
    const loaded = await loadWorkflowFile(file, options)
    if (!loaded.ok) {
      issues.push(...loaded.issues)
      continue
    }
    const { workflow } = loaded
    const { name } = workflow.plan
    const other = found.get(name)
    if (other !== undefined) {
      throw invalid(`two workflows are called ${name}: ${other.source ?? 'code'} and ${file}`)
    }
    found.set(name, workflow)
  }
  if (issues.length > 0) throw invalid('not every workflow can be used as it is', issues)
  return found
}

async function filesAt(path: string): Promise<readonly string[]> {
  const stats = await stat(path).catch(() => null)
  if (stats === null) throw invalid(`there is no file or folder ${path}`)
  if (!stats.isDirectory()) return [path]
  const entries = await readdir(path, { withFileTypes: true })
  const files: string[] = []
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const inner = join(path, entry.name)
    if (entry.isDirectory()) {
      const names = entry.name === 'node_modules' ? [] : await readdir(inner)
      files.push(
        ...names.filter((name) => WORKFLOW_FILE.test(name)).map((name) => join(inner, name)),
      )
    } else if (await isWorkflow(inner)) {
      files.push(inner)
    }
  }
  if (files.length === 0) throw invalid(`there is no workflow in ${path}`)
  return files
}

/** Scripts, inputs and settings lie beside workflows. */
async function isWorkflow(file: string): Promise<boolean> {
  if (WORKFLOW_FILE.test(basename(file))) return true
  if (!DATA_FILE.test(file)) return false
  const document = readDocument(await readFile(file, 'utf8'))
  // A file that cannot be read is somebody's workflow more likely than not: its issues are shown.
  if (!document.ok) return true
  const { value } = document
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.hasOwn(value, 'workflow') || recogniseDialect(value) !== null
}

function invalid(message: string, issues: readonly PlacedIssue[] = []): LockstepError {
  return new LockstepError('invalid_workflow', message, { issues })
}
