import type { EventOf } from '../event.ts'
import { callOf } from './batch-call.ts'
import type { BranchDraft, Site } from './draft.ts'

/*
 * How what the user gives becomes slots (S4.33). An answer waits in `answer` until the kernel has
 * judged it.
 */

/** Keeps the user's own words until they are judged; whoever waited for them goes on. */
export function foldInputAnswered({ draft, branch }: Site, event: EventOf<'input.answered'>): void {
  const { call, input, seq } = event
  branch.answer = { call, input }
  draft.own.add({ seq, content: input })
  draft.said.push({ seq, text: typeof input === 'string' ? input : JSON.stringify(input) })
  draft.rest = null
  branch.rest = null
}

/** Takes values; what no call asked for is told to the model as a message of the user's. */
export function foldSlotsFilled(branch: BranchDraft, event: EventOf<'slots.filled'>): void {
  const { values, source, call } = event
  for (const [name, value] of Object.entries(values)) {
    branch.slots[name] = value
    branch.slotSources.set(name, source)
    branch.slotErrors.delete(name)
  }
  if (source === 'input') forgetHeard(branch, Object.keys(values))
  if (source === 'user') branch.answer = null
  if (call !== undefined) {
    const asking = callOf(branch, call)
    asking.filled = [...(asking.filled ?? []), ...Object.keys(values)]
  } else if (source === 'user') goOn(branch, event)
}

/** Keeps why values were not taken. */
export function foldSlotsRejected(branch: BranchDraft, event: EventOf<'slots.rejected'>): void {
  for (const { slot, message } of event.wrong) branch.slotErrors.set(slot, message)
  forgetHeard(
    branch,
    event.wrong.map(({ slot }) => slot),
  )
  branch.answer = null
}

function forgetHeard(branch: BranchDraft, names: readonly string[]): void {
  const read = new Set(names)
  const left = Object.entries(branch.heard).filter(([name]) => !read.has(name))
  branch.heard = Object.fromEntries(left)
}

/** A step that was about to end goes on with the answers, once they are whole. */
function goOn(branch: BranchDraft, { message, open }: EventOf<'slots.filled'>): void {
  if (message !== undefined) branch.transcript.push({ role: 'user', text: message })
  const ends = branch.where.at === 'text' || branch.where.at === 'batch'
  if (ends && open !== true) branch.where = { at: 'ready' }
}
