import { existsSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { subWorkflows, type SubWorkflow } from '../../core/spec/compile/compile-workflows.ts'
import { errorAt, type IssuePath } from '../../core/spec/issue.ts'
import type { Plan } from '../../core/spec/plan.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import type { Definition } from './definition.ts'
import type { Loaded, LoadedWorkflow, LoadOptions, PlacedIssue } from './loaded-workflow.ts'

/** What loading a spec needs to know of where it stands among others. */
export interface SpecOptions extends LoadOptions {
  /** The file that it came from; null when it was made in code. */
  readonly path: string | null
  /** The files above it, itself last: none of them may be run by it. */
  readonly chain: readonly string[]
  /** What a run began with, by name, in the place of files that may have changed since (Law 13). */
  readonly pinned?: Definition['workflows'] | undefined
  /** Loads a workflow's file; `shown` is what it is called in messages. */
  loadFile(shown: string, options: LoadOptions & Pick<SpecOptions, 'chain'>): Promise<Loaded>
}

type LoadSpec = (value: unknown, options: SpecOptions) => Promise<Loaded>

/** The workflows that a spec runs, by name, and what is wrong with those that are not among them. */
export interface LoadedSubWorkflows {
  readonly workflows: ReadonlyMap<string, LoadedWorkflow>
  readonly plans: ReadonlyMap<string, Plan>
  readonly issues: readonly PlacedIssue[]
  readonly warnings: readonly PlacedIssue[]
}

/**
 * Loads every workflow that a spec names in `run` and `workflow`, and those that they name; each
 * once. An issue in a file names that file; a circle is an issue that names the whole of it (S3.18).
 */
export async function loadWorkflows(
  spec: WorkflowSpec,
  loading: { readonly options: SpecOptions; readonly loadSpec: LoadSpec },
): Promise<LoadedSubWorkflows> {
  const workflows = new Map<string, LoadedWorkflow>()
  const issues: PlacedIssue[] = []
  const warnings: PlacedIssue[] = []
  const seen = new Set<string>()
  for (const sub of subWorkflows(spec)) {
    if (seen.has(sub.key)) continue
    seen.add(sub.key)
    const loaded = below(sub.at, await loadOne(sub, loading))
    if (!loaded.ok) issues.push(...loaded.issues)
    else {
      workflows.set(sub.key, loaded.workflow)
      warnings.push(...loaded.workflow.warnings)
    }
  }
  const plans = new Map([...workflows].map(([key, { plan }]) => [key, plan] as const))
  return { workflows, plans, issues, warnings }
}

async function loadOne(
  { key, ref }: SubWorkflow,
  loading: { readonly options: SpecOptions; readonly loadSpec: LoadSpec },
): Promise<Loaded> {
  const { options, loadSpec } = loading
  const { pinned: all, ...rest } = options
  const base = options.path === null ? process.cwd() : dirname(options.path)
  const path = typeof ref === 'string' ? resolve(base, ref) : options.path
  const pinned = all?.get(key)
  if (pinned !== undefined) {
    return loadSpec(pinned.spec, { ...rest, path, pinned: pinned.workflows })
  }
  if (typeof ref !== 'string' || path === null) return loadSpec(ref, rest)
  const { chain } = options
  if (chain.includes(path)) {
    const circle = [...chain.slice(chain.indexOf(path)), path].map(shownPath).join(' → ')
    return failed(`a workflow cannot run itself: ${circle}`)
  }
  if (!existsSync(path)) return failed(`there is no file ${ref} (looked for ${shownPath(path)})`)
  return options.loadFile(shownPath(path), { ...rest, chain: [...chain, path] })
}

/** At the reference itself: `below` puts it there. */
function failed(message: string): Loaded {
  return { ok: false, issues: [errorAt([], message)] }
}

/** Issues of a workflow written in place stand below its place; those of a file have their own. */
function below(at: IssuePath, loaded: Loaded): Loaded {
  const move = (issue: PlacedIssue): PlacedIssue =>
    issue.file === undefined ? { ...issue, path: [...at, ...issue.path] } : issue
  if (!loaded.ok) return { ok: false, issues: loaded.issues.map(move) }
  const { workflow } = loaded
  return { ok: true, workflow: { ...workflow, warnings: workflow.warnings.map(move) } }
}

/** A path as people read it: from the working folder where it lies in it. */
function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') || isAbsolute(near) ? path : near
}
