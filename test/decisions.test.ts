/*
 * Decisions natively (S4.14, S4.15), from a script, a recording and each provider's wire: what is
 * sent, what is read, and what is kept.
 */
import { createOpenAI } from '@ai-sdk/openai'
import { parse } from 'yaml'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { defineTool } from '../src/core/spec/define.ts'
import { isJsonObject, type Json, type JsonObject } from '../src/core/spec/json.ts'
import type { Event } from '../src/core/log/event.ts'
import type { WorkflowSpec } from '../src/core/spec/spec.ts'
import { createRuntime } from '../src/drive/runtime.ts'
import type { StartOptions } from '../src/drive/runtime-options.ts'
import type { RunRecord } from '../src/core/log/record/run-record.ts'
import { aiSdkMind } from '../src/mind/ai-sdk.ts'
import type { Mind } from '../src/mind/mind.ts'
import { resolveModel } from '../src/mind/provider-registry.ts'
import { recordingMind } from '../src/mind/recorder.ts'
import { parseScript } from '../src/mind/script.ts'
import { scriptedMind } from '../src/mind/scripted.ts'
import { memoryStore } from '../src/store/memory.ts'
import { createProviderServer, textReply, type ProviderServer } from './provider-server.ts'

const ORDER: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['order_id'],
  properties: { order_id: { type: 'string' } },
}
const OUTPUT: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['total'],
  properties: { total: { type: 'number' } },
}

const desk: WorkflowSpec = {
  workflow: 'desk',
  instructions: 'You are careful.',
  decisions: 'native',
  gates: { first: { on: 'refund', needs: ['lookup'] } },
  steps: {
    look: { prompt: 'Look it up.', tools: ['lookup', 'refund'], output: OUTPUT, next: 'close' },
    close: { prompt: 'Sum up.' },
  },
}

const TOKEN = 'tok-live-4f9a-77'
const tools = {
  lookup: defineTool({
    about: 'Look an order up',
    effect: 'read',
    input: ORDER,
    execute: () => ({ total: 3 }),
  }),
  refund: defineTool({ about: 'Refund an order', input: ORDER, execute: () => ({ done: true }) }),
  pay: defineTool({
    about: 'Pay',
    input: {
      type: 'object',
      additionalProperties: false,
      properties: { token: { type: 'string', secret: true }, amount: { type: 'number' } },
    },
    execute: ({ amount }: { readonly amount: number }) => ({ paid: amount }),
  }),
}

interface Ran {
  readonly record: RunRecord
  readonly events: readonly Event[]
  readonly heard: string
}

async function run(
  mind: Mind,
  of: { readonly workflow?: WorkflowSpec; readonly start?: StartOptions } = {},
): Promise<Ran> {
  const env = { LOCKSTEP_SECRET_KEY: Buffer.alloc(32, 7).toString('base64') }
  const runtime = createRuntime({ env, store: memoryStore(), mind, tools })
  let heard = ''
  const started = await runtime.start(of.workflow ?? desk, {
    ...of.start,
    onText: (delta) => {
      heard += delta
    },
  })
  const record = await started.done
  const events: Event[] = []
  for await (const event of started.events()) events.push(event)
  return { record, events, heard }
}

function scripted(script: readonly object[]): Mind {
  const parsed = parseScript(script)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return scriptedMind(parsed.script)
}

const said = { confidence: 0.9, risk_level: 'low', success_criteria_met: false }
const empty = { tool_name: null, tool_args: null, answer: null, ...said }
const lookup = {
  ...empty,
  next_action: 'call_tool',
  tool_name: 'lookup',
  tool_args: { order_id: 'o-1' },
}
const total = { ...empty, next_action: 'final_answer', answer: { total: 3 } }
const words = { ...empty, next_action: 'final_answer', answer: 'All is well.' }

describe('from a script', () => {
  const script = [
    { decision: { next_action: 'call_tool', tool_name: 'lookup', tool_args: { order_id: 'o-1' } } },
    { decision: { next_action: 'final_answer', answer: { total: 3 }, confidence: 0.8 } },
    { decision: { next_action: 'final_answer', answer: 'All is well.' } },
  ]
  test('an envelope calls its tool, and its answer is the step’s output', async () => {
    const { record } = await run(scripted(script))
    expect(record).toMatchObject({ reason: 'completed', output: { text: 'All is well.' } })
    expect(record.steps[0]).toMatchObject({
      output: { total: 3 },
      tool_calls: [{ name: 'lookup', args: { order_id: 'o-1' }, verdict: 'allow' }],
      decisions: [
        { call: 1, next_action: 'call_tool', tool_name: 'lookup', confidence: 1, source: 'native' },
        { call: 2, next_action: 'final_answer', confidence: 0.8 },
      ],
    })
  })

  test('nobody is shown the raw envelope while it comes', async () => {
    expect((await run(scripted(script))).heard).not.toContain('next_action')
    const plain = { workflow: 'p', steps: [{ prompt: 'Hi.' }] }
    expect((await run(scripted([{ text: 'Hello.' }]), { workflow: plain })).heard).toBe('Hello.')
  })

  test('a message that was withheld is no malformed envelope', async () => {
    const { record, events } = await run(scripted([{ text: '', finish: 'content-filter' }]))
    expect(record.reason).toBe('refused')
    expect(events.some(({ type }) => type === 'decision.rejected')).toBe(false)
  })

  test('a recording replays: it holds what the model wrote', async () => {
    let recorded = ''
    const recorder = recordingMind(scripted(script), async (whole) => {
      recorded = whole
    })
    const first = await run(recorder)
    await recorder.save()
    expect(recorded).toContain('next_action')
    const second = await run(scripted(parse(recorded)))
    const shape = ({ record }: Ran): unknown => [record.reason, record.output, record.steps]
    expect(shape(second)).toEqual(shape(first))
  })

  test('a secret among the arguments is neither in the log nor in the recording (Law 17)', async () => {
    const workflow: WorkflowSpec = {
      workflow: 'pay',
      decisions: 'native',
      steps: [{ prompt: 'Pay.', tools: ['pay'] }],
    }
    const paying = [
      {
        decision: {
          next_action: 'call_tool',
          tool_name: 'pay',
          tool_args: { token: TOKEN, amount: 5 },
        },
      },
      { decision: { next_action: 'final_answer', answer: 'Paid.' } },
    ]
    let recorded = ''
    const recorder = recordingMind(scripted(paying), async (whole) => {
      recorded = whole
    })
    const { record, events } = await run(recorder, { workflow })
    await recorder.save()
    expect(record.reason).toBe('completed')
    expect(JSON.stringify(events)).not.toContain(TOKEN)
    expect(JSON.stringify(events)).toContain('secret:')
    expect(recorded).not.toContain(TOKEN)
    expect(recorded).toContain('secret:')
  })
})

