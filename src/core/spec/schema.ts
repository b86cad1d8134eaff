import { z } from 'zod'
import {
  artifactSchema,
  decisionsSchema,
  localeSchema,
  modelSettings as settings,
  refuseSchema,
  slotSchema,
} from './chain-schema.ts'
import { guidelinesSchema } from './guideline/guideline-schema.ts'
import { memorySchema } from './memory-schema.ts'
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

const risk = z.enum(['low', 'medium', 'high'])
const subWorkflow = z.union([
  z.string().min(1).describe('a path from this file'),
  z.lazy((): z.ZodType<WorkflowSpec> => workflowSchema),
])

const approval = z
  .strictObject({
    approvers: z.int().min(1).max(10).exactOptional().describe('how many different people; 1'),
    by: z.array(z.string().min(1)).min(1).exactOptional().describe('names or roles'),
    expires: z.number().positive().exactOptional().describe('seconds; 86400'),
    risk: z.enum(['medium', 'high']).exactOptional().describe('tools from this tier on; high'),
  })
  .describe('who may approve')

const check = z
  .strictObject({
    module: z.string().min(1).exactOptional().describe('a path from this file'),
    export: z.string().min(1).exactOptional(),
    timeout: seconds.exactOptional().describe('seconds; 5'),
  })
  .describe('a function that says whether the gate holds')

const urgency = z.enum(['low', 'normal', 'high', 'critical'])
const handoff = z.strictObject({
  schema: jsonSchema.exactOptional(),
  fields: z.record(z.string().min(1), path).exactOptional(),
  subject: text.exactOptional().describe('a template'),
  customer: path.exactOptional(),
  amounts: z.record(z.string().min(1), path).exactOptional(),
  urgency: z.union([urgency, z.partialRecord(urgency, condition)]).exactOptional(),
  when: condition
    .exactOptional()
    .describe('where this holds over facts, a person takes over before a model is asked'),
  webhook: z
    .strictObject({
      url: z.string().min(1),
      secret: z.string().min(1).exactOptional().describe('the environment variable that has it'),
      tries: z.int().min(1).max(10).exactOptional(),
    })
    .exactOptional(),
})

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
  workflow: subWorkflow.exactOptional().describe('a sub-run with a fresh history'),
  input: jsonSchema.exactOptional(),
  output: jsonSchema.exactOptional(),
  effect: z.enum(['read', 'write']).exactOptional(),
  risk: risk.exactOptional(),
  idempotent: z.boolean().exactOptional(),
  undo: z
    .union([name, z.strictObject({ tool: name, args: z.record(z.string(), path) })])
    .exactOptional()
    .describe('the tool that takes its effect back'),
  breaker: z
    .union([
      z.literal(false),
      z.strictObject({
        failures: z.int().min(1).exactOptional(),
        seconds: seconds.exactOptional(),
      }),
    ])
    .exactOptional()
    .describe('failures in a row after which calls are refused for a while'),
  trust: z.enum(['trusted', 'untrusted']).exactOptional(),
  timeout: seconds.exactOptional().describe('seconds for one dispatch'),
  retry: z.record(z.string(), retryRule).exactOptional().describe('by error code'),
})

