import type { Event } from '../../../core/log/event.ts'
import type { RecordUsage, RunRecord, StepRecord } from '../../../core/log/record/run-record.ts'
import type { Json, JsonObject } from '../../../core/spec/json.ts'
import type { Continuations, Continued } from '../../continuation/continuation.ts'
import { toToolCall } from '../../continuation/conversation.ts'
import { stepsLeft } from '../../continuation/same-request.ts'
import { conversationOf } from './conversation-of.ts'
import { isCarried } from '../is-carried.ts'
import { clientCalls, type Job } from '../job.ts'
import { callItem, messageItem, saidSince, type OutputItem } from './output-items.ts'
import { outputsIn, takeOutputs } from './outputs.ts'
import { responseStatus } from './response-status.ts'
import { carriedCallId, hexOf } from '../run-reference.ts'
import { REQUEST_WORKFLOW } from '../request/request-spec.ts'

/*
 * What came of a request, in one object that Personize's and OpenAI's clients both read: OpenAI's
 * members, and beside them the steps, the conversation and what the run waits for (S0.18, S0.27).
 */

export interface Ended {
  readonly job: Job
  readonly frame: JsonObject
  readonly record: RunRecord
  /** The whole log. */
  readonly events: readonly Event[]
  readonly tenant: string
  /** True to give out what providers want back of their reasoning. */
  readonly reasoning: boolean
  readonly completedAt: number
}

/** A finished answer; `output` apart, since a stream has told of its items already. */
export interface ResponseBody {
  readonly body: JsonObject
  readonly output: readonly OutputItem[]
}

/** Writes down what came of a run. */
export async function responseBody(
  ended: Ended,
  continuations: Continuations,
): Promise<ResponseBody> {
  const { job, frame, record, events, completedAt } = ended
  const { surface } = job.about
  const from = job.before.length
  const said = saidSince(events, { run: job.run, from, reasoning: ended.reasoning })
  const state = responseStatus(record, { surface, finish: said.finish, events })
  const waits = record.reason === 'needs_client' || record.reason === 'needs_input'
  const token = waits ? await continuationOf(ended, continuations) : null
  const marks = surface === 'personize' || job.about.outputs.length > 0
  const output = outputOf(ended, { items: said.items, token, marks })
  const outputs = marks ? outputsOf(record, job) : {}
  const asked = job.about.outputs.length > 0 || Object.keys(outputs).length > 0
  return {
    output,
    body: {
      ...frame,
      ...state,
      completed_at: state.status === 'completed' ? completedAt : null,
      output: output.map(toJson),
      output_text: textOfItems(output),
      // OpenAI's clients add up what each response used; Personize's are told of the whole run.
      usage: usageOf(surface === 'openai' ? usageSince(events, from) : record.usage),
      run: job.run,
      reason: record.reason,
      message: record.message,
      steps: stepsOf(record),
      ...(job.warnings.length === 0 ? {} : { warnings: job.warnings }),
      ...sessionOf(job),
      ...(asked ? { outputs } : {}),
      ...(waits ? requiredAction(ended, token) : {}),
      ...(waits || record.pending === undefined ? {} : { pending: record.pending.map(toJson) }),
      ...(record.handoff === undefined ? {} : { handoff: { ...toJson(record.handoff) } }),
    },
  }
}

function toJson(value: object): JsonObject {
  const json: JsonObject = JSON.parse(JSON.stringify(value))
  return json
}

/** The last step's words, then the calls that wait; a question to the user is a message. */
function outputOf(
  { job, record }: Ended,
  on: {
    readonly items: readonly OutputItem[]
    readonly token: string | null
    readonly marks: boolean
  },
): readonly OutputItem[] {
  const carrier = on.token !== null && job.about.surface === 'openai' ? on.token : null
  const calls = clientCalls(record).map((pending) => {
    const id = carrier === null ? pending.call : carriedCallId(pending.call, carrier)
    return callItem(job.run, pending, id)
  })
  const question = questionsOf(record)
  const asked = question === '' ? [] : [messageItem(job.run, -1, question)]
  const items = [...on.items, ...asked, ...calls]
  return on.marks ? items.map(withoutMarks) : items
}

