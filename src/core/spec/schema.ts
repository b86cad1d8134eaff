import { z } from 'zod'
import type { WorkflowSpec } from './spec.ts'

/*
 * The canonical spec as one zod schema: what an author may write, in YAML, JSON or TypeScript.
 * `lockstep schema` publishes it as JSON Schema; parse-spec.ts turns its issues into errors with a
 * path and the legal alternatives. References between parts are checked by compile.ts.
 */

const name = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
    'a name starts with a letter, then letters, digits, _ or -, 64 in all',
  )
const text = z.string().min(1).max(200_000)
const condition = z
  .string()
  .min(1)
  .max(10_000)
  .describe("a condition, like get('$.args.amount') <= 500")
const path = z.string().min(1).max(1_000).describe('an RFC 9535 JSONPath')
const seconds = z.number().positive().max(86_400)
const jsonSchema = z.record(z.string(), z.json()).describe('a JSON Schema (2020-12)')
const someNames = z.union([name, z.array(name).min(1)])

const retryRule = z.union([
  z.literal('never'),
  z.strictObject({
    tries: z.int().min(1).max(10).exactOptional().describe('dispatches in all, the first included'),
    backoff: z.enum(['fixed', 'exponential']).exactOptional(),
    delay: seconds.exactOptional().describe('seconds before the first retry'),
    after: name
      .exactOptional()
      .describe('the field of the error that says how many seconds to wait'),
  }),
])

const http = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).exactOptional(),
  url: text.describe('a template over the arguments; values are URL-encoded'),
  headers: z.record(z.string(), z.string()).exactOptional(),
  query: z.record(z.string(), z.string()).exactOptional(),
  body: z.json().exactOptional().describe('JSON; its strings are templates'),
  allow: z.array(z.string()).exactOptional().describe('hosts that may be private or loopback'),
})

const tool = z.strictObject({
  about: text.exactOptional(),
  module: z
    .string()
    .min(1)
    .exactOptional()
    .describe('a path from this file; exports the tool by its name'),
  export: z.string().min(1).exactOptional(),
  http: http.exactOptional(),
  client: z.literal(true).exactOptional().describe('executed by the caller'),
  input: jsonSchema.exactOptional(),
  output: jsonSchema.exactOptional(),
  effect: z.enum(['read', 'write']).exactOptional(),
  risk: z.enum(['low', 'medium', 'high']).exactOptional(),
  idempotent: z.boolean().exactOptional(),
  undo: name.exactOptional(),
  trust: z.enum(['trusted', 'untrusted']).exactOptional(),
  timeout: seconds.exactOptional().describe('seconds for one dispatch'),
  retry: z.record(z.string(), retryRule).exactOptional().describe('by error code'),
})

const gate = z.strictObject({
  about: text.exactOptional().describe('the rule in words; shown when it refuses'),
  on: someNames.describe('the tools that it holds'),
  needs: z.array(name).min(1).exactOptional().describe('tools that must have succeeded before'),
  allow: condition.exactOptional(),
  from: z
    .record(z.string().min(1), z.union([path, z.array(path).min(1)]))
    .exactOptional()
    .describe('by argument: the paths that its value must come from'),
  limit: z
    .strictObject({ calls: z.int().min(0), per: path.exactOptional() })
    .exactOptional()
    .describe('how many calls a run may make, for each value at `per`'),
  confirm: z.literal(true).exactOptional().describe('the user confirmed this call'),
  else: z
    .enum(['refuse', 'approve', 'escalate'])
    .exactOptional()
    .describe('what happens when a rule does not hold; refuse'),
})

const next = z.union([
  name,
  z.array(
    z.strictObject({ to: name, when: condition.exactOptional(), after: name.exactOptional() }),
  ),
])

const settings = z.strictObject({
  temperature: z.number().min(0).max(2).exactOptional(),
  top_p: z.number().min(0).max(1).exactOptional(),
  max_output_tokens: z.int().positive().exactOptional(),
  seed: z.int().exactOptional(),
  provider: z.record(z.string(), z.record(z.string(), z.json())).exactOptional(),
})

const choose = z.union([z.enum(['auto', 'required', 'none']), z.strictObject({ tool: name })])

const stepFields = {
  about: text.exactOptional(),
  prompt: text,
  tools: z.array(name).exactOptional().describe('in scope in this step; none when omitted'),
  choose: choose.exactOptional(),
  output: jsonSchema.exactOptional(),
  accept: z.array(condition).min(1).exactOptional().describe('success criteria'),
  next: next.exactOptional(),
  reenter: name.exactOptional().describe('the step at which a later user message resumes'),
  budget: z.strictObject({ iterations: z.int().min(1).exactOptional() }).exactOptional(),
  model: z.string().min(1).exactOptional(),
  settings: settings.exactOptional(),
  timeout: seconds.exactOptional().describe('seconds for one model call'),
}

const mapStep = z.strictObject(stepFields)
const listStep = z.strictObject({ name: name.exactOptional(), ...stepFields })

const budget = z.strictObject({
  transitions: z.int().min(0).exactOptional().describe('per turn; 500'),
  iterations: z.int().min(1).exactOptional().describe('model calls per visit of a step; 25'),
  calls: z.int().min(0).exactOptional().describe('dispatches per run; 100'),
  tokens: z.int().min(1).exactOptional().describe('input and output, per run'),
  seconds: z.number().positive().exactOptional().describe('per run, waiting excluded'),
})

/** The one schema of a workflow (DESIGN §3). */
export const workflowSchema: z.ZodType<WorkflowSpec> = z.strictObject({
  $schema: z.string().exactOptional().describe('for editors; no part of the workflow'),
  workflow: name.describe('its name'),
  version: z.string().max(64).exactOptional(),
  about: text.exactOptional(),
  input: jsonSchema.exactOptional(),
  model: z.string().min(1).exactOptional(),
  instructions: text.exactOptional(),
  scope: z
    .enum(['strict', 'stable'])
    .exactOptional()
    .describe('send only the legal tools, or all of them in a prefix that caches'),
  settings: settings.exactOptional(),
  timeout: seconds.exactOptional().describe('seconds for one model call'),
  tools: z.record(name, tool).exactOptional(),
  gates: z.record(name, gate).exactOptional(),
  budget: budget.exactOptional(),
  start: name.exactOptional().describe('the first step, where the steps are a map; its first key'),
  steps: z.union([z.record(name, mapStep).describe('steps by name'), z.array(listStep).min(1)]),
})

/** The schema as JSON Schema 2020-12, for editors (`lockstep schema`). */
export function workflowJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(workflowSchema, { io: 'input', target: 'draft-2020-12' })
}
