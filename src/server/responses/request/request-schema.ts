import { z } from 'zod'
import type { Json, JsonObject } from '../../../core/spec/json.ts'
import {
  optionsSchema,
  toolsSchema,
  type PersonizeOptions,
  type PersonizeTools,
} from '../../../dialect/personize/personize-schema.ts'
import { sentMessageSchema, type SentMessage } from '../../continuation/conversation.ts'

/*
 * The body of `POST /responses` (S0.1, S0.36): Personize's and OpenAI's in one. What it does not name
 * is let through, since clients send more than anybody reads.
 */

type Maybe<Value> = Value | null | undefined

/** One item of OpenAI's `input`; by its type it has more. */
export interface InputItem {
  readonly [key: string]: unknown
  readonly type?: Maybe<string>
  readonly role?: Maybe<string>
  readonly id?: Maybe<string>
}

export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'
  readonly content?: Maybe<string | readonly ContentPart[]>
  readonly tool_calls?: Maybe<readonly ChatCall[]>
  readonly tool_call_id?: Maybe<string>
}

export interface ContentPart {
  readonly [key: string]: unknown
  readonly type: string
}

export interface ChatCall {
  readonly id: string
  readonly name?: Maybe<string>
  readonly args?: Json | undefined
  readonly function?: Maybe<{ readonly name: string; readonly arguments: string }>
}

/** OpenAI's `tool_choice`. */
export type SentChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { readonly type: 'function'; readonly name: string }
  | { readonly type: 'function'; readonly function: { readonly name: string } }
  | {
      readonly type: 'allowed_tools'
      readonly mode: 'auto' | 'required'
      readonly tools: readonly { readonly name: string }[]
    }

export type TextFormat =
  | { readonly type: 'text' | 'json_object' }
  | { readonly type: 'json_schema'; readonly schema: JsonObject; readonly name?: Maybe<string> }

/** A body whose shape was checked. */
export interface ResponsesBody {
  readonly model?: Maybe<string>
  readonly provider?: Maybe<string>
  readonly tier?: Maybe<'basic' | 'pro' | 'ultra'>
  readonly steps?: Maybe<readonly Json[]>
  readonly messages?: Maybe<readonly ChatMessage[]>
  readonly input?: Maybe<string | readonly InputItem[]>
  readonly instructions?: Maybe<string | readonly InputItem[]>
  readonly system_prompt?: Maybe<string>
  readonly tools?: Maybe<PersonizeTools>
  readonly tool_choice?: Maybe<SentChoice>
  readonly parallel_tool_calls?: Maybe<boolean>
  readonly text?: Maybe<{ readonly format?: Maybe<TextFormat> }>
  readonly temperature?: Maybe<number>
  readonly top_p?: Maybe<number>
  readonly max_tokens?: Maybe<number>
  readonly max_output_tokens?: Maybe<number>
  readonly max_tool_calls?: Maybe<number>
  readonly reasoning?: Maybe<{ readonly effort?: Maybe<string> }>
  readonly inputs?: Maybe<JsonObject>
  readonly personize?: Maybe<PersonizeOptions>
  readonly session_id?: Maybe<string>
  readonly llm_api_key?: Maybe<string>
  readonly openrouter_api_key?: Maybe<string>
  readonly attachments?: Maybe<readonly Json[]>
  readonly metadata?: Maybe<Readonly<Record<string, string>>>
  readonly store?: Maybe<boolean>
  readonly stream?: Maybe<boolean>
  readonly background?: Maybe<boolean>
  readonly include?: Maybe<readonly string[]>
  readonly previous_response_id?: Maybe<string>
  readonly conversation?: Maybe<readonly SentMessage[] | string | { readonly id: string }>
  readonly conversation_signature?: Maybe<string>
  readonly remaining_steps?: Maybe<readonly Json[]>
  readonly completed_step_count?: Maybe<number>
}

const text = z.string().nullish()
const object = z.record(z.string(), z.json())

const itemSchema: z.ZodType<InputItem> = z.looseObject({ type: text, role: text, id: text })

const messageSchema: z.ZodType<ChatMessage> = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).nullish(),
  tool_calls: z
    .array(
      z.looseObject({
        id: z.string().min(1),
        name: text,
        args: z.json().optional(),
        function: z.looseObject({ name: z.string(), arguments: z.string() }).nullish(),
      }),
    )
    .nullish(),
  tool_call_id: text,
})

const choiceSchema: z.ZodType<SentChoice> = z.union([
  z.enum(['auto', 'none', 'required']),
  z.looseObject({ type: z.literal('function'), name: z.string().min(1) }),
  z.looseObject({
    type: z.literal('function'),
    function: z.looseObject({ name: z.string().min(1) }),
  }),
  z.looseObject({
    type: z.literal('allowed_tools'),
    mode: z.enum(['auto', 'required']),
    tools: z.array(z.looseObject({ name: z.string().min(1) })),
  }),
])

/** Checks the shape of a body; what it means is read-request.ts's. */
export const requestSchema: z.ZodType<ResponsesBody> = z.looseObject({
  model: text,
  provider: text,
  tier: z.enum(['basic', 'pro', 'ultra']).nullish(),
  steps: z.array(z.json()).nullish(),
  messages: z
    .array(messageSchema)
    .max(200, 'has more than 200 messages; leave out old ones')
    .nullish(),
  input: z.union([z.string(), z.array(itemSchema).max(4_000)]).nullish(),
  instructions: z.union([z.string(), z.array(itemSchema)]).nullish(),
  system_prompt: text,
  tools: toolsSchema.nullish(),
  tool_choice: choiceSchema.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z
    .looseObject({
      format: z
        .union([
          z.looseObject({ type: z.enum(['text', 'json_object']) }),
          z.looseObject({ type: z.literal('json_schema'), schema: object, name: text }),
        ])
        .nullish(),
    })
    .nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_output_tokens: z.int().min(1).nullish(),
  max_tool_calls: z.int().min(1).nullish(),
  reasoning: z.looseObject({ effort: text }).nullish(),
  inputs: object.nullish(),
  personize: optionsSchema.nullish(),
  session_id: z.string().max(256).nullish(),
  llm_api_key: z.string().min(1).max(4_096).nullish(),
  openrouter_api_key: z.string().min(1).max(4_096).nullish(),
  attachments: z.array(z.json()).nullish(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  include: z.array(z.string()).nullish(),
  previous_response_id: text,
  conversation: z
    .union([
      z.array(sentMessageSchema).max(4_000, 'has more than 4000 messages'),
      z.string(),
      z.looseObject({ id: z.string() }),
    ])
    .nullish(),
  conversation_signature: text,
  remaining_steps: z.array(z.json()).nullish(),
  completed_step_count: z.number().nullish(),
})
