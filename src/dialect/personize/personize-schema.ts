import { z } from 'zod'
import type { JsonObject } from '../../core/spec/json.ts'

/*
 * The shape of a Personize request body (seed 0; S0.1-S0.4, S0.17-S0.27), as far as it is a workflow.
 * Further keys are let through: they belong to the conversation, or to somebody else.
 */

type Maybe<Value> = Value | null | undefined

export interface PersonizeStep {
  readonly prompt: string
  readonly order?: Maybe<number>
  readonly tools?: Maybe<readonly string[]>
  readonly max_steps?: Maybe<number>
}

/** A tool that the caller executes; `execute` stays with the caller. */
export interface PersonizeTool {
  readonly description?: Maybe<string>
  readonly parameters?: Maybe<JsonObject>
}

/** The same as OpenAI writes it: nested (chat completions) or flat (responses). */
export interface ListedTool extends PersonizeTool {
  readonly type?: Maybe<string>
  readonly name?: Maybe<string>
  readonly function?: Maybe<PersonizeTool & { readonly name: string }>
}

export type PersonizeTools = readonly ListedTool[] | Readonly<Record<string, PersonizeTool>>

/** What only Personize has, under one key (S0.20-S0.23). */
export interface PersonizeOptions {
  readonly governance?: Maybe<{
    readonly guideline_ids?: Maybe<readonly string[]>
    readonly mode?: Maybe<'fast' | 'deep' | 'auto'>
  }>
  readonly memory?: Maybe<{
    readonly record_id?: Maybe<string>
    readonly recall?: Maybe<boolean>
    readonly memorize?: Maybe<boolean>
  }>
  readonly memorize?: Maybe<{
    readonly record_id?: Maybe<string>
    readonly capture_tool_results?: Maybe<boolean>
  }>
  readonly mcp_integration_ids?: Maybe<readonly string[]>
  readonly outputs?: Maybe<readonly OutputSlot[]>
}

/** A value that the model marks in its text, like `<output name="subject">…</output>`. */
export interface OutputSlot {
  readonly key: string
  readonly type?: Maybe<string>
}

export interface PersonizeBody {
  readonly steps?: Maybe<readonly PersonizeStep[]>
  readonly tools?: Maybe<PersonizeTools>
  readonly model?: Maybe<string>
  readonly provider?: Maybe<string>
  readonly temperature?: Maybe<number>
  readonly max_tokens?: Maybe<number>
  readonly system_prompt?: Maybe<string>
  readonly inputs?: Maybe<JsonObject>
  readonly personize?: Maybe<PersonizeOptions>
}

const text = z.string().nullish()
const object = z.record(z.string(), z.json())
const described = { description: text, parameters: object.nullish() }
const listed = z.looseObject({
  type: text,
  name: text,
  ...described,
  function: z.looseObject({ name: z.string().min(1), ...described }).nullish(),
})

const stepSchema: z.ZodType<PersonizeStep> = z.looseObject({
  prompt: z.string().min(1, 'must not be empty').max(200_000),
  order: z.number().nullish(),
  tools: z.array(z.string()).nullish(),
  max_steps: z
    .int()
    .min(1)
    .max(20, 'must be at most 20: a step has at most 20 tool roundtrips')
    .nullish(),
})

/** Tools of a request: OpenAI's list, or a map by name. */
export const toolsSchema: z.ZodType<PersonizeTools> = z.union([
  z.array(listed).max(128),
  z.record(z.string(), z.looseObject(described)),
])

/** What stands under `personize`. */
export const optionsSchema: z.ZodType<PersonizeOptions> = z.looseObject({
  governance: z
    .looseObject({
      guideline_ids: z.array(z.string().min(1)).nullish(),
      mode: z.enum(['fast', 'deep', 'auto']).nullish(),
    })
    .nullish(),
  memory: z
    .looseObject({
      record_id: z.string().min(1).max(256).nullish(),
      recall: z.boolean().nullish(),
      memorize: z.boolean().nullish(),
    })
    .nullish(),
  memorize: z
    .looseObject({
      record_id: z.string().min(1).max(256).nullish(),
      capture_tool_results: z.boolean().nullish(),
    })
    .nullish(),
  mcp_integration_ids: z.array(z.string()).nullish(),
  outputs: z.array(z.looseObject({ key: z.string().min(1).max(128), type: text })).nullish(),
})

/** A request has at most so many steps. */
const MAX_STEPS = 20

/** Checks the shape of a body; what it means is personize.ts's. */
export const bodySchema: z.ZodType<PersonizeBody> = z.looseObject({
  steps: z
    .array(stepSchema)
    .min(1, 'give at least one step')
    .max(MAX_STEPS, `has more than ${MAX_STEPS} steps; split the work`)
    .nullish(),
  tools: toolsSchema.nullish(),
  model: text,
  provider: text,
  temperature: z.number().min(0).max(2).nullish(),
  max_tokens: z.int().min(1).nullish(),
  system_prompt: text,
  inputs: object.nullish(),
  personize: optionsSchema.nullish(),
})
