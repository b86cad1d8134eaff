import type { JsonObject } from '../../../core/spec/json.ts'
import { readRequestTools } from '../../../dialect/personize/personize-tools.ts'
import type { Job } from '../job.ts'
import type { ResponsesBody, SentChoice } from '../request/request-schema.ts'
import { responseId } from '../run-reference.ts'

/** What a response has before anything came of it: what was asked, as OpenAI's clients want it back. */
export function responseFrame(
  job: Job,
  on: { readonly body: ResponsesBody; readonly createdAt: number },
): JsonObject {
  const { body, createdAt } = on
  const max = body.max_output_tokens ?? body.max_tokens ?? null
  return {
    id: responseId(job.run, job.before.length),
    object: 'response',
    created_at: createdAt,
    completed_at: null,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: typeof body.instructions === 'string' ? body.instructions : null,
    max_output_tokens: max,
    max_tool_calls: body.max_tool_calls ?? null,
    metadata: { ...(body.metadata ?? job.about.metadata) },
    model: body.model ?? job.about.model ?? job.loaded.plan.spec.model ?? 'default',
    output: [],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    presence_penalty: 0,
    frequency_penalty: 0,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    service_tier: 'default',
    store: job.stored,
    temperature: body.temperature ?? 1,
    text: { format: formatOf(body) },
    tool_choice: choiceOf(body.tool_choice),
    tools: toolsOf(body),
    top_logprobs: 0,
    top_p: body.top_p ?? 1,
    truncation: 'disabled',
    usage: null,
  }
}

function formatOf({ text }: ResponsesBody): JsonObject {
  const format = text?.format ?? null
  if (format === null) return { type: 'text' }
  if (format.type !== 'json_schema') return { type: format.type }
  const { schema, name } = format
  return { type: 'json_schema', name: name ?? 'output', description: '', schema, strict: false }
}

function choiceOf(choice: SentChoice | null | undefined): string | JsonObject {
  if (choice === undefined || choice === null) return 'auto'
  if (typeof choice === 'string') return choice
  if (choice.type === 'allowed_tools') {
    const tools = choice.tools.map(({ name }) => ({ type: 'function', name }))
    return { type: 'allowed_tools', mode: choice.mode, tools }
  }
  return { type: 'function', name: 'name' in choice ? choice.name : choice.function.name }
}

function toolsOf({ tools }: ResponsesBody): readonly JsonObject[] {
  const { declared } = readRequestTools(tools, { nearby: new Map(), issues: [] })
  return Object.entries(declared).map(([name, { about = null, input = null }]) => ({
    type: 'function',
    name,
    description: about,
    parameters: input,
    strict: false,
  }))
}
