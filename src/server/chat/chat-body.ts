import { z } from 'zod'
import type { JsonObject } from '../../core/spec/json.ts'
import { optionsSchema, type PersonizeOptions } from '../../dialect/personize/personize-schema.ts'

/*
 * The body of `POST /chat/completions`, as OpenAI's clients send it. Members that are not ours are
 * ignored; what is wrong is said with its place.
 */

type Maybe<Value> = Value | null | undefined

export interface TextPart {
  readonly type: 'text'
  readonly text: string
}

/** A part of what a user said. */
export type UserPart =
  | TextPart
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } }
  | { readonly type: 'input_audio' | 'file' }

/** A message as OpenAI's clients send it. */
export type ChatMessage =
  | {
      readonly role: 'system' | 'developer'
      readonly content: string | readonly TextPart[]
    }
  | { readonly role: 'user'; readonly content: string | readonly UserPart[] }
  | {
      readonly role: 'assistant'
      readonly content?: Maybe<
        string | readonly (TextPart | { readonly type: 'refusal'; readonly refusal: string })[]
      >
      readonly refusal?: Maybe<string>
      readonly tool_calls?: Maybe<readonly SentCall[]>
    }
  | {
      readonly role: 'tool'
      readonly tool_call_id: string
      readonly content: string | readonly TextPart[]
    }

interface SentCall {
  readonly id: string
  readonly type?: Maybe<'function'>
  readonly function: { readonly name: string; readonly arguments: string }
}

/** A tool that the caller executes. */
export interface ChatTool {
  readonly type: 'function'
  readonly function: {
    readonly name: string
    readonly description?: Maybe<string>
    readonly parameters?: Maybe<JsonObject>
  }
}

interface NamedTool {
  readonly type: 'function'
  readonly function: { readonly name: string }
}

export type ChatToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | NamedTool
  | {
      readonly type: 'allowed_tools'
      readonly allowed_tools: {
        readonly mode: 'auto' | 'required'
        readonly tools: readonly NamedTool[]
      }
    }

export type ChatFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema'
      readonly json_schema: { readonly name?: Maybe<string>; readonly schema?: Maybe<JsonObject> }
    }

/** What is read of a request. */
export interface ChatRequest {
  readonly model?: Maybe<string>
  readonly provider?: Maybe<string>
  readonly messages: readonly ChatMessage[]
  readonly tools?: Maybe<readonly ChatTool[]>
  readonly tool_choice?: Maybe<ChatToolChoice>
  readonly parallel_tool_calls?: Maybe<boolean>
  readonly response_format?: Maybe<ChatFormat>
  readonly temperature?: Maybe<number>
  readonly top_p?: Maybe<number>
  readonly max_tokens?: Maybe<number>
  readonly max_completion_tokens?: Maybe<number>
  readonly reasoning_effort?: Maybe<string>
  readonly seed?: Maybe<number>
  readonly prompt_cache_key?: Maybe<string>
  readonly stop?: Maybe<string | readonly string[]>
  readonly n?: Maybe<1>
  readonly modalities?: Maybe<readonly 'text'[]>
  readonly stream?: Maybe<boolean>
  readonly stream_options?: Maybe<{ readonly include_usage?: Maybe<boolean> }>
  readonly functions?: Maybe<never>
  /** The caller's own key (S0.24). */
  readonly llm_api_key?: Maybe<string>
  readonly openrouter_api_key?: Maybe<string>
  /** Tools of the server that the model may use. */
  readonly server_tools?: Maybe<readonly string[]>
  /** Memory and governance (S0.22, S0.23). */
  readonly personize?: Maybe<PersonizeOptions>
  /** More of a workflow's input. */
  readonly inputs?: Maybe<JsonObject>
  /** The kept run of a workflow that the last message goes to. */
  readonly run?: Maybe<string>
}

const MESSAGES = 2_048
const TOOLS = 128

const words = z.string()

