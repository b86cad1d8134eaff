import { isJsonObject, type Json } from '../core/spec/json.ts'
import { messageOf } from '../core/spec/message-of.ts'
import { ArgumentsError, type LocalTool } from './client-tool.ts'
import type { PendingCall } from './response-shape.ts'
import { aborted } from './transport.ts'

/*
 * The calls of one pause, executed here: side by side, at most so many at once, each with its one
 * result, whatever it throws (S0.28).
 */

/** What came of a call. */
export type CallOutcome =
  | { readonly call: string; readonly ok: true; readonly result: Json }
  | { readonly call: string; readonly ok: false; readonly message: string }

export type CallProgress =
  | {
      readonly type: 'tool.started'
      readonly call: string
      readonly tool: string
      readonly args: Json
    }
  | {
      readonly type: 'tool.returned'
      readonly call: string
      readonly tool: string
      readonly result: Json
    }
  | {
      readonly type: 'tool.failed'
      readonly call: string
      readonly tool: string
      readonly message: string
    }

export interface RunCallsOptions {
  readonly tools: ReadonlyMap<string, LocalTool>
  /** At most so many at once. */
  readonly concurrency: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: (progress: CallProgress) => void
}

/**
 * Outcomes in the order of the calls. Rejects only with `aborted`, at once, also while a tool that
 * does not listen to its signal is under way.
 */
export async function runCalls(
  calls: readonly PendingCall[],
  options: RunCallsOptions,
): Promise<readonly CallOutcome[]> {
  const signal = options.signal ?? new AbortController().signal
  const results: CallOutcome[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < calls.length && !signal.aborted) {
      const index = next
      next += 1
      const call = calls[index]
      if (call !== undefined) results[index] = await runCall(call, { ...options, signal })
    }
  }
  const width = Math.max(1, Math.min(Math.floor(options.concurrency) || 1, calls.length))
  await orAborted(Promise.all(Array.from({ length: width }, work)), signal)
  return results
}

async function runCall(
  call: PendingCall,
  options: RunCallsOptions & { readonly signal: AbortSignal },
): Promise<CallOutcome> {
  const { id, name, args } = call
  const { onProgress, signal } = options
  const fail = (message: string): CallOutcome => {
    onProgress({ type: 'tool.failed', call: id, tool: name, message })
    return { call: id, ok: false, message }
  }
  const tool = options.tools.get(name)
  if (tool?.run === undefined || tool.run === null) {
    const legal = [...options.tools.keys()].join(', ') || 'none'
    return fail(`there is no tool ${name}; tools here: ${legal}`)
  }
  if (!isJsonObject(args)) return fail(`the arguments of ${name} are no JSON object`)
  onProgress({ type: 'tool.started', call: id, tool: name, args })
  let result: Json
  try {
    result = asJson(await tool.run(args, { callId: id, signal }))
  } catch (error) {
    const because = messageOf(error) || 'no reason was given'
    if (error instanceof ArgumentsError)
      return fail(`the arguments of ${name} do not fit: ${because}`)
    return fail(`${name} failed: ${because}`)
  }
  onProgress({ type: 'tool.returned', call: id, tool: name, result })
  return { call: id, ok: true, result }
}

/** What JSON has no word for (a bigint, a circle) throws; undefined is null. */
function asJson(value: unknown): Json {
  const text = JSON.stringify(value) ?? 'null'
  const json: Json = JSON.parse(text)
  return json
}

/** Resolves as `work` does, or rejects as soon as the signal aborts. */
async function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: abortion, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(aborted(signal.reason))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([work, abortion])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
