import type { Context } from 'hono'
import { parseTraceparent } from '../../telemetry/trace-context.ts'
import type { Caller } from '../server-context.ts'

/** Longer ones are of no version that there is, and a log keeps what a run began with. */
const LONGEST = 128

/** The trace that a request belongs to, by its `traceparent`; one that is none is not passed on. */
export function traceOf(c: Context): Pick<Caller, 'trace'> {
  const trace = c.req.header('traceparent')?.trim() ?? ''
  if (trace.length > LONGEST || parseTraceparent(trace) === null) return {}
  return { trace }
}

/** The same as an option of a start. */
export function tracedBy({ trace }: Caller): { readonly traceparent?: string } {
  return trace === undefined ? {} : { traceparent: trace }
}
