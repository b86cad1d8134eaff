import { createHash } from 'node:crypto'

/*
 * Whose trace a run's spans belong to. Ids are made of the run's id and of places in its log, so that
 * the process that resumes a run goes on with the same trace.
 */

/** A span, named from anywhere. Both ids are lower-case hex. */
export interface SpanContext {
  readonly traceId: string
  readonly spanId: string
}

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(?:-.*)?$/

/**
 * Reads a W3C `traceparent`; null where it is none, whose trace then begins with the run. Later
 * versions are read as far as this one goes, as the standard asks.
 */
export function parseTraceparent(text: string): SpanContext | null {
  const found = TRACEPARENT.exec(text.trim())
  if (found === null) return null
  const [, version, traceId = '', spanId = ''] = found
  if (version === 'ff' || (version === '00' && text.trim().length !== 55)) return null
  return isZero(traceId) || isZero(spanId) ? null : { traceId, spanId }
}

/** The trace of a run that nobody else began one for. */
export function traceIdOf(run: string): string {
  return hexOf(`trace ${run}`, 32)
}

/** The span that an event of a run opens; `part` tells several of them apart. */
export function spanIdOf(
  event: { readonly run: string; readonly seq: number },
  part: string,
): string {
  return hexOf(`span ${event.seq} ${part} ${event.run}`, 16)
}

function hexOf(text: string, length: number): string {
  const hex = createHash('sha256').update(text).digest('hex').slice(0, length)
  return isZero(hex) ? hex.replace(/0$/, '1') : hex
}

/** All zeros names nothing. */
function isZero(id: string): boolean {
  return /^0+$/.test(id)
}
