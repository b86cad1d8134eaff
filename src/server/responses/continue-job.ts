import type { Event } from '../../core/log/event.ts'
import type { JsonObject } from '../../core/spec/json.ts'
import { fold } from '../../core/log/fold/fold.ts'
import type { Message } from '../../core/log/message.ts'
import { invalid } from '../continuation/continuation.ts'
import {
  readAnswers,
  readResults,
  readWords,
  type SentResult,
} from '../continuation/conversation.ts'
import { assertSameRequest } from '../continuation/same-request.ts'
import { useOnce } from '../continuation/use-once.ts'
import { ApiError } from '../api-error.ts'
import { badRequest } from './request/bad-request.ts'
import { conversationOf } from './answer/conversation-of.ts'
import { isCarried } from './is-carried.ts'
import { clientCalls, type Desk, type Job } from './job.ts'
import type { FindItem } from './request/read-items.ts'
import type { InputItem } from './request/request-schema.ts'
import { carrierOf, plainCallId, readResponseId } from './run-reference.ts'
import { aboutOf, startJob } from './start-job.ts'
import { checkResults, openStored, takeUp, type TakenUp } from './take-up.ts'
import { textOfContent, wordsIn } from './request/content.ts'

/*
 * A request that goes on with a run (S0.27-S0.30). What the caller sends must be what the run waits
 * for; nothing runs before that is known.
 */

/** Goes on from a continuation, with the conversation that belongs to it (Personize). */
export async function continueSigned(
  desk: Desk,
  on: { readonly signature: string; readonly raw: JsonObject },
): Promise<Job> {
  const { body, caller, continuations } = desk
  const { conversation } = body
  if (!Array.isArray(conversation)) {
    const message =
      '`conversation` is missing: send the one that you were given, with a `tool` message for each call that waits'
    throw badRequest(message, { code: 'missing_conversation', param: 'conversation' })
  }
  const continued = await continuations.decode(on.signature, caller)
  const taken = await takeUp(desk, continued)
  const record = taken.run.record()
  assertSameRequest(on.raw, { continued, step: record.step, events: taken.events })
  const given = conversationOf(taken.run.workflow.plan, taken.events, record)
  if (record.reason === 'needs_input') {
    const words = readWords(conversation, given)
    await useOnce(on.signature, { store: desk.server.store, continued })
    return jobOf(taken, continued.about, () => taken.run.send(words))
  }
  const results = readAnswers(conversation, { given, pending: clientCalls(record) })
  const job = answerWith(taken, { results, about: continued.about })
  await useOnce(on.signature, { store: desk.server.store, continued })
  return job
}

function answerWith(
  taken: TakenUp,
  on: { readonly results: ReturnType<typeof readResults>; readonly about: Job['about'] },
): Job {
  checkResults(on.results, taken)
  return jobOf(taken, on.about, () => taken.run.answer(on.results))
}

function jobOf({ run, stored, events }: TakenUp, about: Job['about'], begin: Job['begin']): Job {
  return { run: run.id, loaded: run.workflow, stored, before: events, about, warnings: [], begin }
}

/** Goes on from the calls that the newest items answer, where these lead back to a run (OpenAI). */
export async function continueCarried(desk: Desk): Promise<Job | null> {
  const { body, caller, continuations } = desk
  const answers = trailingAnswers(body.input)
  const [carrier] = new Set(answers.map(({ call }) => carrierOf(call)))
  if (carrier === undefined || carrier === null) return null
  if (answers.some(({ call }) => carrierOf(call) !== carrier)) {
    throw badRequest('the newest results answer calls of different runs', { code: 'mixed_runs' })
  }
  const continued = await continuations.decode(carrier, caller)
  const taken = await takeUp(desk, continued)
  const pending = clientCalls(taken.run.record())
  assertSameCalls(body.input, { carrier, pending })
  const results = readResults(
    answers.map((each) => ({ ...each, call: plainCallId(each.call) })),
    pending,
  )
  const job = answerWith(taken, { results, about: { ...continued.about, ...aboutOf(body) } })
  await useOnce(carrier, { store: desk.server.store, continued })
  return job
}

