import { expect, test } from 'vitest'
import type { WorkflowSpec } from './spec.ts'
import { promptLengths } from './prompt-lengths.ts'

function lengthsOf(spec: WorkflowSpec, policy: string | null = null) {
  return promptLengths({ spec, policy })
}

test('a planner reads the instructions and its step; the others their own prompt (S4.36)', () => {
  const lengths = lengthsOf({
    workflow: 'letter',
    instructions: 'Be brief.\n',
    artifacts: {
      letter: { compose: { prompt: 'Write.\nWell.' }, verify: { prompt: 'x'.repeat(201) } },
      notes: {},
    },
    steps: {
      gather: { prompt: 'Ask.\n\nThen go on.\n' },
      fan: { each: '$.input.items', run: './a.yaml' },
    },
  })
  expect(lengths).toEqual([
    { workflow: 'letter', role: 'planner', of: 'gather', characters: 26, lines: 4, exceeds: false },
    {
      workflow: 'letter',
      role: 'composer',
      of: 'letter',
      characters: 12,
      lines: 2,
      exceeds: false,
    },
    {
      workflow: 'letter',
      role: 'verifier',
      of: 'letter',
      characters: 201,
      lines: 3,
      exceeds: false,
    },
  ])
})

test('forty lines are one screen, forty-one are more', () => {
  const exceeds = (lines: number): boolean | undefined =>
    lengthsOf({ workflow: 'w', steps: [{ prompt: Array(lines).fill('x').join('\n') }] })[0]?.exceeds
  expect([exceeds(40), exceeds(41)]).toEqual([false, true])
})

test('what every role is told counts for each of them', () => {
  const spec = { workflow: 'w', steps: [{ prompt: 'Ask.' }] }
  const [length] = lengthsOf(spec, 'Answer in de-CH.\nRefuse: politics.')
  expect(length).toMatchObject({ lines: 3, characters: 38 })
})
