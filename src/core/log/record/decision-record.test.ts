import { expect, test } from 'vitest'
import { call, envelope, planOf, play, text } from '../../given.ts'
import { runRecord } from './run-record.ts'

test('each visit shows the decisions of its planner, one that could not be read left out', () => {
  const plan = planOf(
    {
      workflow: 'w',
      decisions: 'native',
      artifacts: { note: { compose: { prompt: 'Write.' } } },
      steps: [
        { name: 'work', prompt: 'W.', tools: ['look'] },
        { name: 'note', prompt: 'N.', write: 'note', tools: ['finish'] },
      ],
    },
    { look: { effect: 'read' } },
  )
  const { events } = play(plan, {
    answers: [
      envelope('call_tool', { tool_name: 'look', tool_args: { a: 1 }, confidence: 0.4 }),
      [text('broken')],
      envelope('final_answer', { answer: 'x', confidence: 0.9, success_criteria_met: true }),
      [call('store_artifact', {})],
      [text('The note.')],
      [call('finish', {})],
    ],
  })
  const { steps } = runRecord(events)
  expect(steps.map(({ name, decisions }) => ({ name, decisions }))).toEqual([
    {
      name: 'work',
      decisions: [
        {
          call: 1,
          next_action: 'call_tool',
          tool_name: 'look',
          confidence: 0.4,
          risk_level: 'low',
          success_criteria_met: false,
          source: 'native',
        },
        {
          call: 3,
          next_action: 'final_answer',
          confidence: 0.9,
          risk_level: 'low',
          success_criteria_met: true,
          source: 'native',
        },
      ],
    },
    {
      name: 'note',
      decisions: [
        expect.objectContaining({ call: 4, tool_name: 'store_artifact', source: 'inferred' }),
        expect.objectContaining({ call: 6, tool_name: 'finish', source: 'inferred' }),
      ],
    },
  ])
})
