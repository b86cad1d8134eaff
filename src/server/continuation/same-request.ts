import type { Event } from '../../core/log/event.ts'
import {
  canonicalJson,
  isJsonObject,
  ownValue,
  type Json,
  type JsonObject,
} from '../../core/spec/json.ts'
import { escapeTemplate } from '../../dialect/personize/personize.ts'
import { toolsSchema } from '../../dialect/personize/personize-schema.ts'
import { readRequestTools } from '../../dialect/personize/personize-tools.ts'
import { boundedTools } from '../responses/request/bounded-spec.ts'
import { invalid, type Continued } from './continuation.ts'

/*
 * A request that goes on says again what the first one said: the steps that are left, the tools. What
 * counts is in the continuation; whoever sends something else is told that it was not heard.
 */

/** What a run has left, as its request wrote it (S0.30). */
export interface StepsLeft {
  readonly remaining: readonly JsonObject[]
  readonly completed: number
}

/** The steps from the one that is under way on; none for a workflow that no request wrote. */
export function stepsLeft(spec: JsonObject, step: string | null): StepsLeft {
  const { steps } = spec
  if (!Array.isArray(steps) || answersConversation(steps)) return { remaining: [], completed: 0 }
  const completed = step === null ? 0 : Math.max(Number(step.replace('step-', '')) - 1, 0)
  return { remaining: steps.slice(completed).map(asSent), completed }
}

/** The one step of a request that wrote none. */
function answersConversation(steps: readonly Json[]): boolean {
  const [only] = steps
  return steps.length === 1 && isJsonObject(only) && only['prompt'] === CONVERSATION
}

/** What that step says: the user's last message. */
export const CONVERSATION = '{{message}}'

function asSent(step: Json): JsonObject {
  if (!isJsonObject(step)) return {}
  const { prompt = '', tools = [] } = step
  const rounds = roundsOf(step)
  return {
    prompt: typeof prompt === 'string' ? prompt.replaceAll('\\{{', '{{') : '',
    tools,
    ...(rounds === null ? {} : { max_steps: rounds }),
  }
}

function roundsOf({ budget = null }: JsonObject): Json {
  return isJsonObject(budget) ? (ownValue(budget, 'iterations') ?? null) : null
}

/** Throws an ApiError `invalid_conversation_signature` where a request says other than its continuation. */
export function assertSameRequest(
  raw: JsonObject,
  on: {
    readonly continued: Continued
    readonly step: string | null
    /** The log of the run, wherever it was kept. */
    readonly events: readonly Event[]
  },
): void {
  const { workflow, about } = on.continued
  const { steps = null, tools = null, model = null, remaining_steps: left = null } = raw
  if (model !== null && model !== about.model) throw invalid()
  if ('name' in workflow) return
  const { spec } = workflow
  if (steps !== null && !fits(steps, on)) throw invalid()
  if (left !== null && !fits(left, on)) throw invalid()
  const { completed } = stepsLeft(spec, on.step)
  if (![null, completed].includes(numberOf(raw['completed_step_count']))) throw invalid()
  if (!sameFrame(raw, spec)) throw invalid()
  if (tools !== null && canonicalJson(declared(tools)) !== canonicalJson(spec['tools'] ?? {})) {
    throw invalid()
  }
  const started = on.events.find((event) => event.type === 'run.started')
  const inputs = raw['inputs'] ?? null
  if (isJsonObject(inputs) && started !== undefined) {
    const { input } = started
    const same = Object.entries(inputs).every(
      ([name, value]) => canonicalJson(ownValue(input, name) ?? null) === canonicalJson(value),
    )
    if (!same) throw invalid()
  }
}

function numberOf(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null
}

/** What of the system prompt and the settings is said again must be what it was. */
function sameFrame(raw: JsonObject, spec: JsonObject): boolean {
  const { system_prompt: prompt = null, temperature = null, max_tokens: max = null } = raw
  const { instructions = '', settings = {} } = spec
  const known = isJsonObject(settings) ? settings : {}
  const texts = typeof prompt === 'string' ? [prompt, escapeTemplate(prompt)] : []
  const begins = (text: string): boolean =>
    typeof instructions === 'string' &&
    (instructions === text || instructions.startsWith(`${text}\n\n`))
  return (
    (texts.length === 0 || prompt === '' || texts.some(begins)) &&
    (temperature === null || temperature === (known['temperature'] ?? null)) &&
    (max === null || max === (known['max_output_tokens'] ?? null))
  )
}

/** All the steps, or those that are left. */
function fits(
  sent: Json,
  { continued, step }: { readonly continued: Continued; readonly step: string | null },
): boolean {
  const { workflow } = continued
  const all = 'spec' in workflow ? workflow.spec['steps'] : null
  if (!Array.isArray(sent) || !Array.isArray(all)) return false
  const { remaining, completed } = stepsLeft({ steps: all }, step)
  if (sent.length === 0) return remaining.length === 0
  const client = 'spec' in workflow ? Object.keys(toolsOf(workflow.spec)) : []
  const same = (signed: readonly Json[]): boolean =>
    signed.length === sent.length &&
    signed.every((each, index) => isSame(each, { sent: sent[index] ?? null, client }))
  return same(all.slice(completed)) || same(all)
}

function toolsOf(spec: JsonObject): JsonObject {
  const { tools = null } = spec
  return isJsonObject(tools) ? tools : {}
}

function isSame(
  signed: Json,
  on: { readonly sent: Json; readonly client: readonly string[] },
): boolean {
  const { sent } = on
  if (!isJsonObject(signed) || !isJsonObject(sent)) return false
  const { prompt = '', tools = null } = sent
  if (typeof prompt !== 'string') return false
  const texts: readonly Json[] = [prompt, escapeTemplate(prompt)]
  return (
    texts.includes(signed['prompt'] ?? null) &&
    canonicalJson(Array.isArray(tools) ? [...new Set(tools)] : [...on.client]) ===
      canonicalJson(signed['tools'] ?? []) &&
    (sent['max_steps'] ?? null) === roundsOf(signed)
  )
}

function declared(tools: Json): Json {
  const parsed = toolsSchema.safeParse(tools)
  if (!parsed.success) throw invalid()
  const read = readRequestTools(parsed.data, { nearby: new Map(), issues: [] })
  return boundedTools({ ...read.declared })
}
