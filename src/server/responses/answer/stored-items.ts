import type { Desk } from '../job.ts'
import { saidSince } from './output-items.ts'
import type { InputItem } from '../request/request-schema.ts'
import { openStored } from '../take-up.ts'

const ITEM = /^(?:msg|rs)_([0-9a-f]{32})_[0-9a-z_-]{1,16}$/

/** An item that a kept run gave out; null where there is none. */
export async function findStoredItem(desk: Desk, id: string): Promise<InputItem | null> {
  const [, hex] = ITEM.exec(id) ?? []
  if (hex === undefined) return null
  const run = `${desk.caller.tenant}~${hex}`
  const taken = await openStored(desk, run)
  if (taken === null) return null
  const { items } = saidSince(taken.events, { run, from: 0, reasoning: true })
  const item = items.find((each) => each.id === id)
  return item === undefined ? null : { ...item }
}
