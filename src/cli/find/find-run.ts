import type { RunRow, Store } from '../../store/store.ts'
import { UsageError } from '../usage-error.ts'

const PAGE = 200
const SHOWN = 5

/**
 * Finds a run by its id, by a beginning of it that no other run has (`run_` may be left out), or as
 * `last`, the newest. Throws a UsageError that says what there is.
 */
export async function findRun(store: Store, given: string): Promise<RunRow> {
  const exact = await store.find(given)
  if (exact !== null) return exact
  const [newest] = await store.list({ limit: 1 })
  if (newest === undefined) {
    throw new UsageError('there are no runs yet', {
      advice:
        'start one with `lockstep run FILE`; LOCKSTEP_HOME, or LOCKSTEP_STORE, says where runs are kept',
    })
  }
  if (given === 'last') return newest
  const found = await matches(store, given)
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  if (found.length === 0) {
    throw new UsageError(`there is no run ${given}`, {
      advice: `\`lockstep runs list\` lists them; the newest is ${newest.run}`,
    })
  }
  const ids = found.slice(0, SHOWN).map((row) => row.run)
  const more = found.length > SHOWN ? ', …' : ''
  throw new UsageError(`${found.length} runs begin with ${given}: ${ids.join(', ')}${more}`, {
    advice: 'give more of the id',
  })
}

async function matches(store: Store, beginning: string): Promise<readonly RunRow[]> {
  const found: RunRow[] = []
  let page = await store.list({ limit: PAGE })
  for (;;) {
    found.push(
      ...page.filter(({ run }) => run.startsWith(beginning) || run.startsWith(`run_${beginning}`)),
    )
    const before = page.at(-1)
    if (before === undefined || page.length < PAGE) return found
    page = await store.list({ limit: PAGE, before })
  }
}
