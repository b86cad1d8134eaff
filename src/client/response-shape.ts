import { isJsonObject, type Json, type JsonObject } from '../core/spec/json.ts'
import { LockstepApiError } from './lockstep-api-error.ts'
import { parseJson } from './parse-json.ts'

/*
 * What `POST /responses` is sent and answers, under the names of seed 0 and of OpenAI (S0.1-S0.18).
 */

/** One step: its prompt, and the tools that it may use. */
export interface ResponseStep {
  readonly prompt: string
  /** Names of server tools and of `tools`; left out: all of `tools`, `[]`: none. */
  readonly tools?: readonly string[]
  readonly order?: number
  /** At most so many model calls in this step. */
  readonly max_steps?: number
}

/** A message of a conversation, in OpenAI's shape. */
export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'
  readonly content?: string | readonly object[] | null
  readonly tool_calls?: readonly object[]
  readonly tool_call_id?: string
}

/** Governance, memory and outputs (S0.20-S0.23). */
export interface PersonizeOptions {
  readonly governance?: {
    readonly guideline_ids?: readonly string[]
    readonly mode?: 'fast' | 'deep' | 'auto'
  }
  readonly memory?: {
    readonly record_id?: string
    readonly recall?: boolean
    readonly memorize?: boolean
  }
  readonly memorize?: {
    readonly record_id?: string
    readonly collection?: string
    readonly capture_tool_results?: boolean
  }
  readonly mcp_integration_ids?: readonly string[]
  readonly outputs?: readonly { readonly key: string; readonly type?: string }[]
}

/**
 * A request but for its tools: `steps`, `messages` or `input` says what is asked. It goes to the
 * server as it is, with whatever else is in it.
 */
export interface ResponseRequest {
  readonly steps?: readonly ResponseStep[]
  readonly messages?: readonly ChatMessage[]
  readonly input?: string | readonly object[]
  readonly instructions?: string
  readonly system_prompt?: string
  /** `provider/model`, or `workflow/NAME` for one that the server has. */
  readonly model?: string
  readonly provider?: string
  readonly tier?: 'basic' | 'pro' | 'ultra'
  readonly temperature?: number
  readonly max_tokens?: number
  readonly max_output_tokens?: number
  readonly tool_choice?: string | object
  readonly parallel_tool_calls?: boolean
  readonly top_p?: number
  readonly reasoning?: object
  readonly include?: readonly string[]
  readonly user?: string
  readonly text?: object
  /** Values for `{{name}}` in prompts. */
  readonly inputs?: JsonObject
  readonly personize?: PersonizeOptions
  readonly session_id?: string
  /** The caller's own key for `provider` and `model`, for this request (S0.24). */
  readonly llm_api_key?: string
  readonly openrouter_api_key?: string
  readonly attachments?: readonly object[]
  readonly metadata?: Readonly<Record<string, string>>
  readonly store?: boolean
  readonly previous_response_id?: string
  /** Where the caller goes on with a pause by hand: what the paused response said. */
  readonly conversation?: readonly object[] | string
  readonly conversation_signature?: string
  readonly completed_step_count?: number
}

export interface StepResult {
  readonly order: number
  readonly text: string
  readonly tool_calls: readonly {
    readonly name: string
    readonly args: Json
    readonly result?: Json
  }[]
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number }
}

/** A call that waits for the caller, in both shapes that are about. */
export interface RequiredCall {
  readonly id: string
  readonly name?: string
  readonly args?: Json
  readonly function?: { readonly name: string; readonly arguments: string }
}

export interface ResponseUsage {
  readonly prompt_tokens?: number
  readonly completion_tokens?: number
  readonly input_tokens?: number
  readonly output_tokens?: number
  readonly total_tokens?: number
}

