import type { Event } from '../core/log/event.ts'
import { runRecord, type RunRecord } from '../core/log/record/run-record.ts'
import { LockstepError } from '../drive/lockstep-error.ts'
import type { LoadedWorkflow } from '../drive/load/loaded-workflow.ts'
import { readPinned } from '../drive/load/read-pinned.ts'
import type { Run } from '../drive/run.ts'
import { createRuntime } from '../drive/runtime.ts'
import type { RunRow, Store } from '../store/store.ts'
import { chooseMind, type MindOptions } from './choose-mind.ts'
import type { Cli } from './cli.ts'
import { showAdvice } from './display/outcome.ts'
import { findRun } from './find/find-run.ts'
import { followRun } from './follow-run.ts'
import { homeMemory } from './home/home-memory.ts'
import { homeArtifacts, withStore } from './home/home.ts'
import { readLog } from './find/read-log.ts'
import { openTraces } from './home/open-traces.ts'
import { homeSecretKey } from './home/secret-key.ts'
import { showError } from './show-error.ts'

/** How somebody goes on with a run of the past. */
export interface GoOn {
  readonly flags: MindOptions & { readonly json?: true }
  /** Looks at the run before it goes on. */
  readonly before?: (past: { readonly store: Store; readonly row: RunRow }) => Promise<void>
  /** An edited workflow to go on under. */
  readonly workflow?: LoadedWorkflow
  readonly migrate?: boolean
  /** Called with events as they are committed. */
  readonly onEvents?: (events: readonly Event[]) => void
  readonly drive: (run: Run) => Promise<RunRecord>
}

/**
 * Opens a run by its id, the beginning of it or `last`, goes on with it and shows it. Where it does
 * not wait for what it was given, says for what it does.
 */
export async function goOn(cli: Cli, given: string, options: GoOn): Promise<void> {
  await withStore(cli.env, async (store) => {
    const row = await findRun(store, given)
    await options.before?.({ store, row })
    const source = options.workflow?.source ?? row.source
    const spec = readPinned(await store.loadDefinition(row.digest))?.spec ?? null
    const chosen = await chooseMind(options.flags, { spec, source, env: cli.env })
    const secretKey = homeSecretKey(cli.env)
    const artifacts = homeArtifacts(cli.env)
    const { mind } = chosen
    const memory = homeMemory(cli.env)
    const telemetry = await openTraces(cli.env)
    const traced = telemetry === null ? {} : { telemetry }
    const own = { secretKey, artifacts, memory, ...traced }
    const runtime = createRuntime({ store, mind, env: cli.env, ...own })
    const open = {
      ...(chosen.model === undefined ? {} : { model: chosen.model }),
      ...(options.workflow === undefined ? {} : { workflow: options.workflow }),
      ...(options.migrate === true ? { migrate: true } : {}),
    }
    const json = options.flags.json === true
    try {
      await followRun(cli, {
        json,
        chosen,
        telemetry,
        drive: async ({ hooks, recall }) => {
          const onEvents = (events: readonly Event[]): void => {
            options.onEvents?.(events)
            hooks.onEvents(events)
          }
          const run = await runtime.open(row.run, { ...hooks, ...open, onEvents })
          await recall(run)
          return options.drive(run)
        },
      })
    } catch (error) {
      const astray = error instanceof LockstepError && error.code === 'not_waiting'
      if (!astray || json) throw error
      await showError(cli, error, { json: false })
      const record = runRecord(await readLog(store, row.run))
      showAdvice(cli.aside, record, { command: cli.command, flags: chosen.flags })
    }
  })
}
