import { expect, test } from 'vitest'
import { compile } from './compile.ts'
import type { HandoffSpec } from '../spec.ts'

/** What is wrong with a handoff, by path. */
function issuesOf(handoff: HandoffSpec): readonly string[] {
  const steps = { serve: { prompt: 'Serve.', tools: ['escalate_to_human'] } }
  const compiled = compile({ workflow: 'w', handoff, steps }, { tools: new Map() })
  return compiled.ok
    ? []
    : compiled.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

test('who, how much, how urgent and when are facts: what a model put out is refused (S2.15)', () => {
  expect(issuesOf({ customer: '$.output.customer_id' })).toEqual([
    expect.stringContaining('handoff.customer: a gate may not read `$.output`: a model wrote it'),
  ])
  expect(issuesOf({ amounts: { paid: '$.steps.serve.output.paid' } })).toHaveLength(1)
  expect(issuesOf({ urgency: { high: "get('$.output.angry') == true" } })).toHaveLength(1)
  expect(issuesOf({ when: "get('$.output.human') == true" })).toHaveLength(1)
})

test('a field of the workflow’s own may quote what a step put out', () => {
  const schema = { properties: { topic: { type: 'string' } } }
  expect(issuesOf({ schema, fields: { topic: '$.steps.serve.output.text' } })).toEqual([])
})

test('a path for a field that the schema does not have is an error with the legal names', () => {
  const schema = { properties: { topic: { type: 'string' } } }
  expect(issuesOf({ schema, fields: { topik: '$.input.topic' } })).toEqual([
    expect.stringMatching(/^handoff\.fields\.topik: .*topic/),
  ])
})

test('a webhook is an address of http', () => {
  expect(issuesOf({ webhook: { url: 'https://desk.example/handoffs' } })).toEqual([])
  expect(issuesOf({ webhook: { url: 'desk.example' } })).toEqual([
    'handoff.webhook.url: "desk.example" is no address to post to; write http://… or https://…',
  ])
})
