import {
  errorAt,
  firstIssues,
  warningAt,
  type Issue,
  type IssuePath,
} from '../../core/spec/issue.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import {
  createOrigins,
  misread,
  type Canonical,
  type Dialect,
  type Surroundings,
} from '../canonical.ts'
import { modelName } from './personize-model.ts'
import { bodySchema, type PersonizeBody, type PersonizeStep } from './personize-schema.ts'
import { readRequestTools, type RequestTools } from './personize-tools.ts'

/**
 * Seed 0's request body as a workflow (S0.1-S0.4, S0.31): an ordered list of steps, each with its
 * prompt and tools. The body of `POST /responses` and a file with the same content read alike.
 */
export const personizeDialect: Dialect = { isWritten, read: readPersonize }

/** A step has at most so many tool roundtrips. */
export const MAX_ROUNDTRIPS = 20

/** Words that no canonical workflow has at its top. */
const OWN_KEYS = [
  'personize',
  'system_prompt',
  'inputs',
  'provider',
  'tier',
  'max_tokens',
  'temperature',
  'session_id',
  'llm_api_key',
  'openrouter_api_key',
] as const

/** What a request says and a file cannot: it is not read from here. */
const GIVEN_AT_RUN: readonly (readonly [string, string])[] = [
  ['inputs', '`inputs` are given when it is run: `--input NAME=VALUE`'],
  ['llm_api_key', 'a key does not belong into a file; set it in the environment'],
  ['openrouter_api_key', 'a key does not belong into a file; set it in the environment'],
]

/** Steps in a list with prompts, and a word that only this format has. */
function isWritten(value: JsonObject): boolean {
  if (Object.hasOwn(value, 'workflow')) return false
  const { steps, tools } = value
  if (!Array.isArray(steps) || steps.length === 0 || !steps.every(isPrompted)) return false
  return (
    OWN_KEYS.some((key) => Object.hasOwn(value, key)) ||
    steps.some((step) => Object.hasOwn(step, 'order') || Object.hasOwn(step, 'max_steps')) ||
    Array.isArray(tools) ||
    (isJsonObject(tools) &&
      Object.values(tools).some((tool) => isJsonObject(tool) && Object.hasOwn(tool, 'parameters')))
  )
}

function isPrompted(step: Json): boolean {
  return isJsonObject(step) && typeof step['prompt'] === 'string'
}

/** Reads a body as a spec; total. Whatever is wrong is an issue with its path in the body. */
export function readPersonize(value: JsonObject, around: Surroundings): Canonical {
  const parsed = bodySchema.safeParse(value)
  if (!parsed.success) return misread(parsed.error)
  const body = parsed.data
  const issues: Issue[] = []
  const origins = createOrigins()
  const tools = readRequestTools(body.tools, { nearby: around.tools, issues })
  const steps = orderedSteps(body, issues)
  for (const [index, { at }] of steps.entries()) {
    origins.note(['steps', index], at)
    origins.note(['steps', index, 'budget', 'iterations'], [...at, 'max_steps'])
  }
  origins.note(['guidelines'], ['personize', 'governance'])
  origins.note(['guidelines', 'ids'], ['personize', 'governance', 'guideline_ids'])
  origins.note(['instructions'], ['system_prompt'])
  for (const [key, instead] of GIVEN_AT_RUN) {
    if (Object.hasOwn(value, key)) issues.push(warningAt([key], instead))
  }
  origins.note(['settings', 'max_output_tokens'], ['max_tokens'])
  origins.note(['settings', 'temperature'], ['temperature'])
  const spec: JsonObject = {
    workflow: around.name,
    ...readFrame(body, issues),
    budget: { iterations: MAX_ROUNDTRIPS },
    ...(Object.keys(tools.declared).length === 0 ? {} : { tools: tools.declared }),
    steps: steps.map((each) => readStep(each, { tools, issues })),
  }
  return { spec, issues: firstIssues(issues), original: (path) => origins.find(path) }
}

interface Placed {
  readonly step: PersonizeStep
  readonly at: IssuePath
}

