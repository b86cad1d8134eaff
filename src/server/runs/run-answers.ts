import { z } from 'zod'
import { REASONS } from '../../core/log/event.ts'
import { STATUSES } from './run-status.ts'

/*
 * What the routes of runs answer, as schemas for the OpenAPI document: strict, so that a test sees
 * what the document forgot.
 */

const json = z.unknown()
const reason = z.enum(REASONS).nullable()
const when = z.iso.datetime()
const seq = z.int().min(1)
const verdict = z.enum(['allow', 'refuse', 'approve', 'escalate'])
const tokens = z.strictObject({
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  cached_tokens: z.number(),
})

const summaryShape = {
  object: z.literal('run'),
  id: z.string(),
  workflow: z.string(),
  digest: z.string(),
  status: z.enum(STATUSES),
  reason,
  step: z.string().nullable(),
  head: seq.describe('The number of its last event; the ETag is made of it.'),
  created_at: when,
  updated_at: when,
}

const call = z.strictObject({
  call: z.string(),
  name: z.string(),
  args: json,
  result: json.optional(),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  verdict: verdict.nullable(),
})

const decision = z.looseObject({ call: z.int(), next_action: z.string(), confidence: z.number() })

const visit = z.strictObject({
  order: z.int(),
  name: z.string(),
  branch: z.string().optional(),
  text: z.string(),
  output: json.optional(),
  tool_calls: z.array(call),
  decisions: z.array(decision),
  usage: tokens,
})

const entry = z.strictObject({
  seq,
  at: z.number(),
  kind: z.string(),
  by: z.string(),
  call: z.string().nullable(),
  tool: z.string().nullable(),
  gate: z.string(),
  verdict,
  reason: z.string(),
  facts: z.array(seq).optional(),
  request: z.string().optional(),
  branch: z.string().optional(),
})

const pending = z.looseObject({
  call: z.string(),
  tool: z.string(),
  args: json,
  request: z.string().optional(),
  question: z.string().optional(),
})

const artifact = z.strictObject({
  artifact: z.string(),
  version: seq,
  ref: z.string(),
  digest: z.string(),
  type: z.string(),
  chars: z.int(),
  score: z.number().optional(),
  call: z.string(),
  expires_at: z.number().optional(),
  branch: z.string().optional(),
})

/** The packet for a person. */
export const handoffAnswer: z.ZodType = z.looseObject({
  seq,
  run: z.string(),
  workflow: z.string(),
  subject: z.string(),
  summary: z.string(),
  missing: z.array(z.string()),
  urgency: z.enum(['low', 'normal', 'high', 'critical']),
  fields: z.record(z.string(), json),
})

export const summaryAnswer: z.ZodType = z.strictObject(summaryShape)

export const detailAnswer: z.ZodType = z.strictObject({
  ...summaryShape,
  run: z.string(),
  message: z.string(),
  output: json,
  steps: z.array(visit),
  ledger: z.array(entry),
  artifacts: z.array(artifact),
  pending: z.array(pending).optional(),
  handoff: handoffAnswer.optional(),
  usage: tokens,
  cost_usd: z.number().optional(),
  events: z.int(),
})

const list = (item: z.ZodType): z.ZodObject =>
  z.strictObject({ object: z.literal('list'), data: z.array(item) })

export const runsAnswer: z.ZodType = list(summaryAnswer).extend({
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
})

export const eventsAnswer: z.ZodType = list(
  z.looseObject({ v: z.int(), seq, at: z.number(), type: z.string() }),
).extend({ has_more: z.boolean(), next_after: z.int() })

export const approvalsAnswer: z.ZodType = list(
  z.looseObject({
    id: z.string(),
    seq,
    status: z.enum(['open', 'granted', 'denied', 'expired']),
    call: z.string(),
    tool: z.string(),
    args: json,
    about: z.string(),
    gates: z.array(z.string()),
    granted_by: z.array(z.string()),
  }),
)

export const checkpointsAnswer: z.ZodType = list(
  z.strictObject({
    name: z.string(),
    seq: z.int(),
    step: z.string().nullable(),
    at: z.number(),
  }),
)

export const artifactsAnswer: z.ZodType = list(artifact)

export const linkAnswer: z.ZodType = z.strictObject({
  url: z.string().describe('A path of this server, or the address of the bucket.'),
  expires_at: when,
  artifact,
})

const workflowShape = {
  object: z.literal('workflow'),
  name: z.string(),
  version: z.string().nullable(),
  about: z.string().nullable(),
  digest: z.string(),
  input: z.record(z.string(), json).nullable().describe("JSON Schema of a run's input."),
}

export const workflowsAnswer: z.ZodType = list(z.strictObject(workflowShape))

export const workflowAnswer: z.ZodType = z.strictObject({
  ...workflowShape,
  start: z.string(),
  steps: z.array(
    z.strictObject({
      name: z.string(),
      tools: z.array(z.string()),
      next: z.array(z.string()),
      output: z.record(z.string(), json).nullable(),
    }),
  ),
  tools: z.array(
    z.strictObject({
      name: z.string(),
      about: z.string(),
      kind: z.string(),
      effect: z.enum(['read', 'write']),
      risk: z.enum(['low', 'medium', 'high']),
      input: z.record(z.string(), json),
      gates: z.array(z.string()),
    }),
  ),
})
