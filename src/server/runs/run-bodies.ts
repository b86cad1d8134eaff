import { z } from 'zod'
import type { Json, JsonObject } from '../../core/spec/json.ts'
import { REASONS, type FailureCategory, type Reason } from '../../core/log/event.ts'
import { UNTIL, type Until } from './feed/event-stream.ts'
import { STATUSES, type RunStatus } from './run-status.ts'

/*
 * What the routes of runs are sent, as schemas: they check requests, and the OpenAPI document is made
 * of them.
 */

// What came out of JSON.parse is JSON; what a log cannot keep of it is refused where it is written.
const json: z.ZodType<Json> = z.custom<Json>((value) => value !== undefined, 'expected a value')
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json)
const name = z.string().min(1).max(200)
const words = z.string().max(10_000)

export interface StatementBody {
  readonly kind: string
  readonly facts: JsonObject
}

export const statement: z.ZodType<StatementBody> = z.strictObject({
  kind: z.string().describe('The name under which gates read it: `$.user.KIND`.'),
  facts: jsonObject,
})

export interface StartBody {
  readonly workflow: string
  readonly input?: JsonObject | string | undefined
  readonly model?: string | undefined
  readonly session?: JsonObject | undefined
  readonly states?: readonly StatementBody[] | undefined
}

export const startBody: z.ZodType<StartBody> = z.strictObject({
  workflow: name.describe('The name of a registered workflow: GET /workflows lists them.'),
  input: z
    .union([jsonObject, z.string()])
    .optional()
    .describe("What the workflow's input schema asks for; a text is `{ message }`."),
  model: name.optional().describe("`provider/model`, before the step's and the workflow's."),
  session: jsonObject.optional().describe('What conditions read as `$.session`.'),
  states: z.array(statement).max(100).optional().describe('What the user stated beforehand.'),
})

export interface InputBody {
  readonly message?: string | undefined
  readonly input?: JsonObject | undefined
  readonly slots?: JsonObject | undefined
}

export const inputBody: z.ZodType<InputBody> = z.strictObject({
  message: words.optional().describe("The user's next message, or the answer to a question."),
  input: jsonObject.optional().describe('The same as an object.'),
  slots: jsonObject.optional().describe('Values for the slots that the run asks for, by name.'),
})

const failure = z.strictObject({
  code: name,
  message: words,
  category: z.enum(['transient', 'validation', 'business', 'permission']).optional(),
})

export interface ResultsBody {
  readonly results: readonly {
    readonly call: string
    readonly output?: Json | undefined
    readonly error?:
      | {
          readonly code: string
          readonly message: string
          readonly category?: FailureCategory | undefined
        }
      | undefined
  }[]
}

export const resultsBody: z.ZodType<ResultsBody> = z.strictObject({
  results: z
    .array(
      z
        .strictObject({ call: name, output: json.optional(), error: failure.optional() })
        .refine((result) => (result.output === undefined) !== (result.error === undefined), {
          message: 'expected either `output` or `error`',
        }),
    )
    .min(1)
    .max(1_000),
})

export interface ApprovalBody {
  readonly decision: 'approve' | 'deny'
  readonly request?: string | undefined
  readonly call?: string | undefined
  readonly reason?: string | undefined
  readonly args?: Json | undefined
}

export const approvalBody: z.ZodType<ApprovalBody> = z.strictObject({
  decision: z.enum(['approve', 'deny']),
  request: name.optional().describe('Which request; may be left out where one is open.'),
  call: name.optional().describe('The call that it is about, instead of the request.'),
  reason: words.optional(),
  args: json.optional().describe('The arguments that the approver saw; others are refused.'),
})

export interface ConfirmationBody {
  readonly tool: string
  readonly args: Json
  readonly branch?: string | undefined
}

export const confirmationBody: z.ZodType<ConfirmationBody> = z.strictObject({
  tool: name,
  args: json.describe('Exactly the arguments that the user said yes to.'),
  branch: name.optional().describe('The sub-run that asks, as its pending call names it.'),
})

