import type { Failure, Pending, Reason } from '../../core/log/event.ts'
import type { RunRecord, StepRecord } from '../../core/log/record/run-record.ts'
import type { Json, JsonObject } from '../../core/spec/json.ts'
import type { OutputSlot } from '../../dialect/personize/personize-schema.ts'
import { ApiError } from '../api-error.ts'
import { outputsIn, takeOutputs } from '../responses/answer/outputs.ts'
import { BETWEEN, type Turn } from './turn.ts'

/*
 * From why a run rests to what OpenAI's clients read: an answer, calls, a refusal, or an error. Each
 * reason has its place in the table of docs/chat-completions.md (Law 7).
 */

export type ChatFinish = 'stop' | 'tool_calls' | 'length' | 'content_filter'

export interface ChatToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/** The one choice of an answer, and what else is told of the run. */
export interface ChatAnswer {
  readonly content: string | null
  readonly refusal: string | null
  readonly calls: readonly ChatToolCall[]
  readonly finish: ChatFinish
  readonly usage: {
    readonly prompt_tokens: number
    readonly completion_tokens: number
    readonly total_tokens: number
    readonly prompt_tokens_details: { readonly cached_tokens: number }
  }
  /** What the model marked, where the request asked for that; else null. */
  readonly outputs: JsonObject | null
  /** The extra member `lockstep`: clients were measured to let it be. */
  readonly lockstep: JsonObject
}

/** How a request wants its answer. */
export interface AnswerOptions {
  /** The caller's name of a tool. */
  readonly toolName: (name: string) => string
  /** What a pending call is named towards the caller. */
  readonly callId: (call: string) => string
  /** At most one call. */
  readonly single: boolean
  readonly stop: readonly string[]
  /** True where the answer must fit a schema of the request. */
  readonly shaped: boolean
  /** What the model was asked to mark in its text. */
  readonly outputs: readonly OutputSlot[]
  /** The run as its caller can name it later; null where it is not kept. */
  readonly run: string | null
  /** Tells of steps, for a workflow. */
  readonly steps: boolean
}

/** Reasons after which there is an answer, whole or cut short. */
const ANSWERED: Partial<Record<Reason, ChatFinish>> = {
  completed: 'stop',
  iteration_limit_exceeded: 'length',
  step_transition_limit_exceeded: 'length',
  budget_exceeded: 'length',
}

/** Reasons after which no answer fitted what it must fit. */
const UNFIT: ReadonlySet<Reason> = new Set([
  'invalid_output',
  'iteration_limit_exceeded',
  'budget_exceeded',
])

/** Reasons that hand the matter to somebody: the words of the run are the answer. */
const HELD: ReadonlySet<Reason> = new Set([
  'needs_input',
  'needs_approval',
  'escalated',
  'handed_off',
])

/**
 * The answer of a run that rests. Throws an ApiError where there is none: a model that could not be
 * asked, an answer that fits no schema. It is retryable only where nothing was done yet, for clients
 * retry by themselves (Law 11).
 */
export function chatAnswer(record: RunRecord, turn: Turn, options: AnswerOptions): ChatAnswer {
  const { reason } = record
  if (reason === null) {
    // Clients repeat a 503 by themselves; what was done must not be done again.
    const type = turn.acted ? 'invalid_request_error' : 'overloaded_error'
    throw new ApiError(type, 'the request was given up before it was answered', {
      code: 'interrupted',
    })
  }
  const outputs = markedIn(record, options)
  const common = { usage: usageOf(turn), outputs, lockstep: told(record, options) }
  const said = stopAt(turn.text, options.stop)
  const text = outputs === null ? said : takeOutputs(said).text
  if (reason === 'needs_client') {
    const waiting = clientCalls(record)
    const calls = (options.single ? waiting.slice(0, 1) : waiting).map((each) =>
      toCall(each, options),
    )
    const content = text === '' ? null : text
    return { ...common, content, refusal: null, calls, finish: 'tool_calls' }
  }
  if (reason === 'refused') {
    const refusal = record.message
    return { ...common, content: null, refusal, calls: [], finish: 'content_filter' }
  }
  const answered = ANSWERED[reason]
  if (options.shaped && reason !== 'completed') {
    const { cut } = turn
    if (cut === null || !UNFIT.has(reason)) throw failed(record, turn)
    return { ...common, content: cut, refusal: null, calls: [], finish: 'length' }
  }
  if (answered !== undefined && (answered === 'stop' || text !== '')) {
    const finish = turn.finish === 'length' ? 'length' : answered
    return { ...common, content: text, refusal: null, calls: [], finish }
  }
  if (HELD.has(reason)) {
    const content = [text, words(record)].filter((each) => each !== '').join(BETWEEN)
    return { ...common, content, refusal: null, calls: [], finish: 'stop' }
  }
  throw failed(record, turn)
}

