import { createHash } from 'node:crypto'
import type { Issue } from '../../core/spec/issue.ts'
import type { JsonObject } from '../../core/spec/json.ts'
import { parseSpec } from '../../core/spec/parse-spec.ts'
import type { ModelSettings, ToolChoice, ToolSpec, WorkflowSpec } from '../../core/spec/spec.ts'
import { readFrame } from '../../dialect/personize/personize.ts'
import { ApiError } from '../api-error.ts'
import type { ServerContext } from '../server-context.ts'
import type { ChatRequest, ChatTool } from './chat-body.ts'
import type { Conversation } from './chat-messages.ts'
import { paramOf } from './chat-request.ts'
import { areAffordable, boundedSchema } from './bounded-schema.ts'

/*
 * A request as a workflow of one step. Its texts are no templates: what the caller wrote enters as
 * values of the input, and is never expanded (Law 16).
 */

/** The name of workflows that are made of a request. */
export const CHAT_WORKFLOW = 'chat-completion'

const ITERATIONS = { alone: 4, withServerTools: 20 }

/** The input of such a run; without a message, its prompt says nothing. */
export function chatInput({ system, message }: Conversation): JsonObject {
  return { system: system ?? '', message: message ?? '' }
}

/**
 * The workflow of a request (S0.37): the caller's tools are executed by the caller, `server_tools` by
 * the server, nothing else. Throws an ApiError that names the member.
 */
export function chatWorkflow(
  request: ChatRequest,
  { server, system }: { readonly server: ServerContext; readonly system: string | null },
): WorkflowSpec {
  const tools = request.tools ?? []
  const own = serverToolsOf(request, server)
  const declared = tools.map((tool, index): [string, ToolSpec] => [
    toToolName(tool.function.name),
    toolSpec(tool, index),
  ])
  if (!areAffordable(declared.map(([, { input }]) => input ?? {}))) {
    throw wrong('tools', 'have parameters that take too long to check, all together')
  }
  assertDistinct(declared.map(([name]) => name))
  const clash = declared.find(([name]) => own.length > 0 && server.serverTools.has(name))
  if (clash !== undefined) {
    throw wrong('tools', `${clash[0]} is a tool of the server; name it otherwise`)
  }
  const { names, choose } = chosen(request, [...declared.map(([name]) => name), ...own])
  const output = outputSchema(request.response_format)
  return {
    workflow: CHAT_WORKFLOW,
    instructions: '{{system}}',
    settings: settingsOf(request, system),
    ...extras(request),
    ...(declared.length === 0 ? {} : { tools: Object.fromEntries(declared) }),
    budget: { iterations: own.length === 0 ? ITERATIONS.alone : ITERATIONS.withServerTools },
    steps: [
      {
        name: 'answer',
        prompt: '{{message}}',
        tools: names,
        choose,
        ...(output === null ? {} : { output }),
      },
    ],
  }
}

