import type { Outline } from '../../core/spec/outline.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import type { RunRow, Store } from '../../store/store.ts'
import type { Definition } from './definition.ts'
import { loadWorkflow } from './load-workflow.ts'
import type { LoadedWorkflow, LoadOptions } from './loaded-workflow.ts'
import { LockstepError } from '../lockstep-error.ts'

/*
 * The definition of a run: the one in the store that it goes by, or the one that somebody gives.
 */

/** Loads a spec. Throws a LockstepError `invalid_workflow` with every issue. */
export async function loadOrThrow(
  spec: WorkflowSpec,
  loading: NonNullable<Parameters<typeof loadWorkflow>[1]>,
): Promise<LoadedWorkflow> {
  const loaded = await loadWorkflow(spec, loading)
  if (loaded.ok) return loaded.workflow
  const summary = loaded.issues.map((issue) => issue.message).join('; ')
  throw new LockstepError('invalid_workflow', summary, { issues: loaded.issues })
}

/** A definition, ready to run. */
export interface Found {
  readonly loaded: LoadedWorkflow
  /** Of the definition that the run goes by. */
  readonly old: Outline | null
}

/** What a run goes by (Law 13), with the modules of its tools as they are now; or what is given instead. */
export async function findDefinition(
  row: RunRow,
  known: {
    readonly store: Store
    readonly loading: LoadOptions
    readonly given: WorkflowSpec | LoadedWorkflow | undefined
  },
): Promise<Found> {
  const { store, loading, given } = known
  if (given !== undefined && !('plan' in given)) {
    const loaded = await loadOrThrow(given, { ...loading, source: row.source })
    if (loaded.plan.digest === row.digest) return { loaded, old: null }
    return findDefinition(row, { ...known, given: loaded })
  }
  const found = await readDefinition(await store.loadDefinition(row.digest))
  const old = found?.outline ?? null
  if (given !== undefined) return { loaded: given, old }
  if (found === undefined) {
    throw new LockstepError(
      'no_definition',
      `the definition ${row.digest} of run ${row.run} is not in the store`,
    )
  }
  const pinned = { ...loading, source: row.source, pinned: found.workflows }
  const loaded = await loadOrThrow(found.spec, pinned)
  // What the store says of the first definition is no evidence once the two do not agree: who edited
  // the one may have edited the other, so it takes a person's word to go on.
  return { loaded, old: loaded.plan.digest === row.digest ? old : null }
}

/** Loads the reader with the first definition, for its validator is slow to load. */
async function readDefinition(pinned: string | null): Promise<Definition | undefined> {
  const { readPinned } = await import('./read-pinned.ts')
  return readPinned(pinned)
}