function markedIn({ steps }: RunRecord, { outputs }: AnswerOptions): JsonObject | null {
  if (outputs.length === 0) return null
  return outputsIn(
    steps.map(({ text }) => text),
    outputs,
  )
}

/** Calls that wait for the caller, those of sub-runs among them. */
export function clientCalls({ pending = [] }: RunRecord): readonly Pending[] {
  return pending.filter(
    ({ request, question, slots, gate }) =>
      request === undefined && question === undefined && slots === undefined && gate === undefined,
  )
}

/** The text up to the first of these; providers differ in what they know of it, so it is ours. */
export function stopAt(text: string, stop: readonly string[]): string {
  const ends = stop.map((word) => text.indexOf(word)).filter((at) => at !== -1)
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends))
}

function toCall({ call, tool, args }: Pending, options: AnswerOptions): ChatToolCall {
  const written = typeof args === 'string' ? args : JSON.stringify(args)
  return {
    id: options.callId(call),
    type: 'function',
    function: { name: options.toolName(tool), arguments: written },
  }
}

/** What the run asks, where it asks something. */
function words({ pending = [], message }: RunRecord): string {
  const questions = pending.flatMap(({ question, slots = [] }) =>
    question === undefined ? slots.map((slot) => slot.question) : [question],
  )
  return questions.length === 0 ? message : [...new Set(questions)].join('\n')
}

function usageOf({ usage }: Turn): ChatAnswer['usage'] {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached },
  }
}

function told(record: RunRecord, { run, steps }: AnswerOptions): JsonObject {
  const { reason, message } = record
  return {
    reason,
    ...(message === '' ? {} : { message }),
    ...(run === null ? {} : { run }),
    ...(steps ? { step: record.step, steps: record.steps.map(stepOf) } : {}),
  }
}

/** As seed 0 has it. */
function stepOf({ order, name, text, tool_calls: calls, usage }: StepRecord): JsonObject {
  return {
    order,
    name,
    text,
    tool_calls: calls.map(({ name: tool, args, result }): JsonObject => ({
      name: tool,
      args,
      ...resultOf(result),
    })),
    usage: { ...usage },
  }
}

function resultOf(result: Json | undefined): JsonObject {
  return result === undefined ? {} : { result }
}

function failed({ reason, message }: RunRecord, { failure, acted }: Turn): ApiError {
  if (reason === 'model_failed' && failure !== null) return modelFailed(failure, acted)
  return new ApiError('invalid_request_error', message, { code: reason ?? 'failed' })
}

const NO_SUCH_MODEL: ReadonlySet<string> = new Set(['no_model', 'unknown_provider', 'bad_model'])

function modelFailed({ code, message, retryable, ...rest }: Failure, acted: boolean): ApiError {
  if (NO_SUCH_MODEL.has(code)) {
    return new ApiError('not_found_error', message, { code: 'model_not_found', param: 'model' })
  }
  if (acted || retryable !== true) {
    return new ApiError('invalid_request_error', `the model could not be asked: ${message}`, {
      code: 'model_failed',
    })
  }
  const type = code === '429' ? 'rate_limit_error' : 'overloaded_error'
  const { retryAfterSeconds } = rest
  return new ApiError(type, `the model could not be asked: ${message}`, {
    code: 'model_failed',
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}
