import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { workflowJsonSchema, workflowSchema } from './schema.ts'

const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true })
const validate = ajv.compile(workflowJsonSchema())

const REFUND = {
  $schema: './lockstep.schema.json',
  workflow: 'refund',
  version: '1.0.0',
  tools: {
    pay: { http: { url: 'https://example.com/' }, retry: { TIMEOUT: { tries: 3 }, NO: 'never' } },
  },
  gates: {
    small: { on: ['pay'], allow: "get('$.args.amount') <= 500", else: 'escalate' },
    once: { on: 'pay', limit: { calls: 1, per: '$.args.id' }, from: { id: ['$.input.id'] } },
  },
  budget: { transitions: 500 },
  steps: { refund: { prompt: 'Refund.', tools: ['pay'], choose: { tool: 'pay' }, next: 'refund' } },
}

test('the published schema takes what a workflow may be', () => {
  expect(validate(REFUND), JSON.stringify(validate.errors)).toBe(true)
  expect(
    validate({ workflow: 'w', steps: [{ name: 'a', prompt: 'x', next: [{ to: 'a' }] }] }),
  ).toBe(true)
})

const WRONG: readonly unknown[] = [
  { ...REFUND, stepz: {} },
  { ...REFUND, steps: { a: { promt: 'x' } } },
  { ...REFUND, steps: { a: { prompt: 'x', tols: [] } } },
  { ...REFUND, steps: [] },
  { ...REFUND, steps: { 'a b': { prompt: 'x' } } },
  { ...REFUND, tools: { pay: { modul: 'x' } } },
  { ...REFUND, gates: { g: { on: 'pay', else: 'deny' } } },
  { ...REFUND, gates: { g: { on: 'pay', limit: { calls: -1 } } } },
  { ...REFUND, budget: { transition: 1 } },
  { workflow: 'w' },
]

test.each(WRONG.map((value, index) => [index, value] as const))(
  'what it refuses, the program refuses too (%i)',
  (_, value) => {
    expect(validate(value)).toBe(false)
    expect(workflowSchema.safeParse(value).success).toBe(false)
  },
)
