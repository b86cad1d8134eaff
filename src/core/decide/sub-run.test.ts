import { expect, test } from 'vitest'
import { call, planOf, play, started, text } from '../given.ts'
import type { WorkflowSpec } from '../spec/spec.ts'

const EXPERT: WorkflowSpec = {
  workflow: 'expert',
  instructions: 'You check {{what}}.',
  guidelines: {
    texts: [
      { id: 'audit', title: 'Audits', text: 'Quote the paragraph. {{what}}' },
      { id: 'letters', title: 'Letters', text: 'Sign them.' },
    ],
  },
  steps: { check: { prompt: 'Check.' } },
}

function playWith(message: string): ReturnType<typeof play> {
  const plan = planOf({
    workflow: 'desk',
    tools: { ask: { workflow: EXPERT } },
    steps: { talk: { prompt: 'Ask.', tools: ['ask'] } },
  })
  const answers = [[call('ask', { what: 'books', message })], [text('fine')], [text('done')]]
  return play(plan, { answers }, started(plan))
}

test('a sub-run is told the guidelines that fit its own task, as they are written', () => {
  const { events } = playWith('an audit of the books')
  expect(events.find(({ type }) => type === 'branch.started')).toMatchObject({
    instructions: expect.stringMatching(
      /^You check books\.\n\nGuidelines .*Quote the paragraph\. \{\{what\}\}/s,
    ),
    guidelines: { ids: ['audit'], demoted: [], left_out: [] },
  })
})

test('where none fits, the log says so and its instructions stay as they were', () => {
  const { events, reason } = playWith('the weather')
  expect(events.find(({ type }) => type === 'branch.started')).toMatchObject({
    instructions: 'You check books.',
    guidelines: { ids: [], tokens: 0 },
  })
  expect(reason).toBe('completed')
})