/** Memory and whatever else Personize's options add to a workflow. */
function extras({ personize }: ChatRequest): Partial<WorkflowSpec> {
  if (personize === undefined || personize === null) return {}
  const issues: Issue[] = []
  const frame = readFrame({ personize }, issues)
  const issue = issues.find(({ severity }) => severity === 'error')
  if (issue !== undefined) throw wrong(paramOf(issue.path), issue.message)
  const parsed = parseSpec({ workflow: CHAT_WORKFLOW, steps: [{ prompt: '-' }], ...frame })
  if (!parsed.ok) throw wrong('personize', parsed.issues[0]?.message ?? 'cannot be read')
  const { workflow: _, steps: __, ...rest } = parsed.spec
  return rest
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** Ours begin with a letter; OpenAI's need not. */
export function toToolName(name: string): string {
  return /^[A-Za-z]/.test(name) ? name : `fn${name}`
}

/** The caller's names of tools, by ours. */
export function callerNames(request: ChatRequest): ReadonlyMap<string, string> {
  return new Map((request.tools ?? []).map(({ function: { name } }) => [toToolName(name), name]))
}

function toolSpec({ function: { description, parameters } }: ChatTool, index: number): ToolSpec {
  const param = `tools[${index}].function.parameters`
  const input = boundedSchema(parameters ?? { type: 'object', properties: {} })
  if (input === null) throw wrong(param, 'takes too long to check: its references multiply')
  const about = description?.trim() ?? ''
  // What they change is the caller's matter; as reads they are given out side by side.
  return { client: true, effect: 'read', ...(about === '' ? {} : { about }), input }
}

function assertDistinct(names: readonly string[]): void {
  const twice = names.findIndex((name, index) => names.indexOf(name) < index)
  if (twice === -1) return
  throw wrong(`tools[${twice}].function.name`, `there is already a tool ${names[twice] ?? ''}`)
}

function serverToolsOf(request: ChatRequest, server: ServerContext): readonly string[] {
  const names = [...new Set(request.server_tools ?? [])]
  const unknown = names.findIndex((name) => !server.serverTools.has(name))
  if (unknown === -1) return names
  const legal = [...server.serverTools].toSorted().join(', ') || 'none'
  throw wrong(
    `server_tools[${unknown}]`,
    `the server has no tool ${names[unknown] ?? ''}; legal: ${legal}`,
  )
}

interface Chosen {
  readonly names: readonly string[]
  readonly choose: ToolChoice
}

function chosen({ tool_choice: choice }: ChatRequest, names: readonly string[]): Chosen {
  const known = (name: string): string => {
    const ours = toToolName(name)
    if (names.includes(ours)) return ours
    const legal = names.join(', ') || 'none'
    throw wrong('tool_choice', `there is no tool ${name} in this request; tools: ${legal}`)
  }
  if (choice === undefined || choice === null) return { names, choose: 'auto' }
  if (typeof choice === 'string') {
    if (choice === 'required' && names.length === 0) {
      throw wrong('tool_choice', '"required" needs tools, and there are none')
    }
    return { names, choose: names.length === 0 ? 'auto' : choice }
  }
  if (choice.type === 'function') return { names, choose: { tool: known(choice.function.name) } }
  const { mode, tools } = choice.allowed_tools
  const allowed = tools.map(({ function: { name } }) => known(name))
  return { names: allowed, choose: allowed.length === 0 ? 'auto' : mode }
}

function outputSchema(format: ChatRequest['response_format']): JsonObject | null {
  if (format === undefined || format === null || format.type === 'text') return null
  if (format.type === 'json_object') return { type: 'object' }
  const schema = format.json_schema.schema
  if (schema === undefined || schema === null) {
    throw wrong('response_format.json_schema.schema', 'is missing; expected a JSON Schema')
  }
  const bounded = boundedSchema(schema)
  if (bounded !== null) return bounded
  const path = 'response_format.json_schema.schema'
  throw wrong(path, 'takes too long to check: its references multiply')
}

function settingsOf(request: ChatRequest, system: string | null): ModelSettings {
  const { temperature, top_p: topP, seed, reasoning_effort: effort } = request
  const most = request.max_completion_tokens ?? request.max_tokens
  const single = request.parallel_tool_calls === false
  const openai: JsonObject = {
    // A run's id would be another at each request of a conversation, and its prefix never found again.
    promptCacheKey: request.prompt_cache_key ?? digestOf(system ?? '').slice(0, 32),
    ...(single ? { parallelToolCalls: false } : {}),
    ...(isSet(effort) ? { reasoningEffort: effort } : {}),
  }
  const anthropic: JsonObject = single ? { disableParallelToolUse: true } : {}
  const provider = Object.fromEntries(
    Object.entries({ openai, anthropic }).filter(([, each]) => Object.keys(each).length > 0),
  )
  return {
    ...(isSet(temperature) ? { temperature } : {}),
    ...(isSet(topP) ? { top_p: topP } : {}),
    ...(isSet(most) ? { max_output_tokens: most } : {}),
    ...(isSet(seed) ? { seed } : {}),
    ...(Object.keys(provider).length === 0 ? {} : { provider }),
  }
}

function isSet<Value>(value: Value | null | undefined): value is Value {
  return value !== undefined && value !== null
}

function wrong(param: string, message: string): ApiError {
  return new ApiError('invalid_request_error', `${param}: ${message}`, {
    code: 'invalid_value',
    param,
  })
}
