import { ApiError } from '../api-error.ts'
import { assertStateless } from '../responses/assert-stateless.ts'
import { outputsNote } from '../responses/request/request-spec.ts'
import { encodeCall } from './call-reference.ts'
import type { ChatRequest } from './chat-body.ts'
import { outputSlots, startOptions, stopWords, type ChatHost, type ChatRun } from './chat-host.ts'
import { readConversation, type Conversation } from './chat-messages.ts'
import { chatTarget } from './chat-target.ts'
import { callerNames, CHAT_WORKFLOW, chatInput, chatWorkflow, toToolName } from './chat-workflow.ts'
import { answerCalls, areReferences, resultsOf, type Going } from './kept-run.ts'
import { startOfWorkflow } from './workflow-run.ts'

/*
 * From a request to a run: one step over the conversation as it is, or a registered workflow. One
 * step has no gates but the kernel's own, so that the conversation may come from its client; where
 * tools of the server are used, the run is kept if the server keeps any, and goes on from its log.
 */

/** Takes a request up. Throws an ApiError before anything runs; `done` tells of the rest. */
export async function startChat(request: ChatRequest, host: ChatHost): Promise<ChatRun> {
  const target = chatTarget(request, host.server)
  if (target.type === 'workflow') return startOfWorkflow(request, { ...host, ...target })
  const results = resultsOf(request.messages)
  if (areReferences(results)) {
    return taken(request, await answerCalls(host, { results, workflow: CHAT_WORKFLOW }), KEPT)
  }
  const naming = { tool: toToolName, call: (id: string) => id }
  const conversation = withNote(readConversation(request.messages, naming), request)
  const { history, message } = conversation
  if (history.length === 0 && message === null) {
    throw new ApiError('invalid_request_error', 'messages: give at least one user message', {
      code: 'missing_input',
      param: 'messages',
    })
  }
  const { server } = host
  const serves = (request.server_tools ?? []).length > 0
  const stored = serves && target.own === null ? server.stored : null
  const runtime = stored ?? server.stateless(target.own)
  const spec = chatWorkflow(request, { server, system: conversation.system })
  const workflow = await host.cache.load(spec, { request, runtime })
  if (stored === null) assertStateless(workflow.plan, { hasStore: false })
  const { id, done } = await runtime.start(workflow, {
    ...startOptions(host),
    input: chatInput(conversation),
    ...(history.length === 0 ? {} : { history }),
    model: target.model,
  })
  return taken(request, { id, done }, { kept: stored !== null })
}

/** What the model is to mark stands behind what the caller told it. */
function withNote(conversation: Conversation, request: ChatRequest): Conversation {
  if (outputSlots(request).length === 0) return conversation
  const { system } = conversation
  const note = outputsNote(request)
  return { ...conversation, system: system === null ? note : `${system}\n\n${note}` }
}

const KEPT = { kept: true }

function taken(
  request: ChatRequest,
  { id, done }: Going,
  { kept }: { readonly kept: boolean },
): ChatRun {
  const names = callerNames(request)
  const shaped = isShaped(request)
  const outputs = outputSlots(request)
  return {
    done,
    answer: {
      toolName: (name) => names.get(name) ?? name,
      callId: (call) => (kept ? encodeCall({ run: id, call }) : call),
      // A run that is kept waits for all of its calls.
      single: request.parallel_tool_calls === false && !kept,
      stop: stopWords(request),
      shaped,
      outputs,
      run: kept ? id : null,
      steps: false,
    },
    // Marks are taken out of the whole.
    isLive: ({ role }) => role === 'planner' && !shaped && outputs.length === 0,
  }
}

function isShaped({ response_format: format }: ChatRequest): boolean {
  return format !== undefined && format !== null && format.type !== 'text'
}