const PROVIDERS = ['responses', 'chat', 'compatible', 'anthropic', 'google', 'bedrock'] as const
type Provider = (typeof PROVIDERS)[number]

const MODELS: Readonly<Record<Provider, string>> = {
  responses: 'openai/gpt-5-mini',
  chat: 'openai/gpt-4.1-mini',
  compatible: 'openai-compatible/llama',
  anthropic: 'anthropic/claude-sonnet-4-5',
  google: 'google/gemini-3-pro-preview',
  bedrock: 'amazon-bedrock/anthropic.claude-sonnet-4-20250514-v1:0',
}

let server: ProviderServer
beforeAll(async () => {
  server = await createProviderServer()
})
afterAll(async () => {
  await server.close()
})
beforeEach(() => {
  server.requests.length = 0
  server.replies.length = 0
})

function mindOf(provider: Provider): Mind {
  return aiSdkMind({
    model: async (id) => {
      if (provider === 'chat') {
        return createOpenAI({ apiKey: 'key', baseURL: server.url }).chat('gpt-4.1-mini')
      }
      return await resolveModel(id, {
        OPENAI_API_KEY: 'key',
        OPENAI_BASE_URL: server.url,
        OPENAI_COMPATIBLE_BASE_URL: server.url,
        ANTHROPIC_API_KEY: 'key',
        ANTHROPIC_BASE_URL: server.url,
        GEMINI_API_KEY: 'key',
        GOOGLE_GENERATIVE_AI_BASE_URL: server.url,
        AWS_BEARER_TOKEN_BEDROCK: 'key',
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
      })
    },
  })
}

function at(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) ? value[key] : undefined
}

/** The schema that a provider is asked to enforce, wherever it keeps it; null where there is none. */
function enforced(json: JsonObject): Json {
  return (
    at(at(json['text'], 'format'), 'schema') ??
    at(at(json['response_format'], 'json_schema'), 'schema') ??
    at(at(json['output_config'], 'format'), 'schema') ??
    at(json['generationConfig'], 'responseJsonSchema') ??
    at(json['generationConfig'], 'responseSchema') ??
    null
  )
}

describe.each(['strict', 'stable'] as const)('natively, scope %s', (scope) => {
  describe.each(PROVIDERS)('%s', (provider) => {
    async function natively(): Promise<Ran> {
      server.replies.push(
        ...[lookup, total, words].map((envelope) => textReply(JSON.stringify(envelope))),
      )
      return await run(mindOf(provider), {
        workflow: { ...desk, scope },
        start: { model: MODELS[provider] },
      })
    }

    test('the whole way: a call, its result, an answer', async () => {
      const { record } = await natively()
      expect(record).toMatchObject({ reason: 'completed', output: { text: 'All is well.' } })
      expect(server.requests).toHaveLength(3)
    })

    test('each call is bound to the schema, or told it; later tools only once they are legal', async () => {
      await natively()
      const bodies = server.requests.map(({ body, json }) => ({ body, schema: enforced(json) }))
      const schemaText = ({ body, schema }: (typeof bodies)[number]): string =>
        schema === null ? body : JSON.stringify(schema)
      for (const each of bodies) {
        expect(schemaText(each)).toContain('next_action')
        expect(schemaText(each)).toContain('success_criteria_met')
      }
      const [first, second] = bodies
      if (first?.schema != null) expect(JSON.stringify(first.schema)).not.toContain('refund')
      if (second?.schema != null) expect(JSON.stringify(second.schema)).toContain('refund')
    })

    test('the history is whole: the call and its result are sent, with definitions', async () => {
      await natively()
      const { body = '' } = server.requests[1] ?? {}
      expect(body).toContain('o-1')
      expect(body).toMatch(/\\?"total\\?":3/)
      const { json = {} } = server.requests[1] ?? {}
      const sent = JSON.stringify(json['tools'] ?? at(json['toolConfig'], 'tools') ?? null)
      expect(sent).toContain('lookup')
    })
  })
})

test('OpenAI is bound strictly where the tools’ schemas are strict', async () => {
  server.replies.push(...[lookup, total, words].map((each) => textReply(JSON.stringify(each))))
  await run(mindOf('responses'), { start: { model: MODELS.responses } })
  const [first] = server.requests
  expect(first?.json['text']).toMatchObject({ format: { type: 'json_schema', strict: true } })
  expect(first?.json['tool_choice'] ?? 'none').toBe('none')
})
