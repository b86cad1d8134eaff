import { readdir } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { errorAt, firstIssues } from '../../core/spec/issue.ts'
import { legalName, type NearbyTool, type Surroundings } from '../../dialect/canonical.ts'
import type { DialectDocument } from '../../dialect/dialect.ts'
import { aboutOf, findToolsBeside } from '../../tool/tools-beside.ts'
import type { SpecOptions } from './load-workflows.ts'
import type { Loaded, PlacedIssue } from './loaded-workflow.ts'

/**
 * Loads a document of one of the seeds' own formats: reads it as a canonical spec with what lies
 * around it (tools given in code, a tools.ts beside the file), loads that, and puts every issue where
 * it stands in the document.
 */
export async function loadDialect(
  { dialect, value }: DialectDocument,
  loading: {
    readonly options: SpecOptions
    readonly loadSpec: (value: unknown, options: SpecOptions) => Promise<Loaded>
  },
): Promise<Loaded> {
  const { options, loadSpec } = loading
  const around = await lookAround(options)
  if (typeof around === 'string') return { ok: false, issues: [errorAt([], around)] }
  const { spec, issues, original } = dialect.read(value, around)
  if (issues.some(({ severity }) => severity === 'error')) return { ok: false, issues }
  const loaded = await loadSpec(spec, options)
  const move = (issue: PlacedIssue): PlacedIssue =>
    issue.file === undefined ? { ...issue, path: original(issue.path) } : issue
  if (!loaded.ok) return { ok: false, issues: firstIssues([...loaded.issues.map(move), ...issues]) }
  const { workflow } = loaded
  return {
    ok: true,
    workflow: { ...workflow, warnings: [...issues, ...workflow.warnings.map(move)] },
  }
}

/** What lies around a document; a text says why its tools cannot be read. */
async function lookAround(options: SpecOptions): Promise<Surroundings | string> {
  const { path } = options
  const tools = new Map<string, NearbyTool>()
  const beside = path === null ? null : await findToolsBeside(dirname(path))
  if (beside?.ok === false) return beside.message
  for (const [name, about] of beside?.abouts ?? []) {
    tools.set(name, { about, module: beside?.module ?? null })
  }
  for (const [name, tool] of Object.entries(options.tools ?? {})) {
    tools.set(name, { about: aboutOf(tool), module: null })
  }
  const files = new Set(path === null ? [] : await readdir(dirname(path)))
  return { name: nameOf(path), tools, files }
}

/** A file's own name, or its folder's where the file is only called `workflow` or `agent`. */
function nameOf(path: string | null): string {
  if (path === null) return 'agent'
  const name = legalName(basename(path, extname(path)))
  const folder = legalName(basename(dirname(path)))
  return (['workflow', 'agent', ''].includes(name) ? folder : name) || 'agent'
}
