import { z } from 'zod'
import type { JsonObject } from '../../core/spec/json.ts'

/*
 * The shape of a Vectara agent (S3.1-S3.9), as far as it is read here. Their API writes what is not
 * there as null. Further keys are let through: vectara.ts says of each whether it means something.
 */

type Maybe<Value> = Value | null | undefined

/** A text of the model's instructions, or a reference to one that Vectara keeps. */
export interface Instruction {
  readonly type?: Maybe<string>
  readonly template?: Maybe<string>
  readonly template_type?: Maybe<string>
}

export interface NextStep {
  readonly step_name: string
  readonly condition?: Maybe<string>
}

export interface AgentStep {
  /** Only of `first_step`. */
  readonly name?: Maybe<string>
  readonly instructions?: Maybe<readonly Instruction[]>
  readonly output_parser?: Maybe<{
    readonly type: 'default' | 'structured'
    readonly json_schema?: Maybe<{ readonly schema: JsonObject }>
  }>
  readonly reminders?: Maybe<readonly unknown[]>
  readonly next_steps?: Maybe<readonly NextStep[]>
  readonly allowed_tools?: Maybe<readonly string[]>
  readonly allowed_skills?: Maybe<readonly string[]>
  readonly reentry_step?: Maybe<string>
}

export interface ToolConfiguration {
  readonly type?: Maybe<string>
  readonly description?: Maybe<string>
  readonly description_template?: Maybe<string>
  readonly input_schema?: Maybe<JsonObject>
  readonly output_schema?: Maybe<JsonObject>
  readonly agent_key?: Maybe<string>
}

export interface Agent {
  readonly key?: Maybe<string>
  readonly name?: Maybe<string>
  readonly description?: Maybe<string>
  readonly enabled?: Maybe<boolean>
  readonly metadata?: Maybe<JsonObject>
  readonly model?: Maybe<{
    readonly name: string
    readonly parameters?: Maybe<JsonObject>
    readonly retry_configuration?: Maybe<JsonObject>
  }>
  readonly first_step_name?: Maybe<string>
  readonly first_step?: Maybe<AgentStep>
  readonly steps?: Maybe<Readonly<Record<string, AgentStep>>>
  readonly tool_configurations?: Maybe<Readonly<Record<string, ToolConfiguration>>>
  readonly skills?: Maybe<JsonObject>
  readonly compaction?: Maybe<JsonObject>
  readonly tool_output_offloading?: Maybe<JsonObject>
}

const text = z.string().nullish()
const object = z.record(z.string(), z.json())

const step = z.looseObject({
  name: text,
  instructions: z
    .array(
      z.looseObject({
        type: z.enum(['inline', 'reference']).nullish(),
        template: text,
        template_type: z.enum(['velocity', 'text']).nullish(),
      }),
    )
    .nullish(),
  output_parser: z
    .looseObject({
      type: z.enum(['default', 'structured']),
      json_schema: z.looseObject({ schema: object }).nullish(),
    })
    .nullish(),
  reminders: z.array(z.json()).nullish(),
  next_steps: z.array(z.looseObject({ step_name: z.string(), condition: text })).nullish(),
  allowed_tools: z.array(z.string()).nullish(),
  allowed_skills: z.array(z.string()).nullish(),
  reentry_step: text,
})

/** Checks the shape of an agent; what it means is vectara.ts's. */
export const agentSchema: z.ZodType<Agent> = z.looseObject({
  key: text,
  name: text,
  description: text,
  enabled: z.boolean().nullish(),
  metadata: object.nullish(),
  model: z
    .looseObject({
      name: z.string().min(1),
      parameters: object.nullish(),
      retry_configuration: object.nullish(),
    })
    .nullish(),
  first_step_name: text,
  first_step: step.nullish(),
  steps: z.record(z.string(), step).nullish(),
  tool_configurations: z
    .record(
      z.string(),
      z.looseObject({
        type: text,
        description: text,
        description_template: text,
        input_schema: object.nullish(),
        output_schema: object.nullish(),
        agent_key: text,
      }),
    )
    .nullish(),
  skills: object.nullish(),
  compaction: object.nullish(),
  tool_output_offloading: object.nullish(),
})
