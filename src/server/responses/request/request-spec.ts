import { TEMPLATE_ROOTS } from '../../../core/spec/compile/compile-text.ts'
import { compileTemplate } from '../../../core/spec/template/template.ts'
import { errorAt, type Issue } from '../../../core/spec/issue.ts'
import { isJsonObject, type Json, type JsonObject } from '../../../core/spec/json.ts'
import type { NearbyTool, Surroundings } from '../../../dialect/canonical.ts'
import {
  escapeTemplate,
  MAX_ROUNDTRIPS,
  readFrame,
  readPersonize,
} from '../../../dialect/personize/personize.ts'
import { readRequestTools } from '../../../dialect/personize/personize-tools.ts'
import { CONVERSATION } from '../../continuation/same-request.ts'
import { badRequest, issueError } from './bad-request.ts'
import type { ResponsesBody, SentChoice } from './request-schema.ts'

/*
 * The workflow that a request is: its own steps, or one step that answers the conversation.
 */

/** The name of workflows that are made of a request. */
export const REQUEST_WORKFLOW = 'responses'

/** What is asked of the model to mark, where outputs are wanted; nothing where none are (S0.23). */
export function outputsNote({ personize }: Pick<ResponsesBody, 'personize'>): string {
  const slots = personize?.outputs ?? []
  if (slots.length === 0) return ''
  const names = slots.map(({ key, type }) => `${key}${type ? ` (${type})` : ''}`).join(', ')
  return `Mark each of these values in your answer as <output name="KEY">VALUE</output>: ${names}.`
}

/** Reads `steps[]` (S0.1). Without `inputs` a prompt is no template but the text that it is. */
export function stepsSpec(
  raw: JsonObject,
  on: {
    readonly body: ResponsesBody
    readonly serverTools: ReadonlySet<string>
    readonly instructions: readonly string[]
  },
): JsonObject {
  const { body } = on
  const template = (body.inputs ?? null) !== null
  const text = (value: string): string => (template ? value : escapeTemplate(value))
  const steps = (body.steps ?? []).map((step) =>
    isJsonObject(step) && typeof step['prompt'] === 'string'
      ? { ...step, prompt: text(step['prompt']) }
      : step,
  )
  const said = instructionsOf(body, on.instructions, text)
  const { messages: _, input: __, conversation: ___, ...rest } = raw
  const { spec, issues, original } = readPersonize(
    { ...rest, steps, ...(said === '' ? { system_prompt: null } : { system_prompt: said }) },
    around(on.serverTools),
  )
  const errors = issues.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw issueError(errors)
  if (template) checkInputs(body, { steps, original })
  return spec
}

/** Each variable that a prompt reads must be there before anything runs. */
function checkInputs(
  { inputs, input, messages }: ResponsesBody,
  on: {
    readonly steps: readonly Json[]
    readonly original: (path: readonly (string | number)[]) => readonly (string | number)[]
  },
): void {
  const known = new Set([...Object.keys(inputs ?? {}), ...TEMPLATE_ROOTS])
  if ((input ?? messages ?? null) !== null) known.add('message')
  const issues: Issue[] = []
  for (const [index, step] of on.steps.entries()) {
    const prompt = isJsonObject(step) ? step['prompt'] : null
    const compiled = compileTemplate(typeof prompt === 'string' ? prompt : '')
    // What only a test reads may be missing; whether it is one is the template's to say.
    if (!compiled.ok || (typeof prompt === 'string' && prompt.includes('{{#'))) continue
    for (const name of compiled.template.variables) {
      if (known.has(name)) continue
      const message = `steps[${index}].prompt reads {{${name}}}, and \`inputs\` has no \`${name}\``
      issues.push(errorAt(['inputs', name], message))
    }
  }
  if (issues.length > 0) throw issueError(issues)
}

