import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import { givenServer } from './given-responses.ts'

/*
 * What is answered, against the public descriptions of OpenAI's interface and of Open Responses. The
 * data is no part of the checkout: it is read from LOCKSTEP_DATA or from ../shared/data.
 */

const root = resolve(import.meta.dirname, '../../..')
const folder = resolve(root, process.env['LOCKSTEP_DATA'] ?? '../shared/data', 'openapi')
const OPENAI = resolve(folder, 'openai-2026-08-21.json')
const OPEN_RESPONSES = resolve(folder, 'open-responses-2026-04-24.json')
const there = existsSync(OPENAI) && existsSync(OPEN_RESPONSES)
if (!there) console.warn('no OpenAPI data: set LOCKSTEP_DATA to validate responses')

/** Takes out what is OpenAPI's alone. */
function asJsonSchema(value: Json): Json {
  if (Array.isArray(value)) return value.map(asJsonSchema)
  if (!isJsonObject(value)) return value
  const { nullable: _, discriminator: __, ...rest } = value
  return Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, asJsonSchema(each)]))
}

function validators(): {
  readonly openai: (name: string) => ValidateFunction
  readonly open: (name: string) => ValidateFunction
} {
  const ajv = new Ajv2020({
    strict: false,
    validateSchema: false,
    validateFormats: false,
    logger: false,
  })
  for (const [name, file] of [
    ['openai', OPENAI],
    ['open', OPEN_RESPONSES],
  ] as const) {
    const document: Json = JSON.parse(readFileSync(file, 'utf8'))
    const schema = asJsonSchema(document)
    if (isJsonObject(schema)) ajv.addSchema(schema, name)
  }
  const get = (document: string) => (name: string) => {
    const found = ajv.getSchema(`${document}#/components/schemas/${name}`)
    if (found === undefined) throw new Error(`no schema ${name}`)
    return found
  }
  return { openai: get('openai'), open: get('open') }
}

function problems(validate: ValidateFunction, value: Json): readonly string[] {
  const fits: unknown = validate(value)
  if (fits === true) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

const TOOLS = [
  { type: 'function', name: 'look', description: 'Look', parameters: { type: 'object' } },
]
const OPEN_EVENTS: Readonly<Record<string, string>> = {
  'response.created': 'ResponseCreatedStreamingEvent',
  'response.in_progress': 'ResponseInProgressStreamingEvent',
  'response.completed': 'ResponseCompletedStreamingEvent',
  'response.failed': 'ResponseFailedStreamingEvent',
  'response.incomplete': 'ResponseIncompleteStreamingEvent',
  'response.output_item.added': 'ResponseOutputItemAddedStreamingEvent',
  'response.output_item.done': 'ResponseOutputItemDoneStreamingEvent',
  'response.content_part.added': 'ResponseContentPartAddedStreamingEvent',
  'response.content_part.done': 'ResponseContentPartDoneStreamingEvent',
  'response.output_text.delta': 'ResponseOutputTextDeltaStreamingEvent',
  'response.output_text.done': 'ResponseOutputTextDoneStreamingEvent',
  'response.function_call_arguments.delta': 'ResponseFunctionCallArgumentsDeltaStreamingEvent',
  'response.function_call_arguments.done': 'ResponseFunctionCallArgumentsDoneStreamingEvent',
}

describe.runIf(there)('responses and the public schemas', () => {
  const { openai, open } = there ? validators() : { openai: missing, open: missing }

  it.each<readonly [string, JsonObject, readonly unknown[]]>([
    ['a text', { model: 'm', input: 'hello', metadata: { a: 'b' } }, [{ text: 'hi' }]],
    ['a call', { input: 'hello', tools: TOOLS, tool_choice: 'required' }, [{ call: 'look' }]],
    ['steps', { input: 'x', steps: [{ prompt: 'a' }] }, [{ text: 'hi' }]],
    [
      'a choice',
      { input: 'x', tools: TOOLS, tool_choice: { type: 'function', name: 'look' } },
      [{ call: 'look' }],
    ],
    [
      'a format',
      {
        input: 'x',
        text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' } } },
      },
      [{ text: '{}' }],
    ],
    ['a failure', { input: 'x' }, []],
    [
      'a limit',
      { input: 'x', max_tool_calls: 1, tools: TOOLS },
      [{ call: 'nothing' }, { text: 'enough' }],
    ],
  ])('%s', async (_, body, script) => {
    const answer = (await givenServer({ script }).post(body)).body
    expect(problems(openai('Response'), answer)).toEqual([])
    // Open Responses has no word for a schema in the format of an answer: there it is null.
    const plain = { ...answer, text: { format: { type: 'text' } } }
    expect(problems(open('ResponseResource'), plain)).toEqual([])
  })

  it('a response of Personize differs in nothing but its status and conversation', async () => {
    const { post } = givenServer({ script: [{ call: 'look' }] })
    const answer = (await post({ steps: [{ prompt: 'x' }], tools: TOOLS })).body
    expect(problems(open('ResponseResource'), answer)).toEqual([])
    expect(
      problems(openai('Response'), { ...answer, status: 'completed', conversation: null }),
    ).toEqual([])
  })

  it.each([
    ['a text', [{ text: 'hi' }]],
    ['a call', [{ call: 'look' }]],
    ['a failure', []],
  ])('every event of a stream: %s', async (_, script) => {
    const answer = await givenServer({ script }).app.request('/v1/responses', {
      method: 'POST',
      body: JSON.stringify({ input: 'hello', tools: TOOLS, stream: true }),
    })
    const blocks = (await answer.text()).trimEnd().split('\n\n').slice(0, -1)
    for (const block of blocks) {
      const event: JsonObject = JSON.parse(block.slice(block.indexOf('data: ') + 6))
      const type = typeof event['type'] === 'string' ? event['type'] : ''
      expect(problems(open(OPEN_EVENTS[type] ?? type), event), type).toEqual([])
      const { response } = event
      if (!isJsonObject(response ?? null)) {
        expect(problems(openai('ResponseStreamEvent'), event), type).toEqual([])
      } else {
        // Open Responses wants a usage of null where OpenAI wants none.
        const { usage, ...rest } = isJsonObject(response ?? null) ? Object(response) : {}
        const shown = usage === null ? rest : { ...rest, usage }
        expect(problems(openai('Response'), shown), type).toEqual([])
      }
    }
    expect(blocks.length).toBeGreaterThan(2)
  })
})

function missing(): ValidateFunction {
  throw new Error('no data')
}
