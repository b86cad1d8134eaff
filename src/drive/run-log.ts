import type { Event } from '../core/log/event.ts'
import { createFold, type Fold } from '../core/log/fold/fold.ts'
import { runRecord, type RunRecord } from '../core/log/record/run-record.ts'
import { upcast } from '../core/log/upcast.ts'
import { StoreError, type Store } from '../store/store.ts'
import type { LoadedWorkflow } from './load/loaded-workflow.ts'
import { checkpointsOf, type CheckpointShown } from './go-back.ts'
import { LockstepError } from './lockstep-error.ts'
import type { Telemetry } from './telemetry.ts'

interface RunLogOptions {
  readonly id: string
  readonly store: Store
  readonly workflow: LoadedWorkflow
  readonly telemetry?: Telemetry | undefined
}

/** A run's log as one handle follows it: what it folded, and what it shows. */
export interface RunLog {
  readonly fold: Fold
  catchUp(): Promise<void>
  readonly committed: (events: readonly Event[]) => void
  begin(): void
  end(): void
  isDriving(): boolean
  /** Resolves once the run is in the store, or nobody here brings it there. */
  begun(): Promise<void>
  events(): AsyncIterable<Event>
  record(): RunRecord
  checkpoints(): readonly CheckpointShown[]
}

/** Follows a run's log from its beginning; nothing is read before `catchUp`. */
export function createRunLog(options: RunLogOptions): RunLog {
  const { store, id, workflow } = options
  const fold = createFold(workflow.plan.histories)
  const follower = options.telemetry?.follow(workflow.plan)
  const events: Event[] = []
  const watchers = new Set<() => void>()
  let driving = false
  const notify = (): void => {
    for (const wake of watchers) wake()
  }
  return {
    fold,
    async catchUp() {
      if (fold.state.seq !== events.length) {
        throw new StoreError('failed', `a write of run ${id} failed; open the run again to go on`)
      }
      for (const stored of await store.read(id, fold.state.seq)) {
        const read = upcast(stored)
        if (!read.ok) throw new LockstepError('newer_log', read.message)
        fold.add(read.event)
        events.push(read.event)
        follower?.saw([read.event])
      }
    },
    committed(batch) {
      events.push(...batch)
      follower?.committed(batch)
      notify()
    },
    begin() {
      driving = true
    },
    end() {
      driving = false
      notify()
    },
    isDriving: () => driving,
    async *events() {
      for (let index = 0; ;) {
        for (let event = events[index]; event !== undefined; event = events[++index]) yield event
        if (!driving) return
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            watchers.delete(wake)
            resolve()
          }
          watchers.add(wake)
        })
      }
    },
    async begun() {
      await this.events()[Symbol.asyncIterator]().next()
    },
    record: () => runRecord(events),
    checkpoints: () => checkpointsOf(fold, (seq) => events[seq - 1]?.at ?? 0),
  }
}