/** An answer: what came of the steps, or with `requires_action` which calls wait. */
export interface ResponseResult {
  readonly id: string
  readonly status: 'completed' | 'requires_action' | 'incomplete' | 'failed' | (string & {})
  readonly output: readonly { readonly type: string; readonly [key: string]: unknown }[]
  /** All text of `output`. */
  readonly output_text: string
  /** One entry per step that was begun; empty where the request had none. */
  readonly steps: readonly StepResult[]
  /** What the model marked as `personize.outputs`, by key. */
  readonly outputs?: JsonObject
  readonly usage?: ResponseUsage | null
  readonly model?: string
  readonly session_id?: string | null
  readonly metadata?: JsonObject | null
  /** The run behind it: where the server keeps it, `client.runs` goes on with it. */
  readonly run?: string
  /** Why it rests, in the words of runs: `completed`, `needs_approval`, `refused` … */
  readonly reason?: string | null
  readonly message?: string
  readonly error?: { readonly code: string; readonly message: string } | null
  readonly incomplete_details?: { readonly reason: string } | null
  /** What the caller is to do: execute calls (`tool_calls`), or answer a `question` (`input`). */
  readonly required_action?: {
    readonly type: 'tool_calls' | 'input'
    readonly tool_calls?: readonly RequiredCall[]
    readonly question?: string
  } | null
  readonly conversation?: readonly object[]
  readonly conversation_signature?: string | null
  readonly remaining_steps?: readonly ResponseStep[]
  readonly completed_step_count?: number
}

/** Checks that an answer is a response, and fills in what an older server leaves out. */
export function readResponse(value: unknown): ResponseResult {
  if (!isResponse(value)) {
    const shown = JSON.stringify(value)?.slice(0, 200) ?? 'nothing'
    throw new LockstepApiError(`the server's answer is no response: ${shown}`, {
      code: 'invalid_answer',
    })
  }
  const output = value.output ?? []
  const { steps = [] } = value
  return { ...value, output, steps, output_text: value.output_text ?? textOf(output) }
}

type Sent = Omit<ResponseResult, 'output' | 'steps' | 'output_text'> &
  Partial<Pick<ResponseResult, 'output' | 'steps' | 'output_text'>>

function isResponse(value: unknown): value is Sent {
  if (!isJsonObject(value)) return false
  const { required_action: action = null, conversation_signature: signature = null } = value
  const calls = isJsonObject(action) ? (action['tool_calls'] ?? []) : []
  return (
    ['id', 'status'].every((name) => typeof value[name] === 'string') &&
    ['output', 'steps', 'conversation', 'remaining_steps'].every(
      (name) => value[name] === undefined || isListOfObjects(value[name]),
    ) &&
    (signature === null || typeof signature === 'string') &&
    (action === null || isJsonObject(action)) &&
    isListOfObjects(calls) &&
    calls.every(isCall)
  )
}

function isListOfObjects(value: Json | undefined): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every((each) => isJsonObject(each))
}

function isCall({ id, function: called }: JsonObject): boolean {
  if (called === undefined || called === null) return typeof id === 'string'
  return typeof id === 'string' && isJsonObject(called) && typeof called['name'] === 'string'
}

function textOf(output: ResponseResult['output']): string {
  return output
    .flatMap(({ content }) => (Array.isArray(content) ? content : []))
    .map((part: unknown) => (isJsonObject(part) ? part['text'] : undefined))
    .filter((text) => typeof text === 'string')
    .join('')
}

/** A call that waits, read from whichever shape it came in. */
export interface PendingCall {
  readonly id: string
  readonly name: string
  /** Null where they cannot be read. */
  readonly args: Json
}

/**
 * The calls of a response that its caller has to execute, under the ids by which they are answered;
 * empty where none waits. OpenAI's items have other ids than `required_action`: without a signature
 * it is they that lead back to the run.
 */
export function pendingCalls(response: ResponseResult): readonly PendingCall[] {
  const { conversation_signature: signature, output, required_action: action } = response
  if (response.status !== 'completed' && response.status !== 'requires_action') return []
  if (typeof signature === 'string') return (action?.tool_calls ?? []).map(fromRequired)
  return output.flatMap((item) => {
    const { type, call_id: id, name, arguments: args } = item
    if (type !== 'function_call' || typeof id !== 'string') return []
    return [{ id, name: typeof name === 'string' ? name : '', args: readArguments(args) }]
  })
}

function fromRequired(call: RequiredCall): PendingCall {
  const name = call.function?.name ?? call.name ?? ''
  return { id: call.id, name, args: call.args ?? readArguments(call.function?.arguments) }
}

function readArguments(text: unknown): Json {
  if (typeof text !== 'string') return null
  return parseJson(text === '' ? '{}' : text) ?? null
}