/** The results behind the last thing that is none. */
function trailingAnswers(input: Desk['body']['input']): readonly SentResult[] {
  if (!Array.isArray(input)) return []
  const items: readonly InputItem[] = input
  const last = items.findLastIndex(({ type }) => type !== 'function_call_output')
  return items.slice(last + 1).map((item, index) => ({
    call: typeof item['call_id'] === 'string' ? item['call_id'] : '',
    content: contentOf(item['output'], `input[${last + 1 + index}].output`),
    failed: item['status'] === 'incomplete',
    at: `input[${last + 1 + index}]`,
  }))
}

function contentOf(output: unknown, at: string): string {
  return textOfContent(output, at)
}

/** Calls that are sent back with their results must be those that were made. */
function assertSameCalls(
  input: Desk['body']['input'],
  on: { readonly carrier: string; readonly pending: ReturnType<typeof clientCalls> },
): void {
  const items: readonly InputItem[] = Array.isArray(input) ? input : []
  for (const item of items) {
    const id = item['call_id']
    if (item.type !== 'function_call' || typeof id !== 'string') continue
    if (carrierOf(id) !== on.carrier) continue
    const call = on.pending.find((each) => each.call === plainCallId(id))
    const args = item['arguments']
    if (call === undefined || call.tool !== item['name'] || typeof args !== 'string') {
      throw invalid()
    }
    const made = typeof call.args === 'string' ? call.args : JSON.stringify(call.args)
    if (made !== args) throw invalid()
  }
}

/** Goes on from a response that is kept (`previous_response_id`). */
export async function continueStored(
  desk: Desk,
  on: { readonly id: string; readonly raw: JsonObject; readonly find: FindItem },
): Promise<Job> {
  const { caller, server } = desk
  const param = 'previous_response_id'
  if (server.stored === null) {
    const message =
      'this server keeps no responses; send the whole conversation in `input`, or the continuation that you were given'
    throw badRequest(message, { code: 'previous_response_not_found', param })
  }
  const reference = readResponseId(on.id, caller)
  const taken = reference === null ? null : await openStored(desk, reference.run)
  const end = taken === null || reference === null ? null : endOf(taken.events, reference.from)
  if (taken === null || end === null) {
    const message = `there is no response ${on.id}`
    throw badRequest(message, { code: 'previous_response_not_found', param })
  }
  const { plan } = taken.run.workflow
  if (!isCarried(taken.run.workflow, taken.events)) {
    const before = transcriptAt(plan.histories, taken.events.slice(0, end))
    return startJob(desk, { ...on, before })
  }
  if (end !== taken.events.length) {
    const message = `the run of ${on.id} has gone on since; go on from its newest response`
    throw new ApiError('conflict_error', message, { code: 'previous_response_superseded', param })
  }
  return goOn(desk, taken)
}

/** Where the response ends that began at `from`: at the next rest of the run itself. */
export function endOf(events: readonly Event[], from: number): number | null {
  const rest = events.find(
    ({ seq, type, branch }) => seq > from && type === 'run.rested' && branch === undefined,
  )
  return rest?.seq ?? null
}

function transcriptAt(histories: readonly string[], events: readonly Event[]): readonly Message[] {
  return fold(histories, events).branch.transcript
}

function goOn(desk: Desk, taken: TakenUp): Job {
  const { body } = desk
  const pending = clientCalls(taken.run.record())
  const about = aboutOf(body)
  if (taken.run.record().reason === 'needs_client') {
    const sent = trailingAnswers(body.input).map((each) => ({
      ...each,
      call: plainCallId(each.call),
    }))
    return answerWith(taken, { results: readResults(sent, pending), about })
  }
  const message = lastWords(body.input)
  if (message === null) {
    throw badRequest('the run waits for a message of the user', {
      code: 'missing_input',
      param: 'input',
    })
  }
  return jobOf(taken, about, () => taken.run.send(message))
}

function lastWords(input: Desk['body']['input']): string | null {
  if (typeof input === 'string') return input
  const items: readonly InputItem[] = Array.isArray(input) ? input : []
  const index = items.findLastIndex(({ role }) => role === 'user')
  const item = items[index]
  return item === undefined ? null : wordsIn(item['content'], `input[${index}].content`)
}
