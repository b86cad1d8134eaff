import { randomBytes } from 'node:crypto'
import type { Caller } from '../server-context.ts'

/*
 * Names that clients send back. A run is `TENANT~HEX`; a response of it `resp_HEX_SEQ`, where SEQ is
 * how many events there were before it; a call that must lead back to its run has what leads there
 * behind its own id: `call_1.ls1.HEX_SEQ` with a store, and the whole continuation without one.
 */

const MARK = '.ls1.'
const REFERENCE = /^resp_([0-9a-f]{32})_([0-9a-z]{1,8})$/

/** A new run of a caller; nobody else's ids begin like it. */
export function newRun({ tenant }: Caller): string {
  return `${tenant}~${randomBytes(16).toString('hex')}`
}

/** A run without its tenant. */
export function hexOf(run: string): string {
  return run.slice(run.indexOf('~') + 1)
}

export function responseId(run: string, from: number): string {
  return `resp_${hexOf(run)}_${from.toString(36)}`
}

/** The run that a response is of, and where it began; null for what is no response's id. */
export function readResponseId(
  id: string,
  { tenant }: Caller,
): { readonly run: string; readonly from: number } | null {
  const [, hex, from] = REFERENCE.exec(id) ?? []
  if (hex === undefined || from === undefined) return null
  return { run: `${tenant}~${hex}`, from: Number.parseInt(from, 36) }
}

/** A call's id with what leads back to its run. */
export function carriedCallId(call: string, carrier: string): string {
  return `${call}${MARK}${carrier}`
}

/** A call's own id. */
export function plainCallId(id: string): string {
  const at = id.indexOf(MARK)
  return at === -1 ? id : id.slice(0, at)
}

/** What leads back to the run; null where nothing does. */
export function carrierOf(id: string): string | null {
  const at = id.indexOf(MARK)
  return at === -1 ? null : id.slice(at + MARK.length)
}