export interface SettleBody {
  readonly call: string
  readonly executed: boolean
  readonly output?: Json | undefined
}

export const settleBody: z.ZodType<SettleBody> = z.strictObject({
  call: name,
  executed: z.boolean().describe('What a person found out: whether the write happened.'),
  output: json.optional(),
})

export interface CheckpointBody {
  readonly name: string
}

export const checkpointBody: z.ZodType<CheckpointBody> = z.strictObject({ name })

export interface RewindBody {
  readonly to: string
  readonly branch?: string | undefined
}

export const rewindBody: z.ZodType<RewindBody> = z.strictObject({
  to: name.describe('The name of a checkpoint, or of a step: its newest visit.'),
  branch: name.optional(),
})

export interface ForkBody {
  readonly at?: string | number | undefined
}

export const forkBody: z.ZodType<ForkBody> = z.strictObject({
  at: z
    .union([name, z.int().min(1)])
    .optional()
    .describe("A checkpoint's name, or an event at which one stands; else the log's end."),
})

export interface ResumeBody {
  readonly model?: string | undefined
  readonly migrate?: boolean | undefined
}

export const resumeBody: z.ZodType<ResumeBody> = z.strictObject({
  model: name.optional(),
  migrate: z
    .boolean()
    .optional()
    .describe('Go on under the edited workflow although a step ahead differs; needs `admin`.'),
})

export const emptyBody: z.ZodType<Readonly<Record<string, never>>> = z.strictObject({})

export interface HandoffBody {
  readonly fields?: JsonObject | undefined
}

export const handoffBody: z.ZodType<HandoffBody> = z.strictObject({
  fields: jsonObject.optional().describe('What the packet lacks; left out, it is delivered again.'),
})

export interface LinkBody {
  readonly expires_in: number
}

export const linkBody: z.ZodType<LinkBody> = z.strictObject({
  expires_in: z.int().min(1).max(604_800).default(3_600).describe('Seconds; 7 days at most.'),
})

const whole = z.string().regex(/^\d{1,15}$/, 'expected a whole number')

export interface ListQuery {
  readonly limit?: string | undefined
  readonly cursor?: string | undefined
  readonly status?: RunStatus | undefined
  readonly reason?: Reason | undefined
  readonly workflow?: string | undefined
}

export const listQuery: z.ZodType<ListQuery> = z.strictObject({
  limit: whole.optional().describe('1 to 100; 20 when left out.'),
  cursor: z.string().max(1_000).optional().describe('`next_cursor` of the page before.'),
  status: z.enum(STATUSES).optional().describe('Only runs that stand so.'),
  reason: z.enum(REASONS).optional().describe('Only runs that rest for this reason.'),
  workflow: name.optional().describe('Only runs of this workflow.'),
})

export interface EventsQuery {
  readonly after?: string | undefined
  readonly limit?: string | undefined
  readonly stream?: 'true' | 'false' | undefined
  readonly until?: Until | undefined
  readonly text?: 'true' | 'false' | undefined
}

export const eventsQuery: z.ZodType<EventsQuery> = z.strictObject({
  after: whole.optional().describe('Only events with a greater number.'),
  limit: whole
    .optional()
    .describe('Events of a page, 1 to 1000; 100 when left out. Not of a stream.'),
  stream: z.enum(['true', 'false']).optional().describe('As `Accept: text/event-stream`.'),
  until: z.enum(UNTIL).optional().describe('When a stream ends: `end`, `rest` or `never`.'),
  text: z.enum(['true', 'false']).optional().describe("Pieces of a model's text as well."),
})

export interface BranchQuery {
  readonly branch?: string | undefined
}

export const branchQuery: z.ZodType<BranchQuery> = z.strictObject({
  branch: name.optional().describe('The sub-run that wrote it, where several did.'),
})
