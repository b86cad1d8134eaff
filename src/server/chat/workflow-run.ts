import type { CallModel } from '../../core/decide/effect.ts'
import type { Message } from '../../core/log/message.ts'
import type { RunRecord } from '../../core/log/record/run-record.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import type { Plan } from '../../core/spec/plan.ts'
import { readJson } from '../../core/spec/read-json.ts'
import type { LoadedWorkflow } from '../../drive/load/loaded-workflow.ts'
import type { Runtime } from '../../drive/runtime.ts'
import { ApiError } from '../api-error.ts'
import { encodeCall } from './call-reference.ts'
import type { AnswerOptions } from './chat-answer.ts'
import { readConversation, userMessage } from './chat-messages.ts'
import { answerCalls, openOwn, resultsOf } from './kept-run.ts'
import type { ChatMessage, ChatRequest } from './chat-body.ts'
import {
  outputSlots,
  startOptions,
  stopWords,
  type Asked,
  type ChatHost,
  type ChatRun,
} from './chat-host.ts'

/*
 * A registered workflow behind the chat surface. Its gates read only what its own log holds, so that
 * it goes on from the log and never from the conversation that a client sends back (Law 3): a client
 * tool's call is named by where it waits in a kept run. Where no runs are kept, a workflow that would
 * have to wait for its caller is refused.
 */

type WorkflowHost = ChatHost & Asked

/** Starts the workflow, answers its calls, or goes on with the run that is named. */
export async function startOfWorkflow(request: ChatRequest, host: WorkflowHost): Promise<ChatRun> {
  const { server } = host
  const results = resultsOf(request.messages)
  if (results.length > 0) {
    const answered = await answerCalls(host, { results, workflow: host.workflow.plan.name })
    return taken(request, host, answered)
  }
  const named = request.run ?? null
  if (named !== null) return goOn(request, host, named)
  if (server.stored === null && waitsForCaller(host.workflow)) {
    const message = `workflow ${host.name} has tools that its caller executes, and this server keeps no runs: chat completions carry no continuation. Use POST /responses, or a server with a store`
    throw new ApiError('invalid_request_error', message, { code: 'needs_store', param: 'model' })
  }
  return begin(request, host, server.stored ?? server.stateless(null))
}

async function begin(request: ChatRequest, host: WorkflowHost, runtime: Runtime): Promise<ChatRun> {
  const options = startOptions(host)
  const { plan } = host.workflow
  const last = request.messages.length - 1
  const history = historyOf(request.messages.slice(0, last))
  const input = inputOf(plan, { text: lastText(request.messages), inputs: request.inputs ?? null })
  const { id, done } = await runtime.start(host.workflow, {
    ...options,
    input,
    ...(history.length === 0 ? {} : { history }),
  })
  return taken(request, host, { id, done })
}

/** A message to a run that is at rest. */
async function goOn(request: ChatRequest, host: WorkflowHost, id: string): Promise<ChatRun> {
  const { name } = host.workflow.plan
  const run = await openOwn(host, { run: id, param: 'run', workflow: name })
  const text = lastText(request.messages)
  const { inputs } = request
  const input = isJsonObject(inputs) ? { ...inputs, message: text } : text
  return taken(request, host, { id, done: run.send(input) })
}

function taken(
  request: ChatRequest,
  host: WorkflowHost,
  run: { readonly id: string; readonly done: Promise<RunRecord> },
): ChatRun {
  const { id, done } = run
  const kept = host.server.stored !== null
  const answer: AnswerOptions = {
    toolName: (name) => name,
    callId: (call) => (kept ? encodeCall({ run: id, call }) : call),
    // All of them wait in the log, so that all of them must come back.
    single: false,
    stop: stopWords(request),
    shaped: false,
    outputs: outputSlots(request),
    run: kept ? id : null,
    steps: true,
  }
  const whole = answer.outputs.length > 0
  return { done, answer, isLive: (effect) => !whole && endsWith(host.workflow.plan, effect) }
}

/** True for the last step's text, where nothing can send it back. */
function endsWith({ steps }: Plan, effect: CallModel): boolean {
  const step = steps.get(effect.step)
  if (step === undefined || effect.role !== 'planner' || effect.branch !== undefined) return false
  const { next, output, accept, write, each } = step
  const free = output === null && accept.length === 0 && write === null && each === null
  return free && next.length === 0
}

function waitsForCaller({ plan, workflows }: LoadedWorkflow): boolean {
  return (
    [...plan.tools.values()].some(({ kind }) => kind === 'client') ||
    [...workflows.values()].some(waitsForCaller)
  )
}

/** Calls of an earlier run are named anew: providers take short ids only. */
function historyOf(messages: readonly ChatMessage[]): readonly Message[] {
  const names = new Map<string, string>()
  const call = (id: string): string => {
    const known = names.get(id) ?? `past_${names.size + 1}`
    names.set(id, known)
    return known
  }
  const { system, history, message } = readConversation(messages, { tool: (name) => name, call })
  // The system prompt is the workflow's author's; what the caller adds is a user's word.
  return [...said(system), ...history, ...said(message)]
}

function said(text: string | null): readonly Message[] {
  return text === null ? [] : [{ role: 'user', text }]
}

function lastText(messages: readonly ChatMessage[]): string {
  const index = messages.length - 1
  const last = messages[index]
  if (last?.role === 'user') {
    const said = userMessage(last.content, index)
    if (said?.images !== undefined) {
      throw new ApiError(
        'invalid_request_error',
        `messages[${index}].content: a workflow is given words; pictures may stand in messages before the last`,
        { code: 'unsupported_content', param: `messages[${index}].content` },
      )
    }
    if (said !== null && said.text.trim() !== '') return said.text
  }
  throw new ApiError('invalid_request_error', 'messages: the last message must be a user message', {
    code: 'missing_input',
    param: 'messages',
  })
}

/** The last message as JSON where the workflow's schema takes that, else as `message`. */
function inputOf(
  plan: Plan,
  given: { readonly text: string; readonly inputs: JsonObject | null },
): JsonObject {
  const { text, inputs } = given
  const message = { ...inputs, message: text }
  const check = plan.input
  if (check === null) return message
  const candidates = [jsonOf(text), message, inputs]
  const fits = candidates.find((each) => isJsonObject(each) && check(each) === null)
  return isJsonObject(fits) ? fits : message
}

function jsonOf(text: string): Json {
  if (!text.trimStart().startsWith('{')) return null
  try {
    const read = readJson(JSON.parse(text))
    return read.ok ? read.value : null
  } catch {
    return null
  }
}
