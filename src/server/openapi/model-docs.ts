import { z } from 'zod'
import { chatBody } from '../chat/chat-body.ts'
import { requestSchema } from '../responses/request/request-schema.ts'
import type { NamedSchema, RouteDoc } from './route-doc.ts'

/*
 * The surfaces that speak OpenAI's language. Their answers are OpenAI's own schemas, with more in
 * them: what is named here is what clients read first.
 */

const response = z.looseObject({
  id: z.string(),
  object: z.literal('response'),
  created_at: z.number(),
  status: z.string(),
  output: z.array(z.looseObject({ type: z.string() })),
})

const RESPONSE: NamedSchema = { name: 'Response', schema: response }

const compaction = z.looseObject({
  id: z.string(),
  object: z.literal('response.compaction'),
  output: z.array(z.looseObject({ type: z.string() })),
})

const model = z.strictObject({
  id: z.string(),
  object: z.literal('model'),
  created: z.number(),
  owned_by: z.string(),
})

const models = z.strictObject({ object: z.literal('list'), data: z.array(model) })

const completion = z.looseObject({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.number(),
  model: z.string(),
  choices: z.array(z.looseObject({ index: z.number() })),
})

/** The routes of models, and of the server itself. */
export const modelDocs: readonly RouteDoc[] = [
  {
    method: 'post',
    path: '/responses',
    id: 'createResponse',
    tag: 'Models',
    summary: 'Runs steps, messages or input, whole or streamed',
    about:
      '`steps[]` or `messages[]`, or OpenAI\'s `input`; `model: "workflow/NAME"` runs a registered ' +
      'workflow. Members that are not named here are ignored.',
    scope: 'run',
    body: { name: 'ResponseRequest', schema: requestSchema },
    answers: {
      200: {
        about: "OpenAI's Response with `steps` beside it, or its events.",
        body: RESPONSE,
        media: ['text/event-stream'],
      },
    },
  },
  {
    method: 'get',
    path: '/responses/:id',
    id: 'getResponse',
    tag: 'Models',
    summary: 'A response that is kept',
    scope: 'read',
    answers: { 200: { about: 'The response as it stands.', body: RESPONSE } },
  },
  {
    method: 'post',
    path: '/responses/compact',
    id: 'compactResponse',
    tag: 'Models',
    summary: 'Makes a long conversation short',
    scope: 'run',
    body: { name: 'ResponseRequest', schema: requestSchema },
    answers: {
      200: {
        about: 'Items that stand for the conversation.',
        body: { name: 'ResponseCompaction', schema: compaction },
      },
    },
  },
  {
    method: 'get',
    path: '/models',
    id: 'listModels',
    tag: 'Models',
    summary: 'What `model` may name here',
    scope: 'read',
    answers: { 200: { about: 'All of them.', body: { name: 'Models', schema: models } } },
  },
  {
    method: 'get',
    path: '/models/:model',
    id: 'getModel',
    tag: 'Models',
    summary: 'One of them',
    scope: 'read',
    answers: { 200: { about: 'The model.', body: { name: 'Model', schema: model } } },
  },
  {
    method: 'post',
    path: '/chat/completions',
    id: 'createChatCompletion',
    tag: 'Models',
    summary: "OpenAI's chat completions, whole or streamed",
    scope: 'run',
    body: { name: 'ChatCompletionRequest', schema: chatBody },
    answers: {
      200: {
        about: 'A completion, or its chunks.',
        body: { name: 'ChatCompletion', schema: completion },
        media: ['text/event-stream'],
      },
    },
  },
  {
    method: 'get',
    path: '/metrics',
    root: true,
    id: 'getMetrics',
    tag: 'Server',
    summary: 'What the server counts, for Prometheus',
    scope: 'admin',
    answers: { 200: { about: "In Prometheus' text format.", body: null, media: ['text/plain'] } },
  },
]
