import { randomUUID } from 'node:crypto'
import type { CallModel } from '../core/decide/effect.ts'
import type { Event } from '../core/log/event.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import type { RunRow, Store } from '../store/store.ts'
import { stated } from './approve.ts'
import { assertPriced } from './assert-priced.ts'
import { chooseGuidelines } from './choose-guidelines.ts'
import type { LoadedWorkflow } from './load/loaded-workflow.ts'
import { findDefinition, loadOrThrow } from './load/find-definition.ts'
import { forkRun, type ForkOptions } from './fork.ts'
import { joinSignals } from './join-signals.ts'
import { LockstepError } from './lockstep-error.ts'
import { writableInput } from './open-vault.ts'
import { importEvents } from './import-run.ts'
import { openRun, startRun, type Run } from './run.ts'
import { startEvents } from './start-events.ts'
import type { ResumeOptions, RuntimeOptions, StartOptions } from './runtime-options.ts'
import { putTogether, tenantOf, withBuiltIns, type RuntimeParts } from './runtime-parts.ts'

/*
 * The runtime: a store, a mind and tools, put together once; runs start and go on from here.
 */

export interface Runtime {
  /** Compiles a workflow with this runtime's tools; rejects with `invalid_workflow` and every issue. */
  load(workflow: WorkflowSpec): Promise<LoadedWorkflow>
  /** Starts a run. Rejects with `invalid_workflow` or `invalid_input` before anything is written. */
  start(workflow: WorkflowSpec | LoadedWorkflow, options?: StartOptions): Promise<Run>
  /**
   * Opens a run by its id, under the definition that it began with; it does not go on by itself.
   * Where that has changed since, or another is given, it goes on if nothing differs that it can
   * still reach; else everything but reading, cancelling and people's answers (which are recorded as
   * refused) rejects with `definition_changed`, unless `migrate` says otherwise.
   */
  open(id: string, options?: ResumeOptions): Promise<Run>
  /**
   * Takes in a run whose log was kept elsewhere, whole and unchanged; it goes on when it is asked to.
   * Rejects with `run_exists` where the store has it already.
   */
  import(workflow: LoadedWorkflow, events: readonly Event[]): Promise<Run>
  /** Makes a run of another's first events; it has no grants, shares its places, and waits for `resume`. */
  fork(id: string, options?: ForkOptions): Promise<Run>
  list(query?: { readonly limit?: number }): Promise<readonly RunRow[]>
  close(): Promise<void>
}

const PINNED = { old: null, migrate: false }

/** Puts a runtime together. With no options it runs in memory against the models of the environment. */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  const parts = putTogether(options)
  const { shared, loading, pin, openVault } = parts
  const { store } = shared
  const open: Runtime['open'] = async (id, resume = {}) => {
    const row = await knownRow(store, id)
    const { loaded, old } = await findDefinition(row, { store, loading, given: resume.workflow })
    if (loaded.plan.digest !== row.digest) await pin(loaded.plan)
    if (resume.model !== undefined) assertPriced(loaded.plan, resume.model)
    return openRun({
      ...runOptions(resume, options.signal),
      ...shared,
      id,
      tenant: tenantOf(options, id),
      adoption: { old, migrate: resume.migrate === true },
      model: resume.model ?? null,
      ...(resume.expected === undefined ? {} : { expected: resume.expected }),
      vault: () => openVault(loaded.plan),
      workflow: withBuiltIns(loaded, options),
    })
  }
  return {
    load: (workflow) => loadOrThrow(workflow, loading),
    start: starter(options, parts),
    open,
    async import(loaded, events) {
      await pin(loaded.plan)
      return open(await importEvents({ store, plan: loaded.plan, events, source: loaded.source }))
    },
    async fork(id, { id: copy = newRunId(), ...how } = {}) {
      const row = await knownRow(store, id)
      const { loaded } = await findDefinition(row, { store, loading, given: undefined })
      const vault = openVault(loaded.plan)
      await forkRun({ ...how, ...shared, id: copy, plan: loaded.plan, row })
      await vault?.load(copy, row.run)
      await vault?.save()
      return open(copy)
    },
    list: (query = {}) => store.list({ limit: query.limit ?? 50 }),
    close: () => store.close(),
  }
}

/** Starts runs: their first events are there before the first is written. */
function starter(
  options: RuntimeOptions,
  { shared, loading, pin, openVault }: RuntimeParts,
): Runtime['start'] {
  return async (workflow, start = {}) => {
    const loaded = 'plan' in workflow ? workflow : await loadOrThrow(workflow, loading)
    const { plan } = loaded
    const id = start.id ?? newRunId()
    const vault = openVault(plan)
    const input = writableInput(start.input ?? {}, { plan, vault })
    const { embed } = options
    const guidelines = await chooseGuidelines(plan, { id, input, start, mind: shared.mind, embed })
    const first = startEvents(plan, {
      id,
      input,
      session: start.session ?? {},
      ...(start.by === undefined ? {} : { by: start.by }),
      ...(start.model === undefined ? {} : { model: start.model }),
      ...(start.history === undefined ? {} : { history: start.history }),
      ...(start.request === undefined ? {} : { request: start.request }),
      ...(start.traceparent === undefined ? {} : { traceparent: start.traceparent }),
      guidelines,
    })
    const words = (start.states ?? []).map(stated)
    await pin(plan)
    return startRun(
      {
        ...runOptions(start, options.signal),
        ...shared,
        id,
        tenant: tenantOf(options, id),
        adoption: PINNED,
        model: null,
        vault: () => vault,
        workflow: withBuiltIns(loaded, options),
      },
      [...first, ...words],
    )
  }
}

async function knownRow(store: Store, id: string): Promise<RunRow> {
  const row = await store.find(id)
  if (row === null) throw new LockstepError('unknown_run', `there is no run ${id}`)
  return row
}

function runOptions(
  options: StartOptions,
  all: AbortSignal | undefined,
): {
  readonly signal: AbortSignal
  readonly onText: (delta: string, effect: CallModel) => void
  readonly onEvents: (events: readonly Event[]) => void
} {
  return {
    signal: joinSignals(options.signal, all),
    onText: options.onText ?? (() => {}),
    onEvents: options.onEvents ?? (() => {}),
  }
}

/** Sorts by time, so that a list of ids reads in order. */
function newRunId(): string {
  return `run_${Date.now().toString(36)}_${randomUUID().slice(0, 8)}`
}
