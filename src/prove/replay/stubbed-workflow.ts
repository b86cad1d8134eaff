import type { WorkflowSpec } from '../../core/spec/spec.ts'
import { loadWorkflow, loadWorkflowFile } from '../../drive/load/load-workflow.ts'
import type {
  InlineTools,
  Loaded,
  LoadedWorkflow,
  PlacedIssue,
} from '../../drive/load/loaded-workflow.ts'
import type { FileTool } from './case-file.ts'
import { stubTools } from './stub-tools.ts'

/*
 * A workflow whose tools answer with what was recorded. Its gates, steps, schemas and effects stay
 * as their author wrote them; a tool that has no implementation gets the file's description of it.
 */

/** A loaded workflow and how the file's tools are called there. */
export interface StubbedWorkflow {
  readonly workflow: LoadedWorkflow
  readonly names: ReadonlyMap<string, string>
  readonly spec: WorkflowSpec
  /** What is doubtful in the workflow's file, as people read it. */
  readonly warnings: readonly string[]
}

/** Loads a workflow file for the tools of a file of cases. Throws an Error with every issue. */
export async function loadStubbed(
  file: string,
  described: readonly FileTool[],
): Promise<StubbedWorkflow> {
  const { tools, names } = stubTools(described)
  const { plan } = opened(await loadWorkflowFile(file, { tools }), file)
  const own = withoutImplementation(tools, plan.spec)
  const workflow = opened(await loadWorkflowFile(file, { tools: own }), file)
  return { workflow, names, spec: plan.spec, warnings: linesOf(workflow.warnings, file) }
}

/** Loads a changed spec of the same file. Throws an Error with every issue. */
export async function loadVariant(
  spec: WorkflowSpec,
  options: { readonly described: readonly FileTool[]; readonly source: string | null },
): Promise<StubbedWorkflow> {
  const { tools, names } = stubTools(options.described)
  const own = withoutImplementation(tools, spec)
  const loaded = await loadWorkflow(spec, { tools: own, source: options.source })
  return { workflow: opened(loaded, options.source ?? spec.workflow), names, spec, warnings: [] }
}

/** What a workflow's module, request or sub-workflow says of a tool goes before the file's word. */
function withoutImplementation(tools: InlineTools, spec: WorkflowSpec): InlineTools {
  const isBare = (name: string): boolean => {
    const { module, http, workflow } = spec.tools?.[name] ?? {}
    return module === undefined && http === undefined && workflow === undefined
  }
  return Object.fromEntries(Object.entries(tools).filter(([name]) => isBare(name)))
}

function opened(loaded: Loaded, file: string): LoadedWorkflow {
  if (loaded.ok) return loaded.workflow
  throw new Error(linesOf(loaded.issues, file).join('\n'))
}

function linesOf(issues: readonly PlacedIssue[], file: string): readonly string[] {
  return issues.map(({ severity, place, path, message }) => {
    const where = place === undefined ? '' : `:${place.line}:${place.column}`
    const doubtful = severity === 'warning' ? 'warning: ' : ''
    return `${file}${where} ${doubtful}${path.join('.')}: ${message}`
  })
}
