import { describe, expect, it } from 'vitest'
import { call, given, planOf, play, text, ToolFailure, type Outside } from '../../given.ts'
import type { Entry, Event } from '../../log/event.ts'
import type { WorkflowSpec } from '../../spec/spec.ts'

/* Writes of sub-runs, taken back by the run that they belong to. */

const sub: WorkflowSpec = {
  workflow: 'one',
  tools: { book: { undo: 'unbook' } },
  gates: {
    own: { on: 'unbook', from: { booking: '$.tools.book.outputs.all[*].booking' } },
    sure: { on: 'unbook', allow: "get('$.args.booking') != 9", else: 'approve' },
  },
  steps: { act: { prompt: 'Act.', tools: ['book'] } },
}

const plan = planOf(
  {
    workflow: 'all',
    steps: [
      { name: 'begin', prompt: 'Begin.' },
      { name: 'each', each: [1, 2], run: sub, parallel: 2 },
      { name: 'end', prompt: 'End.' },
    ],
  },
  { book: {}, unbook: { input: { type: 'object', properties: { booking: {} } } } },
)

/** Each sub-run books once, then says so. */
function booked(numbers: readonly number[]): Outside {
  let next = 0
  return {
    answers: [],
    say: ({ branch }, { branches }) => {
      if (branch === undefined) return [text('fine')]
      const done = branches.get(branch)?.facts.length ?? 0
      return done > 0 ? [text('booked')] : [call('book', {}, `${branch} book`)]
    },
    tools: { book: () => ({ booking: numbers[next++] ?? 0 }), unbook: () => ({ ok: true }) },
  }
}

const back: Entry = { type: 'rewind.requested', to: 'begin', by: 'ana' }

function undos(events: readonly Event[]): readonly unknown[] {
  return events.flatMap((event) =>
    event.type === 'undo.called' ? [[event.branch, event.of, event.args]] : [],
  )
}

describe('a run that goes back behind its sub-runs', () => {
  it('takes their writes back in their own branches, the newest first, judged over their facts', () => {
    const played = play(plan, booked([4, 5]))
    const ids = ['each#1/0', 'each#1/1']
    const after = play(plan, booked([6, 7]), [...played.events, back])
    expect(undos(after.events)).toEqual([
      [ids[1], `${ids[1]} book`, { booking: 5 }],
      [ids[0], `${ids[0]} book`, { booking: 4 }],
    ])
    expect(after.reason).toBe('completed')
    expect(after.ran).toEqual(['unbook', 'unbook', 'book', 'book'])
  })

  it('waits for a person where an undo is held, and goes on with their yes', () => {
    const played = play(plan, booked([4, 9]))
    const held = play(plan, booked([6, 7]), [...played.events, back])
    expect(held.reason).toBe('needs_approval')
    const [pending] = held.state.rest?.pending ?? []
    expect(pending).toMatchObject({ tool: 'unbook', branch: 'each#1/1' })
    const answer: Entry = {
      type: 'approval.answered',
      request: pending?.request ?? '',
      decision: 'approve',
      by: 'ben',
      roles: [],
      reason: '',
    }
    const after = play(plan, booked([6, 7]), [...held.events, answer])
    expect(after.reason).toBe('completed')
    expect(after.ran).toEqual(['unbook', 'unbook', 'book', 'book'])
  })

  it('is in doubt where an undo is, and goes on with what a person found out', () => {
    const played = play(plan, booked([4, 5]))
    const lost = { ...booked([6, 7]), tools: { unbook: () => new ToolFailure('TIMEOUT') } }
    const doubted = play(plan, lost, [...played.events, back])
    expect(doubted.reason).toBe('tool_in_doubt')
    const [pending] = doubted.state.rest?.pending ?? []
    const found: Entry = {
      type: 'tool.returned',
      call: pending?.call ?? '',
      output: { ok: true },
      branch: pending?.branch ?? '',
    }
    const after = play(plan, booked([6, 7]), [...doubted.events, found])
    expect(after.reason).toBe('completed')
    expect(after.ran).toEqual(['unbook', 'book', 'book'])
  })
})

it('is not sent twice where its driver died, also in a sub-run that has ended (Law 11)', () => {
  const played = play(plan, booked([4, 5]))
  const { events } = play(plan, booked([6, 7]), [...played.events, back])
  const undone = events.findIndex(({ type }) => type === 'undo.called')
  const sent = events.findIndex(({ type }, index) => index > undone && type === 'tool.dispatched')
  const { move } = given(plan, [...events.slice(0, sent + 1), { type: 'run.resumed' }])
  expect(move).toMatchObject({
    type: 'record',
    events: [{ type: 'tool.doubted', branch: 'each#1/1' }],
  })
})

describe('a sub-run whose step goes back', () => {
  it('takes back its own writes alone, and ends for the reason when it fails once more', () => {
    const own = planOf(
      {
        workflow: 'outer',
        steps: [
          {
            name: 'each',
            each: [1, 2],
            policy: 'settle',
            run: {
              ...sub,
              gates: {},
              steps: [
                { name: 'act', prompt: 'Act.', tools: ['book', 'mail'], fail: { rewind: 'start' } },
              ],
            },
          },
        ],
      },
      { book: {}, mail: {}, unbook: { input: { type: 'object', properties: { booking: {} } } } },
    )
    const played = play(own, {
      answers: [],
      say: ({ branch }, { branches }) => {
        const { parent, facts = [] } = branches.get(branch ?? '') ?? { parent: null }
        if (parent?.item === 0) return [call('book'), call('mail')]
        return facts.length > 0 ? [text('fine')] : [call('book')]
      },
      tools: {
        book: () => ({ booking: 1 }),
        unbook: () => ({ ok: true }),
        mail: () => new ToolFailure('BOOM'),
      },
    })
    expect(played.reason).toBe('completed')
    expect(played.events.filter(({ type }) => type === 'run.rewound')).toMatchObject([
      { branch: 'each#1/0' },
    ])
    expect(undos(played.events)).toHaveLength(1)
    expect(played.state.branch.output).toMatchObject([{ failed: 'tool_failed' }, 'fine'])
  })
})