/** Personize's clients find one in each answer. */
function sessionOf({ about, run }: Job): JsonObject {
  if (about.session !== null) return { session_id: about.session }
  return about.surface === 'personize' ? { session_id: hexOf(run) } : {}
}

/** What the user is asked, where anything is. */
function questionsOf({ pending = [] }: RunRecord): string {
  return pending.flatMap(({ question }) => question ?? []).join('\n')
}

/** What all steps marked. */
function outputsOf({ steps }: RunRecord, { about }: Job): JsonObject {
  return outputsIn(
    steps.map(({ text }) => text),
    about.outputs,
  )
}

function withoutMarks(item: OutputItem): OutputItem {
  if (item.type !== 'message') return item
  const content = item.content.map((part) => ({ ...part, text: takeOutputs(part.text).text }))
  return { ...item, content }
}

function textOfItems(output: readonly OutputItem[]): string {
  return output
    .map((item) => (item.type === 'message' ? item.content.map(({ text }) => text).join('') : ''))
    .join('')
}

/** The continuation of a run that waits; null where a conversation alone is enough. */
async function continuationOf(
  { job, events, tenant }: Ended,
  continuations: Continuations,
): Promise<string | null> {
  const { loaded, about, run, stored } = job
  if (about.surface === 'openai' && !isCarried(loaded, events)) return null
  const { plan } = loaded
  const workflow: Continued['workflow'] =
    plan.name === REQUEST_WORKFLOW ? { spec: toJson(plan.spec) } : { name: plan.name }
  return continuations.encode({
    run,
    tenant,
    seq: events.length,
    events: stored ? null : events,
    workflow,
    about,
  })
}

function requiredAction({ job, record, events }: Ended, token: string | null): JsonObject {
  const calls = clientCalls(record).map((pending) => ({ ...toToolCall(pending) }))
  const action =
    record.reason === 'needs_input'
      ? { required_action: { type: 'input', question: questionsOf(record) } }
      : { required_action: { type: 'tool_calls', tool_calls: calls } }
  if (job.about.surface === 'openai') return action
  const { plan } = job.loaded
  const left = stepsLeft(plan.name === REQUEST_WORKFLOW ? toJson(plan.spec) : {}, record.step)
  return {
    ...action,
    conversation: conversationOf(plan, events, record).map((message) => toJson(message)),
    conversation_signature: token,
    remaining_steps: left.remaining,
    completed_step_count: left.completed,
  }
}

/** What each step said and did (S0.18). */
export function stepsOf(record: RunRecord): readonly JsonObject[] {
  return record.steps.map(stepOf)
}

function stepOf(step: StepRecord): JsonObject {
  const { order, name, text, tool_calls: calls, usage } = step
  return {
    order,
    name,
    text: takeOutputs(text).text,
    ...(step.branch === undefined ? {} : { branch: step.branch }),
    ...(step.output === undefined ? {} : { output: step.output }),
    tool_calls: calls.map((call) => toJson(call)),
    usage: stepUsage(usage),
  }
}

function stepUsage(usage: RecordUsage): JsonObject {
  const { prompt_tokens: prompt, completion_tokens: completion } = usage
  return { ...usage, total_tokens: prompt + completion }
}

function usageSince(events: readonly Event[], from: number): RecordUsage {
  const used = { prompt_tokens: 0, completion_tokens: 0, cached_tokens: 0 }
  for (const event of events.slice(from)) {
    if (event.type !== 'model.answered') continue
    used.prompt_tokens += event.usage.input
    used.completion_tokens += event.usage.output
    used.cached_tokens += event.usage.cached
  }
  return used
}

/** Tokens under OpenAI's names and under seed 0's. */
export function usageOf(usage: RecordUsage): { readonly [key: string]: Json } {
  const { prompt_tokens: input, completion_tokens: output, cached_tokens: cached } = usage
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
    prompt_tokens: input,
    completion_tokens: output,
  }
}
