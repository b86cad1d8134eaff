import { fold } from '../../core/log/fold/fold.ts'
import type { State } from '../../core/log/state.ts'
import { readLogged } from './verify-log.ts'
import type { ChainedLog, RunHead, RunRow } from '../store.ts'
import { damage, type Damage } from './damage.ts'

/**
 * What the run's row says of a whole log, against the log itself: no hash covers the row, yet lists
 * show it and a run is opened by it. Nothing where the row is of another moment than the log.
 * Call it only for a log in which `verifyLog` found no damage. (S1.17)
 */
export function verifyRow(log: ChainedLog, row: RunRow): readonly Damage[] {
  if (row.head !== log.head) return []
  const state = fold([], readLogged(log))
  const columns = ['workflow', 'digest', 'reason', 'step'] as const
  return columns.flatMap((column) => {
    const expected = columnOf(state, column)
    if (row[column] === expected) return []
    const message = `the run's row says ${row[column] ?? 'nothing'} for its ${column}, and the log ${expected ?? 'nothing'}: the row was changed`
    return [damage('head', { seq: log.head, message })]
  })
}

function columnOf(state: State, column: Exclude<keyof RunHead, 'source'>): string | null {
  switch (column) {
    case 'workflow':
      return state.workflow
    case 'digest':
      return state.digest
    case 'reason':
      return state.rest?.reason ?? null
    case 'step':
      return state.branch.step
  }
}
