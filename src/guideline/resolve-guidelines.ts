import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { namedSteps } from '../core/spec/compile/named-steps.ts'
import { gatesNamed } from '../core/spec/guideline/guideline-rules.ts'
import type { Guideline, GuidelinesSpec } from '../core/spec/guideline/guideline.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { GUIDELINE_FOLDER, loadGuidelines, type FolderIssue } from './load-guidelines.ts'

/** A spec that has the texts of its guidelines in it, or what is wrong with them. */
export interface ResolvedGuidelines {
  readonly spec: WorkflowSpec
  readonly issues: readonly FolderIssue[]
}

const TOOL = 'smart_guidelines'

/**
 * Writes into a spec the guidelines that it can come to use, so that its digest covers them by
 * content and a run keeps the ones that it began with (Law 13). They come from the spec itself, its
 * `folder`, the folder `guidelines` beside its file, or what the host gives (`given`), in this order.
 */
export async function resolveGuidelines(
  spec: WorkflowSpec,
  on: {
    /** The workflow's file; null when it was made in code. */
    readonly path: string | null
    /** Those of the host, for workflows that name no folder. */
    readonly given?: readonly Guideline[] | undefined
    /** Tools that the host gives under their names. */
    readonly tools: Iterable<string>
  },
): Promise<ResolvedGuidelines> {
  const asks = asksForThem(spec, new Set(on.tools))
  const written = specOf(spec)
  if ((written === null && !asks) || written?.texts !== undefined) return { spec, issues: [] }
  const folder = written?.folder
  const base = on.path === null ? process.cwd() : dirname(on.path)
  const own = on.path !== null && existsSync(resolve(base, GUIDELINE_FOLDER))
  if (folder === undefined && !own && on.given !== undefined) {
    const texts = on.given.map((each) => withoutClaims(each, spec))
    return { spec: withTexts(spec, { written, texts, asks }), issues: [] }
  }
  const loaded = await loadGuidelines(resolve(base, folder ?? GUIDELINE_FOLDER))
  if (loaded.ok) {
    const { guidelines: texts } = loaded
    return { spec: withTexts(spec, { written, texts, asks }), issues: [] }
  }
  // A tool in scope says nothing of a folder: without one it finds nothing.
  if (written === null) return { spec, issues: [] }
  const { guidelines: _, ...rest } = spec
  return { spec: rest, issues: loaded.issues }
}

function specOf({ guidelines }: WorkflowSpec): GuidelinesSpec | null {
  if (guidelines === undefined) return null
  return 'length' in guidelines ? { ids: guidelines } : guidelines
}

/** True where a step has the built-in tool in scope. */
function asksForThem(spec: WorkflowSpec, given: ReadonlySet<string>): boolean {
  const { module, http, client, workflow } = spec.tools?.[TOOL] ?? {}
  const own = [module, http, client, workflow].some((source) => source !== undefined)
  if (own || given.has(TOOL)) return false
  return namedSteps(spec).some((step) => step.spec.tools?.includes(TOOL) === true)
}

/** Only what the workflow can come to use: an edit of another guideline changes nothing for it. */
function withTexts(
  spec: WorkflowSpec,
  on: {
    readonly written: GuidelinesSpec | null
    readonly texts: readonly Guideline[]
    readonly asks: boolean
  },
): WorkflowSpec {
  const { written, texts, asks } = on
  const ids = written === null ? [] : written.ids
  const all = asks || ids === undefined || written?.match !== undefined
  const named = new Set(ids)
  const used = all ? texts : texts.filter(({ id, always }) => always === true || named.has(id))
  // So that a name that is none is told with what would be one.
  const unknown = (ids ?? []).some((id) => !texts.some((each) => each.id === id))
  const kept = unknown ? texts : used
  return {
    ...spec,
    guidelines: { ...written, ...(ids === undefined ? {} : { ids }), texts: kept },
  }
}

/** A host's guidelines serve many workflows: the gates that this one lacks enforce nothing in it. */
function withoutClaims(guideline: Guideline, { gates = {} }: WorkflowSpec): Guideline {
  if (gatesNamed(guideline).every((gate) => Object.hasOwn(gates, gate))) return guideline
  const { enforced_by: _, ...rest } = guideline
  return rest
}
