import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { isJsonObject, type Json } from '../../core/spec/json.ts'
import { givenChat, weatherTool } from './given-chat.ts'

/*
 * What is answered, against OpenAI's own description of its interface. The data is no part of the
 * checkout: it is read from LOCKSTEP_DATA or from ../shared/data.
 */

const FILE = join(
  process.env['LOCKSTEP_DATA'] ?? join(import.meta.dirname, '../../../../shared/data'),
  'openapi/openai-2026-08-21.json',
)
const there = existsSync(FILE)
if (!there) console.warn('no OpenAPI data: set LOCKSTEP_DATA to validate chat completions')

/** OpenAI writes some null as `nullable`, which JSON Schema does not know. */
function withNull(value: Json): Json {
  if (Array.isArray(value)) return value.map(withNull)
  if (!isJsonObject(value)) return value
  const { nullable, ...rest } = value
  const read = Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, withNull(each)]))
  return nullable === true ? { anyOf: [read, { type: 'null' }] } : read
}

function schemaOf(name: string): ValidateFunction {
  const document: Json = JSON.parse(readFileSync(FILE, 'utf8'))
  const components = isJsonObject(document) ? document['components'] : null
  const schemas = isJsonObject(components ?? null) ? Reflect.get(Object(components), 'schemas') : {}
  const needed = new Map<string, Json>()
  const add = (wanted: string): void => {
    if (needed.has(wanted)) return
    const schema: Json = withNull(Reflect.get(schemas, wanted))
    needed.set(wanted, schema)
    for (const [, ref] of JSON.stringify(schema).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      add(ref ?? '')
    }
  }
  add(name)
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  return ajv.compile({
    $ref: `#/components/schemas/${name}`,
    components: { schemas: Object.fromEntries(needed) },
  })
}

const asks = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Weather?' }] }
const script = [{ call: 'get_weather', args: { city: 'Rome' }, text: 'Let me look.' }]
const answers: readonly (readonly [string, object, readonly unknown[]])[] = [
  ['a text', asks, [{ text: 'Sunny.' }]],
  ['calls', { ...asks, tools: [weatherTool()] }, script],
  ['a refusal', asks, [{ text: 'x', finish: 'content-filter' }]],
  ['JSON', { ...asks, response_format: { type: 'json_object' } }, [{ output: {} }]],
]

describe.skipIf(!there)("OpenAI's schemas", () => {
  it.each(answers)('CreateChatCompletionResponse: %s', async (_name, body, mind) => {
    const validate = schemaOf('CreateChatCompletionResponse')
    const { post } = await givenChat({ script: mind })
    const answered = await post(body)
    expect(answered.status).toBe(200)
    validate(answered.body)
    expect(validate.errors ?? []).toEqual([])
    expect(validate({ ...Object(answered.body), choices: null })).toBe(false)
  })

  it.each(answers)('CreateChatCompletionStreamResponse: %s', async (_name, body, mind) => {
    const validate = schemaOf('CreateChatCompletionStreamResponse')
    const { post } = await givenChat({ script: mind })
    const stream_options = { include_usage: true }
    const { text } = await post({ ...body, stream: true, stream_options })
    const events = text.trim().split('\n\n')
    expect(events.at(-1)).toBe('data: [DONE]')
    const chunks = events.slice(0, -1).map((event): unknown => JSON.parse(event.slice(6)))
    expect(chunks.length).toBeGreaterThan(2)
    for (const chunk of chunks) {
      validate(chunk)
      expect(validate.errors ?? []).toEqual([])
    }
  })
})
