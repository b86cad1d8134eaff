import { errorAt, type IssuePath } from '../../core/spec/issue.ts'
import { loadWorkflowFile } from '../../drive/load/load-workflow.ts'
import type { Loaded, LoadedWorkflow, PlacedIssue } from '../../drive/load/loaded-workflow.ts'
import { checkNames } from './check-names.ts'
import type { EvalCase } from './eval-case.ts'
import { findEvals } from './find-evals.ts'
import { readEvals } from './read-evals.ts'

/** A case with its workflow, ready to be run. */
export interface LoadedCase {
  readonly eval: EvalCase
  readonly workflow: LoadedWorkflow
}

export interface LoadedEvals {
  readonly cases: readonly LoadedCase[]
  /** Cases of other workflows in the same files, where only one workflow's were wanted. */
  readonly others: readonly EvalCase[]
  /** Paths that could not be used, in words. */
  readonly problems: readonly string[]
  /** What is wrong in eval files, their scripts and their workflows; each in its place. */
  readonly issues: readonly PlacedIssue[]
}

/** Finds and reads the cases at these paths, and compiles each workflow once; runs nothing. */
export async function loadEvals(
  paths: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<LoadedEvals> {
  const { files, only, problems } = await findEvals(paths)
  const workflows = new Map<string, Loaded>()
  const issues: PlacedIssue[] = []
  const cases: LoadedCase[] = []
  const others: EvalCase[] = []
  for (const file of files) {
    const read = await readEvals(file)
    issues.push(...read.issues)
    const names = new Set<string>()
    for (const each of read.cases) {
      const wanted = only.get(file)
      if (wanted !== undefined && wanted !== each.workflow) {
        others.push(each)
        continue
      }
      const loaded =
        workflows.get(each.workflow) ?? (await loadWorkflowFile(each.workflow, { env }))
      // One that cannot be used is told of once.
      if (!loaded.ok && !workflows.has(each.workflow)) issues.push(...loaded.issues)
      workflows.set(each.workflow, loaded)
      if (!loaded.ok) continue
      const wrong = issuesOf(each, { workflow: loaded.workflow, names })
      issues.push(...wrong)
      if (wrong.length === 0) cases.push({ eval: each, workflow: loaded.workflow })
    }
  }
  return { cases, others, problems, issues }
}

function issuesOf(
  each: EvalCase,
  on: { readonly workflow: LoadedWorkflow; readonly names: Set<string> },
): readonly PlacedIssue[] {
  const { plan } = on.workflow
  const at = (path: IssuePath, message: string): PlacedIssue => ({
    ...errorAt(path, message),
    file: each.file,
    place: each.locate(path),
  })
  const { soft = {}, ...gates } = each.criteria
  const found = [
    ...checkNames(gates, plan).map(({ path, message }) => at(['criteria', ...path], message)),
    ...checkNames(soft, plan).map(({ path, message }) =>
      at(['criteria', 'soft', ...path], message),
    ),
  ]
  if (on.names.has(each.name)) {
    found.push(
      at(['case'], `the file has a case \`${each.name}\` already; a baseline goes by names`),
    )
  }
  on.names.add(each.name)
  const wrong = plan.input?.(each.input) ?? null
  if (wrong !== null && !hasSecrets(on.workflow)) {
    found.push(at(['input'], `the input does not fit ${plan.name}: ${wrong}`))
  }
  return found
}

/** The schema is then of references; the start says what is wrong. */
function hasSecrets({ plan }: LoadedWorkflow): boolean {
  return plan.secretInput !== null
}
