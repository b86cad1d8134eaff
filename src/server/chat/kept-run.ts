import type { Event } from '../../core/log/event.ts'
import type { RunRecord } from '../../core/log/record/run-record.ts'
import { jsonEquals } from '../../core/spec/json.ts'
import { LockstepError } from '../../drive/lockstep-error.ts'
import type { Run } from '../../drive/run.ts'
import { ApiError } from '../api-error.ts'
import { readResults } from '../continuation/conversation.ts'
import { jsonOrText } from '../json-or-text.ts'
import { checkResults } from '../responses/take-up.ts'
import { ownsRun } from '../server-context.ts'
import { decodeCall, type CallReference } from './call-reference.ts'
import { clientCalls } from './chat-answer.ts'
import type { ChatMessage } from './chat-body.ts'
import type { ChatHost } from './chat-host.ts'
import { textOf } from './chat-messages.ts'

/*
 * A run that the store keeps, gone on with: it is named by the ids of its calls, and its log says
 * what they are. Whatever else the conversation says of it counts for nothing (Law 3).
 */

/** A tool message at the end of a conversation. */
export interface CallResult {
  /** Its place among the messages. */
  readonly at: number
  readonly id: string
  readonly content: string
}

/** A run that goes on. */
export interface Going {
  readonly id: string
  readonly done: Promise<RunRecord>
}

/** The tool messages at the end. */
export function resultsOf(messages: readonly ChatMessage[]): readonly CallResult[] {
  const from = messages.findLastIndex(({ role }) => role !== 'tool') + 1
  return messages
    .slice(from)
    .flatMap((message, index) =>
      message.role === 'tool'
        ? [{ at: from + index, id: message.tool_call_id, content: textOf(message.content) }]
        : [],
    )
}

/** True where they answer calls of a kept run. */
export function areReferences(results: readonly CallResult[]): boolean {
  return results.some(({ id }) => decodeCall(id) !== null)
}

/**
 * Answers the calls that a run waits for: all of them, once each (Law 6). Throws an ApiError before
 * anything is written: for a run that is not the caller's, a call that does not wait, a result that
 * its tool's `output` does not allow.
 */
export async function answerCalls(
  host: ChatHost,
  on: { readonly results: readonly CallResult[]; readonly workflow: string },
): Promise<Going> {
  const referred = on.results.map((result) => ({ ...result, to: referenceOf(result) }))
  const runs = [...new Set(referred.map(({ to }) => to.run))]
  const [id = ''] = runs
  if (runs.length > 1) throw wrong('messages', 'the results at the end belong to several runs')
  const param = `messages[${referred[0]?.at ?? 0}].tool_call_id`
  const run = await openOwn(host, { run: id, param, workflow: on.workflow })
  const waiting = clientCalls(run.record())
  if (!waiting.some(({ call }) => referred.some(({ to }) => to.call === call))) {
    const again = await answeredBefore(run, host, referred)
    if (again !== null) return again
    const open = waiting.map(({ call }) => call).join(', ') || 'nothing'
    throw wrong(param, `this call does not wait for a result; the run waits for: ${open}`)
  }
  const sent = referred.map(({ at, content, to }) => ({
    call: to.call,
    content,
    failed: false,
    at: `messages[${at}]`,
  }))
  const answers = readResults(sent, waiting)
  checkResults(answers, { run, stored: true, events: [] })
  return { id, done: run.answer(answers) }
}

/**
 * The outcome of the same results, sent again by a client that never heard of it: clients repeat what
 * got no answer. A run that was parked meanwhile goes on. Null where the results were others, or the
 * run has gone on since.
 */
async function answeredBefore(
  run: Run,
  { onEvents }: ChatHost,
  results: readonly { readonly content: string; readonly to: CallReference }[],
): Promise<Going | null> {
  const events: Event[] = []
  for await (const event of run.events()) events.push(event)
  let last = -1
  for (const { content, to } of results) {
    const place = events.findIndex(
      (event) => event.type === 'tool.returned' && event.call === to.call,
    )
    const event = events[place]
    if (event?.type !== 'tool.returned') return null
    if (!jsonEquals(event.output, jsonOrText(content))) return null
    last = Math.max(last, place)
  }
  const since = events.slice(last + 1)
  const rested = since.findIndex(
    ({ type, branch }) => type === 'run.rested' && branch === undefined,
  )
  if (rested !== -1 && rested < since.length - 1) return null
  onEvents(since)
  const done = rested === -1 ? run.resume() : Promise.resolve(run.record())
  return { id: run.id, done }
}

function referenceOf({ id, at }: CallResult): CallReference {
  const reference = decodeCall(id)
  if (reference !== null) return reference
  throw wrong(
    `messages[${at}].tool_call_id`,
    `no run waits for ${id}; answer a call under the id that it was given out with`,
  )
}

/** A run of the caller's, of this workflow. One of somebody else's is not there at all. */
export async function openOwn(
  { server, caller, signal, onText, onEvents }: ChatHost,
  of: { readonly run: string; readonly param: string; readonly workflow: string },
): Promise<Run> {
  const { param } = of
  const unknown = (cause?: unknown): ApiError =>
    new ApiError('not_found_error', `${param}: there is no such run`, {
      code: 'unknown_run',
      param,
      cause,
    })
  if (server.stored === null || !ownsRun(caller, of.run)) throw unknown()
  let run: Run
  try {
    run = await server.stored.open(of.run, { signal, onText, onEvents })
  } catch (error) {
    throw error instanceof LockstepError && error.code === 'unknown_run' ? unknown(error) : error
  }
  const { workflow } = run.record()
  if (workflow === of.workflow) return run
  throw wrong('model', `the run is one of ${workflow}, and ${of.workflow} was asked for`)
}

function wrong(param: string, message: string): ApiError {
  return new ApiError('invalid_request_error', `${param}: ${message}`, {
    code: 'invalid_value',
    param,
  })
}
