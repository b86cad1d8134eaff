import { describe, expect, it } from 'vitest'
import { planOf } from '../../given.ts'
import { isOpenAiStrictSchema } from '../../../mind/openai-strict-schema.ts'
import { compileSchema } from '../../spec/json-schema.ts'
import { isJsonObject, type Json, type JsonObject } from '../../spec/json.ts'
import type { StepSpec, ToolChoice } from '../../spec/spec.ts'
import { decisionSchema } from './decision-schema.ts'

const CLOSED: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['id'],
  properties: { id: { type: 'string' } },
}
const TREE: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  required: ['node'],
  properties: { node: { $ref: '#/$defs/node' } },
  $defs: {
    node: {
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string' },
        below: { type: 'array', items: { $ref: '#/$defs/node' } },
      },
    },
  },
}

function schemaOf(
  step: Partial<StepSpec>,
  of: { readonly choose?: ToolChoice; readonly input?: JsonObject } = {},
): JsonObject {
  const { choose = 'auto', input = CLOSED } = of
  const spec = { workflow: 'w', steps: { work: { prompt: 'W.', ...step } } }
  const plan = planOf(spec, { look: { input, effect: 'read' }, pay: { input: CLOSED } })
  const work = plan.steps.get('work')
  if (work === undefined) throw new Error('no step')
  const legal = work.tools.flatMap((name) => plan.tools.get(name) ?? [])
  return decisionSchema(work, { legal, choose })
}

function fits(schema: JsonObject, value: Json): boolean {
  const compiled = compileSchema(schema)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled))
  return compiled.check(value) === null
}

function actions(schema: JsonObject): Json {
  const { properties } = schema
  const action = isJsonObject(properties) ? properties['next_action'] : undefined
  return isJsonObject(action) ? (action['enum'] ?? null) : null
}

const said = { confidence: 0.5, risk_level: 'low', success_criteria_met: false }
const nothing = { tool_name: null, tool_args: null, answer: null, ...said }

describe('the schema of an envelope (S4.15)', () => {
  it('takes the legal tools with their arguments, and nothing else', () => {
    const schema = schemaOf({ tools: ['look', 'pay'] })
    const called = { ...nothing, next_action: 'call_tool' }
    expect(fits(schema, { ...called, tool_name: 'look', tool_args: { id: 'a' } })).toBe(true)
    expect(fits(schema, { ...called, tool_name: 'mail', tool_args: { id: 'a' } })).toBe(false)
    expect(fits(schema, { ...called, tool_name: 'look', tool_args: { id: 1 } })).toBe(false)
    expect(fits(schema, { ...called, tool_name: 'look', more: 1 })).toBe(false)
  })

  it('opens what can be done now', () => {
    const all = ['call_tool', 'ask_user', 'final_answer', 'human_review', 'fail_safe']
    const without = (...names: string[]): string[] => all.filter((name) => !names.includes(name))
    expect(actions(schemaOf({ tools: ['look', 'request_input'] }))).toEqual(all)
    expect(actions(schemaOf({ tools: ['look'] }))).toEqual(without('ask_user'))
    expect(actions(schemaOf({}))).toEqual(without('ask_user', 'call_tool'))
    const tools = ['look', 'pay']
    expect(actions(schemaOf({ tools }, { choose: 'required' }))).toEqual(
      without('ask_user', 'final_answer'),
    )
    expect(actions(schemaOf({ tools }, { choose: 'none' }))).toEqual(
      without('ask_user', 'call_tool'),
    )
  })

  it('names the one tool that must be called', () => {
    const schema = schemaOf({ tools: ['look', 'pay'] }, { choose: { tool: 'pay' } })
    const called = { ...nothing, next_action: 'call_tool', tool_args: { id: 'a' } }
    expect(fits(schema, { ...called, tool_name: 'pay' })).toBe(true)
    expect(fits(schema, { ...called, tool_name: 'look' })).toBe(false)
  })

  it('is one that OpenAI takes strictly, where the schemas of tools and output are', () => {
    expect(isOpenAiStrictSchema(schemaOf({ tools: ['look'], output: CLOSED }))).toBe(true)
    expect(isOpenAiStrictSchema(schemaOf({}))).toBe(true)
    expect(isOpenAiStrictSchema(schemaOf({ tools: ['look'] }, { input: TREE }))).toBe(false)
  })

  it('keeps what a schema refers to within itself', () => {
    const schema = schemaOf({ tools: ['look'], output: TREE }, { input: TREE })
    const leaf = { node: { name: 'a', below: [{ name: 'b' }] } }
    const bad = { node: { name: 'a', below: [{ title: 'b' }] } }
    const called = { ...nothing, next_action: 'call_tool', tool_name: 'look' }
    expect(fits(schema, { ...called, tool_args: leaf })).toBe(true)
    expect(fits(schema, { ...called, tool_args: bad })).toBe(false)
    const answered = { ...nothing, next_action: 'final_answer' }
    expect(fits(schema, { ...answered, answer: leaf })).toBe(true)
    expect(fits(schema, { ...answered, answer: bad })).toBe(false)
    expect(JSON.stringify(schema)).not.toContain('draft/2020-12')
  })

  it('takes the output of the step as the answer, or words in its place', () => {
    const schema = schemaOf({ output: CLOSED })
    const answered = { ...nothing, next_action: 'final_answer' }
    expect(fits(schema, { ...answered, answer: { id: 'a' } })).toBe(true)
    expect(fits(schema, { ...answered, answer: { id: 1 } })).toBe(false)
    expect(fits(schema, { ...nothing, next_action: 'fail_safe', answer: 'No access.' })).toBe(true)
  })
})