const gate = z.strictObject({
  about: text.exactOptional().describe('the rule in words; shown when it refuses'),
  on: z.union([z.literal('*'), someNames]).describe('the tools that it holds; * for all'),
  except: z.array(name).min(1).exactOptional().describe('with on: *, those that it does not hold'),
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
  clean: z
    .array(path)
    .min(1)
    .exactOptional()
    .describe('arguments whose value may not come only from untrusted results'),
  confirm: z.literal(true).exactOptional().describe('the user confirmed this call'),
  check: check.exactOptional(),
  approval: approval.exactOptional(),
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

const choose = z.union([z.enum(['auto', 'required', 'none']), z.strictObject({ tool: name })])

const spanFields = {
  calls: z.int().min(0).exactOptional(),
  tokens: z.int().min(1).exactOptional(),
  usd: z.number().positive().exactOptional(),
  seconds: z.number().positive().exactOptional(),
}

const stepFields = {
  about: text.exactOptional(),
  prompt: text.exactOptional(),
  each: z
    .union([path, z.array(z.json()).min(1)])
    .exactOptional()
    .describe('runs `run` once for each item'),
  run: subWorkflow.exactOptional(),
  parallel: z.int().min(1).max(32).exactOptional().describe('sub-runs at once; 4'),
  policy: z.enum(['all', 'any', 'settle']).exactOptional(),
  tools: z.array(name).exactOptional().describe('in scope in this step; none when omitted'),
  choose: choose.exactOptional(),
  output: jsonSchema.exactOptional(),
  accept: z.array(condition).min(1).exactOptional().describe('success criteria'),
  next: next.exactOptional(),
  reenter: name.exactOptional().describe('the step at which a later user message resumes'),
  budget: z
    .strictObject({ iterations: z.int().min(1).exactOptional(), ...spanFields })
    .exactOptional(),
  fail: z
    .union([
      z.literal('stop'),
      z.strictObject({ to: name }),
      z.strictObject({ rewind: z.string().min(1), to: z.string().min(1).exactOptional() }),
    ])
    .exactOptional(),
  checkpoint: name.exactOptional().describe('a name for the place after this step'),
  write: z
    .union([name, z.array(name).min(1)])
    .exactOptional()
    .describe('artifacts of this step'),
  model: z.string().min(1).exactOptional(),
  settings: settings.exactOptional(),
  timeout: seconds.exactOptional().describe('seconds for one model call'),
}

/** The least that a step is, for editors and errors. */
const least = { examples: [{ prompt: 'Do this.' }] }
const mapStep = z.strictObject(stepFields).meta(least)
const listStep = z.strictObject({ name: name.exactOptional(), ...stepFields }).meta(least)

const budget = z.strictObject({
  transitions: z.int().min(0).exactOptional().describe('per turn; 500'),
  iterations: z.int().min(1).exactOptional().describe('model calls per visit of a step; 25'),
  calls: z.int().min(0).exactOptional().describe('dispatches per run; 100'),
  tokens: z.int().min(1).exactOptional().describe('input and output, per run'),
  usd: z.number().positive().exactOptional().describe('per run'),
  seconds: z.number().positive().exactOptional().describe('per run, waiting excluded'),
  turn: z.strictObject(spanFields).exactOptional(),
})

const price = z.strictObject({
  input: z.number().min(0),
  output: z.number().min(0),
  cached: z.number().min(0).exactOptional(),
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
  prices: z
    .record(z.string().min(1), price)
    .exactOptional()
    .describe('USD per million tokens, by provider/model'),
  domain: name.exactOptional().describe('which of `risks` holds'),
  risks: z.record(name, z.record(name, risk)).exactOptional().describe('by domain, by tool'),
  approval: approval.exactOptional(),
  people: z.record(z.string().min(1), z.array(z.string().min(1))).exactOptional(),
  handoff: handoff.exactOptional(),
  artifacts: z
    .record(name, artifactSchema)
    .exactOptional()
    .describe('content that is gated before it is stored'),
  slots: z.record(name, slotSchema).exactOptional().describe('values that the user gives'),
  memory: memorySchema.exactOptional(),
  guidelines: guidelinesSchema.exactOptional(),
  locale: localeSchema.exactOptional(),
  refuse: refuseSchema.exactOptional().describe('what is not answered'),
  decisions: decisionsSchema.exactOptional(),
  metadata: z
    .record(z.string(), z.json())
    .exactOptional()
    .describe('what conditions read as $.agent.metadata'),
  start: name.exactOptional().describe('the first step, where the steps are a map; its first key'),
  steps: z.union([z.record(name, mapStep).describe('steps by name'), z.array(listStep).min(1)]),
})

/** The schema as JSON Schema 2020-12, for editors (`lockstep schema`). */
export function workflowJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(workflowSchema, { io: 'input', target: 'draft-2020-12' })
}
