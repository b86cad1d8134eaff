import { ApiError } from '../api-error.ts'
import { startOptions, stopWords, type ChatHost, type ChatRun } from './chat-host.ts'
import { readConversation } from './chat-messages.ts'
import type { ChatRequest } from './chat-body.ts'
import { chatTarget } from './chat-target.ts'
import { callerNames, chatInput, chatWorkflow, toToolName } from './chat-workflow.ts'
import { startOfWorkflow } from './workflow-run.ts'

/*
 * From a request to a run: one step over the conversation as it is, or a registered workflow.
 */

/** Takes a request up. Throws an ApiError before anything runs; `done` tells of the rest. */
export async function startChat(request: ChatRequest, host: ChatHost): Promise<ChatRun> {
  const { server, cache } = host
  const target = chatTarget(request, server)
  if (target.type === 'workflow') return startOfWorkflow(request, { ...host, ...target })
  const naming = { tool: toToolName, call: (id: string) => id }
  const { system, history } = readConversation(request.messages, naming)
  if (history.length === 0) {
    throw new ApiError('invalid_request_error', 'messages: give at least one user message', {
      code: 'missing_input',
      param: 'messages',
    })
  }
  const spec = chatWorkflow(request, server)
  const runtime = server.stateless(target.own)
  const withTools = (request.server_tools ?? []).length > 0
  const workflow = withTools ? spec : await cache.load(spec, request)
  const { done } = await runtime.start(workflow, {
    ...startOptions(host),
    input: chatInput(system),
    history,
    model: target.model,
  })
  const names = callerNames(request)
  const shaped = isShaped(request)
  return {
    done,
    answer: {
      toolName: (name) => names.get(name) ?? name,
      callId: (call) => call,
      single: request.parallel_tool_calls === false,
      stop: stopWords(request),
      shaped,
      run: null,
      steps: false,
    },
    isLive: ({ role }) => role === 'planner' && !shaped,
  }
}

function isShaped({ response_format: format }: ChatRequest): boolean {
  return format !== undefined && format !== null && format.type !== 'text'
}