/** One of several shapes, told apart by `type`; the error names the legal ones. */
const textPart = z.object({ type: z.literal('text'), text: words })
const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.object({ url: words.min(1).max(50_000_000), detail: words.nullish() }),
})
const refusalPart = z.object({ type: z.literal('refusal'), refusal: words })
const filePart = z.object({ type: z.enum(['input_audio', 'file']) })

const textContent = z.union([words, z.array(textPart)], {
  error: 'expected a text, or a list of { type: "text", text }',
})
const userContent = z.union(
  [words, z.array(z.discriminatedUnion('type', [textPart, imagePart, filePart]))],
  {
    error:
      'expected a text, or a list of { type: "text", text } and { type: "image_url", image_url: { url } }',
  },
)
const assistantContent = z.union(
  [words, z.array(z.discriminatedUnion('type', [textPart, refusalPart]))],
  {
    error: 'expected a text, or a list of { type: "text", text } and { type: "refusal", refusal }',
  },
)

const id = words.min(1).max(4_096)
const toolName = words.regex(
  /^[A-Za-z0-9_-]{1,64}$/,
  'a tool name has letters, digits, _ and -, 64 in all',
)

const toolCall = z.object({
  id,
  type: z.literal('function', { error: 'only calls of type "function" are known here' }).nullish(),
  function: z.object({ name: toolName, arguments: words }),
})

const message = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.enum(['system', 'developer']), content: textContent }),
    z.object({ role: z.literal('user'), content: userContent }),
    z.object({
      role: z.literal('assistant'),
      content: assistantContent.nullish(),
      refusal: words.nullish(),
      tool_calls: z.array(toolCall).max(TOOLS).nullish(),
    }),
    z.object({ role: z.literal('tool'), tool_call_id: id, content: textContent }),
  ],
  { error: 'role is one of system, developer, user, assistant, tool' },
)

const jsonObject = z.record(words, z.json())

const tool = z.object({
  type: z.literal('function', { error: 'only tools of type "function" are known here' }),
  function: z.object({
    name: toolName,
    description: words.nullish(),
    parameters: jsonObject.nullish(),
  }),
})

const named = z.object({ type: z.literal('function'), function: z.object({ name: toolName }) })
const allowed = z.object({
  type: z.literal('allowed_tools'),
  allowed_tools: z.object({ mode: z.enum(['auto', 'required']), tools: z.array(named) }),
})
const toolChoice = z.union(
  [z.enum(['auto', 'none', 'required']), z.discriminatedUnion('type', [named, allowed])],
  {
    error:
      'expected "auto", "none", "required", { type: "function", function: { name } } or { type: "allowed_tools", … }',
  },
)

const responseFormat = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('text') }),
    z.object({ type: z.literal('json_object') }),
    z.object({
      type: z.literal('json_schema'),
      json_schema: z.object({ name: words.nullish(), schema: jsonObject.nullish() }),
    }),
  ],
  { error: 'type is one of text, json_object, json_schema' },
)

const stop = z.union([words, z.array(words).max(4)], {
  error: 'expected a text, or a list of at most 4',
})

/** The shape of a body; what is not named is let through and ignored. */
export const chatBody: z.ZodType<ChatRequest> = z.object({
  model: words.min(1).max(512).nullish(),
  provider: words.min(1).max(128).nullish(),
  messages: z.array(message).min(1, 'give at least one message').max(MESSAGES),
  tools: z.array(tool).max(TOOLS).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormat.nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  reasoning_effort: words.max(32).nullish(),
  seed: z.int().nullish(),
  prompt_cache_key: words.max(512).nullish(),
  stop: stop.nullish(),
  n: z.literal(1, { error: 'only one choice is made: n is 1 or left out' }).nullish(),
  modalities: z.array(z.literal('text', { error: 'only "text" is answered here' })).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  functions: z.undefined({ error: '`functions` is no longer taken; give `tools`' }).nullish(),
  llm_api_key: words.min(1).max(4_096).nullish(),
  openrouter_api_key: words.min(1).max(4_096).nullish(),
  server_tools: z.array(words.max(64)).max(TOOLS).nullish(),
  personize: optionsSchema.nullish(),
  inputs: jsonObject.nullish(),
  run: words.min(1).max(512).nullish(),
})
