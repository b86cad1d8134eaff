import { assert, constantFrom, array, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { call, given, planOf, play, started, text, ToolFailure, type Outside } from '../../given.ts'
import type { Event, EventBody } from '../../log/event.ts'
import { fold } from '../../log/fold/fold.ts'
import type { JsonObject } from '../../spec/json.ts'

const plan = planOf(
  {
    workflow: 'desk',
    steps: [
      { name: 'look', prompt: 'Look.', tools: ['find'], checkpoint: 'known' },
      { name: 'work', prompt: 'Work.', tools: ['pay', 'book', 'mail', 'find'] },
      { name: 'report', prompt: 'Report.' },
    ],
    tools: {
      pay: { undo: 'refund' },
      book: { undo: { tool: 'unbook', args: { id: '$.output.booking', of: '$.args.of' } } },
    },
    gates: {
      once: { on: 'pay', limit: { calls: 1, per: '$.args.order' } },
      early: { on: 'unbook', allow: "get('$.args.of') != 'stone'" },
    },
  },
  {
    find: { effect: 'read' },
    pay: {},
    refund: {
      idempotent: true,
      input: {
        type: 'object',
        required: ['payment', 'order'],
        properties: { payment: {}, order: {} },
        additionalProperties: false,
      },
    },
    book: {},
    unbook: {},
    mail: {},
  },
)

const tools: NonNullable<Outside['tools']> = {
  find: () => ({ found: true }),
  pay: () => ({ payment: 'p1' }),
  book: () => ({ booking: 7 }),
  mail: () => ({ sent: true }),
}

/** Plays a run through the three steps with these calls in `work`. */
function worked(...calls: readonly ReturnType<typeof call>[]) {
  return play(plan, {
    answers: [[call('find')], [text('known')], calls, [text('done')], [text('report')]],
    tools,
  })
}

/** `play` puts events into their places anew: in order, so the same. */
function bodies(events: readonly Event[]): readonly EventBody[] {
  return events
}

function back(to: string, by: string | null = 'ana'): EventBody {
  return { type: 'rewind.requested', to, by }
}

function types(events: readonly Event[], from: number): readonly string[] {
  return events.slice(from).map(({ type }) => type)
}

const pay = call('pay', { order: 1 }, 'p')
const book = call('book', { of: 'room' }, 'b')
const mail = call('mail', { to: 'x' }, 'm')

describe('checkpoints (S1.12)', () => {
  it('are made at the start, after each step, and by the name that its author gave', () => {
    const { state } = worked(pay)
    expect(state.branch.checkpoints.map(({ name }) => name)).toEqual([
      'start',
      'look#1',
      'known',
      'work#1',
      'report#1',
    ])
  })
})

describe('a wish to go back', () => {
  it('is refused by name when there is no such place, and the run rests as it did', () => {
    const played = worked(pay)
    const after = play(plan, { answers: [] }, [...bodies(played.events), back('nowhere')])
    const refused = after.events.at(-1)
    expect(refused).toMatchObject({ type: 'rewind.refused', to: 'nowhere' })
    expect(refused?.type === 'rewind.refused' && refused.reason).toContain('known')
    expect(after.reason).toBe('completed')
    expect(after.state.rewind).toBeNull()
  })

  it('takes back committed writes, the newest first, and goes on from there (S1.13)', () => {
    const played = worked(pay, book)
    const after = play(plan, { answers: [[text('again')], [text('over')]], tools }, [
      ...bodies(played.events),
      back('known'),
    ])
    const undos = after.events.flatMap((event) => (event.type === 'undo.called' ? [event] : []))
    expect(undos).toMatchObject([
      { call: 'undo_b', of: 'b', tool: 'unbook', args: { id: 7, of: 'room' } },
      { call: 'undo_p', of: 'p', tool: 'refund', args: { payment: 'p1', order: 1 } },
    ])
    expect(after.ran).toEqual(['unbook', 'refund'])
    expect(after.events.find(({ type }) => type === 'run.rewound')).toMatchObject({
      undone: ['b', 'p'],
      kept: [],
    })
    expect(after.reason).toBe('completed')
    expect(after.state.branch.facts.map(({ tool }) => tool)).toEqual(['find'])
    expect(after.state.branch.visits.get('work')).toBe(1)
  })

  it('judges each undo as any call, and writes the dispatch down before it runs (Law 1)', () => {
    const played = worked(pay)
    const after = play(plan, { answers: [[text('x')], [text('y')]], tools }, [
      ...bodies(played.events),
      back('known'),
    ])
    expect(types(after.events, played.events.length).slice(0, 7)).toEqual([
      'rewind.requested',
      'rewind.started',
      'undo.called',
      'call.judged',
      'tool.dispatched',
      'tool.returned',
      'run.rewound',
    ])
  })

  it('gives the place under a limit back with the undo: the same may be done once more', () => {
    const played = worked(pay)
    const after = play(plan, { answers: [[pay], [text('x')], [text('y')]], tools }, [
      ...bodies(played.events),
      back('known'),
    ])
    expect(after.ran).toEqual(['refund', 'pay'])
  })

  it('undoes nothing twice: going back over the same place again finds nothing', () => {
    const played = worked(pay)
    const once = play(plan, { answers: [[text('x')], [text('y')]], tools }, [
      ...bodies(played.events),
      back('known'),
    ])
    const twice = play(plan, { answers: [[text('x')], [text('y')]], tools }, [
      ...bodies(once.events),
      back('start'),
    ])
    expect(twice.ran).toEqual([])
  })

  it('goes back to the very start, with the input that the run began with', () => {
    const played = worked()
    const after = play(plan, { answers: [], tools }, [...bodies(played.events), back('start')])
    expect(after.state.branch).toMatchObject({ step: 'look', visit: 1 })
    expect(after.state.branch.transcript).toEqual([{ role: 'user', text: 'Look.' }])
  })
})

describe('a write that cannot be taken back', () => {
  const asked = () => {
    const played = worked(pay, mail)
    return play(plan, { answers: [], tools }, [...bodies(played.events), back('known')])
  }
  const answer = (decision: 'approve' | 'deny'): EventBody => {
    const { state } = asked()
    const request = state.rewind?.request ?? ''
    return { type: 'approval.answered', request, decision, by: 'ben', roles: [], reason: 'so' }
  }

  it('is named to a person before anything happens', () => {
    const { state, reason, ran } = asked()
    expect(reason).toBe('needs_approval')
    expect(ran).toEqual([])
    expect(state.rest?.message).toContain('mail {"to":"x"} (mail declares no undo)')
    expect(state.rest?.pending).toMatchObject([{ tool: 'rewind', request: state.rewind?.request }])
  })

  it('stands once they accept it, and the others are taken back', () => {
    const after = play(plan, { answers: [[text('x')], [text('y')]], tools }, [
      ...bodies(asked().events),
      answer('approve'),
    ])
    expect(after.ran).toEqual(['refund'])
    const rewound = after.events.find(({ type }) => type === 'run.rewound')
    expect(rewound).toMatchObject({ undone: ['p'], kept: ['m'] })
    const started = after.events.find(({ type }) => type === 'rewind.started')
    expect(started).toMatchObject({ grant: expect.stringContaining('apr_') })
  })

  it('keeps the run where it was when they deny it', () => {
    const after = play(plan, { answers: [], tools }, [...bodies(asked().events), answer('deny')])
    expect(after.ran).toEqual([])
    expect(after.reason).toBe('completed')
    expect(after.state.branch.facts).toHaveLength(3)
  })

  it('may be one that nobody knows of: in doubt, it is named as well', () => {
    const doubted = play(plan, {
      answers: [[call('find')], [text('known')], [pay]],
      tools: { ...tools, pay: () => new ToolFailure('TIMEOUT') },
    })
    expect(doubted.reason).toBe('tool_in_doubt')
    const after = play(plan, { answers: [] }, [...bodies(doubted.events), back('known')])
    expect(after.reason).toBe('needs_approval')
    expect(after.state.rest?.message).toContain('may or may not have happened')
  })
})

describe('an undo that does not succeed', () => {
  it('ends the way back: what was undone and what stands is said, and the rest is left', () => {
    const played = worked(pay, book)
    const after = play(
      plan,
      { answers: [], tools: { ...tools, refund: () => new ToolFailure('CLOSED') } },
      [...bodies(played.events), back('known')],
    )
    expect(after.reason).toBe('tool_failed')
    expect(after.state.rest?.message).toMatch(
      /refund did not take pay back: CLOSED.*taken back: book.*standing: pay/,
    )
    expect(after.state.branch.where).toEqual({ at: 'leaving' })
    expect(after.state.branch.facts.map(({ tool }) => tool)).toContain('pay')
  })

  it('may be tried again, under the same id, and what is undone is not undone again', () => {
    const played = worked(pay, book)
    const failed = play(
      plan,
      { answers: [], tools: { ...tools, refund: () => new ToolFailure('CLOSED') } },
      [...bodies(played.events), back('known')],
    )
    const after = play(plan, { answers: [[text('x')], [text('y')]], tools }, [
      ...bodies(failed.events),
      back('known'),
    ])
    expect(after.ran).toEqual(['refund'])
    const ids = after.events.flatMap((event) => (event.type === 'undo.called' ? [event.call] : []))
    expect(ids).toEqual(['undo_b', 'undo_p', 'undo_p'])
  })

  it('is refused by a gate like any call', () => {
    const played = worked(call('book', { of: 'stone' }, 'b'))
    const after = play(plan, { answers: [], tools }, [...bodies(played.events), back('known')])
    expect(after.ran).toEqual([])
    expect(after.state.rest?.message).toContain('gate early')
  })

  it('is in doubt when its driver dies, and is not sent twice (Law 11)', () => {
    const played = worked(book)
    const { move } = given(plan, [
      ...bodies(played.events),
      back('known'),
      {
        type: 'rewind.started',
        to: 'known',
        position: 0,
        undo: [{ call: 'b', tool: 'book', args: {} }],
        keep: [],
      },
      { type: 'undo.called', call: 'undo_b', of: 'b', tool: 'unbook', args: { id: 7, of: 'room' } },
      { type: 'call.judged', call: 'undo_b', tool: 'unbook', verdict: 'allow', gates: [] },
      { type: 'tool.dispatched', call: 'undo_b', attempt: 1 },
      { type: 'run.resumed' },
    ])
    expect(move).toMatchObject({
      type: 'record',
      events: [{ type: 'tool.doubted', call: 'undo_b' }],
    })
  })
})

describe('`fail` of a step (S1.14)', () => {
  const failing = (fail: 'stop' | { to: string } | { rewind: string; to?: string }) =>
    planOf(
      {
        workflow: 'f',
        steps: [
          { name: 'a', prompt: 'A', tools: ['pay'], checkpoint: 'safe' },
          { name: 'b', prompt: 'B', tools: ['book', 'mail', 'pay'], fail },
          { name: 'c', prompt: 'C' },
        ],
        tools: { book: { undo: 'unbook' } },
      },
      {
        pay: {},
        book: {},
        unbook: { input: { type: 'object', properties: { booking: {} } } },
        mail: {},
      },
    )
  const boom = { ...tools, mail: () => new ToolFailure('BOOM') }
  const calls = [book, mail]

  it('stop: a write that failed ends the step with tool_failed', () => {
    const played = play(failing('stop'), { answers: [[text('a')], calls], tools: boom })
    expect(played).toMatchObject({ reason: 'tool_failed' })
    expect(played.state.rest?.message).toBe('mail failed: BOOM: BOOM')
  })

  it('is not fired by a refusal: the model may mend what was wrong', () => {
    const played = play(failing('stop'), {
      answers: [[text('a')], [call('unbook')], [text('b')], [text('c')]],
      tools: boom,
    })
    expect(played.reason).toBe('completed')
  })

  it('to: goes on at that step, and the way there counts as a transition', () => {
    const played = play(failing({ to: 'c' }), {
      answers: [[text('a')], calls, [text('c')]],
      tools: boom,
    })
    expect(played.reason).toBe('completed')
    expect(played.events.filter(({ type }) => type === 'transition.taken')).toMatchObject([
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c', rule: null },
    ])
    expect(played.state.branch.spend.turn.transitions).toBe(2)
  })

  it('rewind: takes the writes since then back and tries once more, then rests for the reason', () => {
    const played = play(failing({ rewind: 'safe' }), {
      answers: [[text('a')], calls, calls],
      tools: boom,
    })
    expect(played.ran).toEqual(['book', 'mail', 'unbook', 'book', 'mail'])
    expect(played.reason).toBe('tool_failed')
    const told = played.state.branch.transcript.find(
      ({ role, ...rest }) => role === 'user' && 'text' in rest && rest.text.includes('failed'),
    )
    expect(told).toMatchObject({ text: expect.stringContaining('taken back: book') })
  })

  it('rewind with `to`: takes them back and goes on at another step', () => {
    const played = play(failing({ rewind: 'safe', to: 'c' }), {
      answers: [[text('a')], calls, [text('sorry')]],
      tools: boom,
    })
    expect(played.ran).toEqual(['book', 'mail', 'unbook'])
    expect(played.reason).toBe('completed')
    expect(played.state.branch.step).toBe('c')
  })

  it('rewind: a write without an undo is named to a person; denied, the run rests for the reason', () => {
    const own = failing({ rewind: 'safe' })
    const played = play(own, { answers: [[text('a')], [call('pay'), mail]], tools: boom })
    expect(played.reason).toBe('needs_approval')
    const request = played.state.rewind?.request ?? ''
    const after = play(own, { answers: [], tools: boom }, [
      ...bodies(played.events),
      { type: 'approval.answered', request, decision: 'deny', by: 'ben', roles: [], reason: '' },
    ])
    expect(after.reason).toBe('tool_failed')
    expect(after.state.rest?.message).toContain('mail failed')
  })
})

describe('a step that was left on a tool result', () => {
  it('is left the same way again after a rewind', () => {
    const own = planOf(
      {
        workflow: 't',
        steps: {
          a: { prompt: 'A', tools: ['find'], next: [{ to: 'b', after: 'find' }] },
          b: { prompt: 'B' },
        },
      },
      { find: { effect: 'read' } },
    )
    const played = play(own, { answers: [[call('find')], [text('b')]], tools })
    const after = play(own, { answers: [[text('again')]], tools }, [
      ...bodies(played.events),
      back('a'),
    ])
    expect(after).toMatchObject({ reason: 'completed' })
    expect(after.state.branch.step).toBe('b')
    expect(after.state.branch.text).toBe('again')
  })
})

describe('going back to any checkpoint', () => {
  const message = array(
    constantFrom(call('find'), call('pay', { order: 1 }), call('book', { of: 'x' }), text('t')),
    { maxLength: 3 },
  )
  const kept = ({ state }: { readonly state: ReturnType<typeof fold> }) => {
    const { branch } = state
    const { facts, transcript, visits, visit, steps, step, output, text: said, where } = branch
    const { tools: histories, successes, attempts, input, lastPrompt, checkpoints } = branch
    return structuredClone({
      facts,
      transcript,
      visits,
      visit,
      steps,
      step,
      output,
      said,
      where,
      histories,
      successes,
      attempts,
      input,
      lastPrompt,
      checkpoints: checkpoints.map((c) => c.name),
    } satisfies Record<string, unknown>)
  }

  it('gives what the fold had right after it (Law 9)', () => {
    assert(
      property(array(message, { maxLength: 8 }), (answers) => {
        const played = play(plan, { answers, tools })
        for (const { name, seq } of played.state.branch.checkpoints) {
          const then = fold(plan.histories, played.events.slice(0, seq))
          const log: readonly EventBody[] = [
            ...bodies(played.events),
            back(name),
            { type: 'run.rewound', to: name, position: seq, undone: [], kept: [] },
          ]
          const now = given(plan, log).state
          expect(kept({ state: now })).toEqual(kept({ state: then }))
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** A run's input is what a person gave, also after a further turn. */
it('forgets a later turn input when it goes back behind it', () => {
  const input: JsonObject = { message: 'first' }
  const first = play(
    plan,
    { answers: [[text('a')], [text('b')], [text('c')]] },
    started(plan, input),
  )
  const second = play(plan, { answers: [[text('d')]] }, [
    ...bodies(first.events),
    { type: 'turn.started', turn: 2, input: { message: 'second' } },
  ])
  const after = play(plan, { answers: [] }, [...bodies(second.events), back('look#1')])
  expect(after.state.branch.input).toEqual(input)
})