/** In the order that they say, else as they stand (S0.6). */
function orderedSteps({ steps }: PersonizeBody, issues: Issue[]): readonly Placed[] {
  const placed = (steps ?? []).map((step, index) => ({ step, at: ['steps', index] }))
  const orders = placed.flatMap(({ step }) => step.order ?? [])
  if (orders.length === 0) return placed
  if (orders.length < placed.length) {
    const first = placed.find(({ step }) => (step.order ?? null) === null)
    issues.push(errorAt(first?.at ?? [], '`order` is missing: give it to every step or to none'))
  }
  for (const [index, { step, at }] of placed.entries()) {
    if ((step.order ?? null) !== null && orders.indexOf(step.order ?? 0) < index) {
      issues.push(errorAt([...at, 'order'], `two steps have the order ${step.order}`))
    }
  }
  return placed.toSorted((left, right) => (left.step.order ?? 0) - (right.step.order ?? 0))
}

function readStep(
  { step, at }: Placed,
  { tools, issues }: { readonly tools: RequestTools; readonly issues: Issue[] },
): JsonObject {
  for (const [index, name] of (step.tools ?? []).entries()) {
    if (tools.knows(name)) continue
    const message = `there is no tool \`${name}\`; ${tools.legal(name)}`
    issues.push(errorAt([...at, 'tools', index], message))
  }
  const maxSteps = step.max_steps ?? null
  return {
    prompt: step.prompt,
    tools: [...new Set(step.tools ?? tools.client)],
    ...(maxSteps === null ? {} : { budget: { iterations: maxSteps } }),
  }
}

/** Everything but tools and steps: the model and its settings, the system prompt, memory (S0.20-S0.24). */
export function readFrame(body: PersonizeBody, issues: Issue[]): JsonObject {
  const { model, provider, system_prompt: instructions } = body
  if ((body.personize?.mcp_integration_ids ?? []).length > 0) {
    const at = ['personize', 'mcp_integration_ids']
    issues.push(errorAt(at, 'there are no MCP integrations here; leave it out'))
  }
  const settings: JsonObject = {
    ...(typeof body.temperature === 'number' ? { temperature: body.temperature } : {}),
    ...(typeof body.max_tokens === 'number' ? { max_output_tokens: body.max_tokens } : {}),
  }
  return {
    ...(typeof model === 'string' && model !== '' ? { model: modelName(model, provider) } : {}),
    ...(typeof instructions === 'string' && instructions !== '' ? { instructions } : {}),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
    ...memoryOf(body, issues),
    ...guidelinesOf(body),
  }
}

/** One sample puts `memorize: true` under `memory`, others have it beside: both are read. */
function memoryOf({ personize }: PersonizeBody, issues: Issue[]): JsonObject {
  const { memory, memorize } = personize ?? {}
  const record = memory?.record_id ?? memorize?.record_id ?? null
  const keeps = (memorize ?? null) !== null || memory?.memorize === true
  if (record === null) {
    if (memory?.recall === true || keeps) {
      const message = '`record_id` is missing: whose memory is it?'
      issues.push(
        errorAt(['personize', (memory ?? null) === null ? 'memorize' : 'memory'], message),
      )
    }
    return {}
  }
  const other = memorize?.record_id ?? record
  if (other !== record) {
    const message = `recalls from ${record} and memorizes to ${other}; one request has one record`
    issues.push(warningAt(['personize', 'memorize', 'record_id'], message))
  }
  return {
    memory: {
      record: escapeTemplate(record),
      recall: memory?.recall === true,
      memorize:
        keeps && memorize?.capture_tool_results === true ? { capture_tool_results: true } : keeps,
    },
  }
}

/** Guidelines by id, and those that fit the task where a mode says how to find them (S0.20). */
function guidelinesOf({ personize }: PersonizeBody): JsonObject {
  const { guideline_ids: ids = null, mode = null } = personize?.governance ?? {}
  if (ids === null && mode === null) return {}
  return {
    guidelines: {
      ...(ids === null ? {} : { ids: [...new Set(ids)] }),
      ...(mode === null ? {} : { mode, match: 'balanced' }),
    },
  }
}

/** A text that a template renders as it is (Law 16). */
export function escapeTemplate(text: string): string {
  return text.replaceAll('{{', '\\{{')
}