/** Makes one step that answers a conversation (S0.36). */
export function conversationSpec(
  body: ResponsesBody,
  on: { readonly serverTools: ReadonlySet<string>; readonly instructions: readonly string[] },
): JsonObject {
  const issues: Issue[] = []
  const tools = readRequestTools(body.tools, { nearby: nearby(on.serverTools), issues })
  const frame = readFrame({ ...body, steps: null, system_prompt: null }, issues)
  const errors = issues.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw issueError(errors)
  const names = [...new Set([...tools.client, ...tools.hosted])]
  const choice = readChoice(body.tool_choice, names)
  const said = instructionsOf(body, on.instructions, escapeTemplate)
  const output = outputOf(body)
  const settings = settingsOf(body)
  return {
    workflow: REQUEST_WORKFLOW,
    ...frame,
    ...(said === '' ? {} : { instructions: said }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
    budget: { iterations: body.max_tool_calls ?? MAX_ROUNDTRIPS },
    ...(Object.keys(tools.declared).length === 0 ? {} : { tools: tools.declared }),
    steps: [
      {
        prompt: CONVERSATION,
        tools: choice.tools,
        ...(choice.choose === null ? {} : { choose: choice.choose }),
        ...(output === null ? {} : { output }),
      },
    ],
  }
}

function around(serverTools: ReadonlySet<string>): Surroundings {
  return { name: REQUEST_WORKFLOW, tools: nearby(serverTools), files: new Set() }
}

function nearby(serverTools: ReadonlySet<string>): ReadonlyMap<string, NearbyTool> {
  return new Map([...serverTools].map((name) => [name, { about: '', module: null }]))
}

function instructionsOf(
  body: ResponsesBody,
  said: readonly string[],
  text: (value: string) => string,
): string {
  const { system_prompt: own, instructions } = body
  const texts = [own ?? '', typeof instructions === 'string' ? instructions : '', ...said]
  const all = [...texts.filter((each) => each.trim() !== '').map(text), outputsNote(body)]
  return all.filter((each) => each !== '').join('\n\n')
}

function settingsOf(body: ResponsesBody): JsonObject {
  const { temperature, top_p, reasoning, parallel_tool_calls: parallel } = body
  const max = body.max_output_tokens ?? body.max_tokens ?? null
  const openai: JsonObject = {
    ...(typeof reasoning?.effort === 'string' ? { reasoningEffort: reasoning.effort } : {}),
    ...(parallel === false ? { parallelToolCalls: false } : {}),
  }
  return {
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(typeof top_p === 'number' ? { top_p } : {}),
    ...(max === null ? {} : { max_output_tokens: max }),
    ...(Object.keys(openai).length === 0 ? {} : { provider: { openai } }),
  }
}

function outputOf({ text }: ResponsesBody): JsonObject | null {
  const format = text?.format ?? null
  if (format === null || format.type === 'text') return null
  return format.type === 'json_schema' ? format.schema : { type: 'object' }
}

interface Choice {
  readonly tools: readonly string[]
  readonly choose: 'none' | 'required' | { readonly tool: string } | null
}

function readChoice(choice: SentChoice | null | undefined, names: readonly string[]): Choice {
  if (choice === undefined || choice === null || choice === 'auto') {
    return { tools: names, choose: null }
  }
  if (choice === 'none') return { tools: [], choose: null }
  const required = names.length === 0 ? null : 'required'
  if (choice === 'required') return { tools: names, choose: required }
  if (choice.type === 'allowed_tools') {
    const allowed = choice.tools.map(({ name }) => name)
    for (const name of allowed) mustKnow(name, names)
    return { tools: allowed, choose: choice.mode === 'required' ? 'required' : null }
  }
  const tool = 'name' in choice ? choice.name : choice.function.name
  mustKnow(tool, names)
  return { tools: names, choose: { tool } }
}

function mustKnow(name: string, names: readonly string[]): void {
  if (names.includes(name)) return
  const legal = names.length === 0 ? 'there are no `tools`' : `legal are ${names.join(', ')}`
  throw badRequest(`tool_choice: there is no tool \`${name}\`; ${legal}`, {
    code: 'invalid_tool_choice',
    param: 'tool_choice',
  })
}
