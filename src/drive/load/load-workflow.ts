import { messageOf } from '../../core/spec/message-of.ts'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { errorAt, type Issue } from '../../core/spec/issue.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import type { SpecOptions } from './load-workflows.ts'
import type { Loaded, LoadOptions, PlacedIssue } from './loaded-workflow.ts'

/*
 * A workflow with everything it takes to run it: file or object in, plan and tool runners out.
 */

/**
 * Reads a workflow file: YAML, JSON, or a TypeScript or JavaScript module whose default export (or
 * export `workflow`) is a spec. Every issue has its line and column. Importing modules runs code.
 */
export function loadWorkflowFile(file: string, options: LoadOptions = {}): Promise<Loaded> {
  return loadFile(file, { ...options, chain: [resolve(file)] })
}

const loadFile: SpecOptions['loadFile'] = async (file, options) => {
  const path = resolve(file)
  if (/\.[cm]?[jt]s$/.test(path)) return loadModule(file, { ...options, path })
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const message = `cannot read ${file}: ${messageOf(error)}`
    return { ok: false, issues: [{ ...errorAt([], message), file }] }
  }
  const { readDocument } = await import('../../dialect/document.ts')
  const document = readDocument(text)
  if (!document.ok) {
    const issues = document.issues.map(({ message, line, column }) => ({
      ...errorAt([], message),
      file,
      place: { line, column },
    }))
    return { ok: false, issues }
  }
  const loaded = await loadSpec(document.value, { ...options, path })
  return placed(loaded, (issue) => ({ ...issue, file, place: document.locate(issue.path) }))
}

/** Says of each issue and warning where it is; those of a file that it runs say so already. */
function placed(loaded: Loaded, place: (issue: Issue) => PlacedIssue): Loaded {
  const add = (issue: PlacedIssue): PlacedIssue => (issue.file === undefined ? place(issue) : issue)
  if (!loaded.ok) return { ok: false, issues: loaded.issues.map(add) }
  const { workflow } = loaded
  return { ok: true, workflow: { ...workflow, warnings: workflow.warnings.map(add) } }
}

async function loadModule(
  file: string,
  options: LoadOptions & Pick<SpecOptions, 'chain'> & { readonly path: string },
): Promise<Loaded> {
  const { path } = options
  const failure = (message: string): Loaded => ({
    ok: false,
    issues: [{ ...errorAt([], message), file }],
  })
  let module: object
  try {
    module = await import(/* @vite-ignore */ pathToFileURL(path).href)
  } catch (error) {
    return failure(`cannot import ${file}: ${messageOf(error)}`)
  }
  const spec: unknown = Reflect.get(module, 'default') ?? Reflect.get(module, 'workflow')
  if (spec === undefined) {
    const exported = Object.keys(module).join(', ') || 'nothing'
    return failure(`export the workflow as default or as \`workflow\`; ${file} exports ${exported}`)
  }
  return placed(await loadSpec(spec, options), (issue) => ({ ...issue, file }))
}

/**
 * Loads a spec that is there already. Paths in it are relative to `source`, the file it came from,
 * or to the working folder when it was made in code. `pinned` holds the workflows that it runs, as a
 * run began with them (Law 13).
 */
export function loadWorkflow(
  spec: WorkflowSpec,
  options: LoadOptions & Pick<SpecOptions, 'pinned'> & { readonly source?: string | null } = {},
): Promise<Loaded> {
  const path = options.source ?? null
  return loadSpec(spec, { ...options, path, chain: path === null ? [] : [path] })
}

/** Loads the validators with the first spec, for they take longer than everything else here. */
async function loadSpec(value: unknown, options: Omit<SpecOptions, 'loadFile'>): Promise<Loaded> {
  const load = await import('./load-spec.ts')
  return load.loadSpec(value, { ...options, loadFile })
}
