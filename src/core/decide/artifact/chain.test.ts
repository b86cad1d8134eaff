import { describe, expect, it } from 'vitest'
import type { AnswerPart, Event } from '../../log/event.ts'
import { call, planOf, play, text, type Played } from '../../given.ts'
import type { WorkflowSpec } from '../../spec/spec.ts'

const letter: WorkflowSpec = {
  workflow: 'letter',
  artifacts: {
    letter: {
      compose: { prompt: 'Write a letter.' },
      rules: { min_chars: 10 },
      verify: { prompt: 'Score it.', pass: 7, attempts: 3 },
    },
  },
  start: 'gather',
  steps: {
    gather: {
      prompt: 'Gather.',
      tools: ['fetch_inputs', 'request_input'],
      next: [{ to: 'compose', after: 'fetch_inputs' }],
    },
    compose: {
      prompt: 'Compose.',
      write: 'letter',
      next: [{ to: 'review', after: 'store_artifact' }],
    },
    review: { prompt: 'Review.', tools: ['verify_artifact', 'finish'] },
  },
}
const plan = planOf(letter, { fetch_inputs: { effect: 'read' } })

const report = (score: number, feedback = 'dull'): readonly AnswerPart[] => [
  text(JSON.stringify({ score, feedback })),
]
const store = [call('store_artifact', { name: 'letter' })]
const gathered = [call('fetch_inputs')]
const done = [call('finish', { summary: 'done' })]

function roles({ events }: Played): readonly string[] {
  return events.flatMap((event) => (event.type === 'model.called' ? (event.role ?? 'planner') : []))
}

function of(played: Played, type: Event['type']): readonly Event[] {
  return played.events.filter((event) => event.type === type)
}

describe('a composing turn', () => {
  const played = play(plan, {
    answers: [gathered, store, [text('Dear Ms Grey, …')], report(8), done],
  })
  it('costs one call of the composer and one of the verifier, and no other turn does (S4.7)', () => {
    expect(played.reason).toBe('completed')
    expect(roles(played)).toEqual(['planner', 'planner', 'composer', 'verifier', 'planner'])
  })
  it('judges, gates, stores, verifies and only then publishes', () => {
    const types = played.events.map(({ type }) => type)
    const way = [
      'call.judged',
      'tool.dispatched',
      'artifact.stored',
      'artifact.verified',
      'tool.returned',
    ]
    expect(
      types
        .slice(types.indexOf('artifact.stored') - 2)
        .filter((type) => way.includes(type))
        .slice(0, 5),
    ).toEqual(way)
    expect(of(played, 'artifact.stored')).toMatchObject([{ version: 1, published: false }])
    expect(of(played, 'artifact.verified')).toMatchObject([{ score: 8, accepted: true }])
    expect(played.state.branch.published).toMatchObject({
      letter: { ref: 'ref:artifact/letter@1' },
    })
  })
  it('never shows the content to the planner', () => {
    expect(JSON.stringify(played.state.branch.transcript)).not.toContain('Dear Ms Grey')
  })
})

describe('an artifact that is refused', () => {
  const short = (): string => 'letter was not stored (directive): too short'
  it('is a tool error, and the planner has another turn (S4.24)', () => {
    let tries = 0
    const played = play(plan, {
      answers: [gathered, store, [text('short')], store, [text('long enough')], report(7), done],
      gate: () => (tries++ === 0 ? short() : null),
    })
    expect(played.reason).toBe('completed')
    expect(of(played, 'artifact.stored')).toMatchObject([{ version: 1 }])
  })
  it('ends the run with the third rejection (S4.25)', () => {
    const once = [store, [text('short')]]
    const played = play(plan, {
      answers: [gathered, ...once, ...once, ...once, done],
      gate: short,
    })
    expect(played.reason).toBe('store_artifact_loop_abort')
    expect(of(played, 'artifact.stored')).toEqual([])
    expect(of(played, 'run.rested')).toMatchObject([
      { message: expect.stringContaining('too short') },
    ])
  })
  it('lets no fourth through that stands in the same message', () => {
    const played = play(plan, {
      answers: [
        gathered,
        [...store, ...store, ...store, ...store],
        ...[1, 2, 3, 4].map(() => [text('x')]),
      ],
      gate: short,
    })
    expect(played.reason).toBe('store_artifact_loop_abort')
    expect(of(played, 'artifact.rejected')).toHaveLength(3)
    expect(roles(played).filter((role) => role === 'composer')).toHaveLength(3)
  })
})

describe('a verifier', () => {
  it('hands its critique to the next planner turn as the result of the call (S4.8)', () => {
    const played = play(plan, {
      answers: [
        gathered,
        store,
        [text('one')],
        report(3, 'too cold'),
        store,
        [text('two')],
        report(9),
        done,
      ],
    })
    expect(played.reason).toBe('completed')
    expect(played.state.branch.artifacts.get('letter')?.versions).toMatchObject([
      { version: 1, published: false, report: { score: 3 } },
      { version: 2, published: true, report: { score: 9 } },
    ])
    expect(JSON.stringify(played.state.branch.transcript)).toContain('too cold')
  })
  it('is asked three times in all; then the run says which version was the best (S4.9)', () => {
    const once = (score: number): (readonly AnswerPart[])[] => [store, [text('x')], report(score)]
    const played = play(plan, { answers: [gathered, ...once(3), ...once(5), ...once(4)] })
    expect(played.reason).toBe('verification_failed')
    expect(of(played, 'run.rested')).toMatchObject([
      { message: expect.stringContaining('version 2 with 5 of 10') },
    ])
  })
  it('is asked no second time about a version that has its report', () => {
    const played = play(plan, {
      answers: [
        gathered,
        store,
        [text('x')],
        report(8),
        [call('verify_artifact', { name: 'letter' })],
        done,
      ],
    })
    expect(roles(played).filter((role) => role === 'verifier')).toHaveLength(1)
    expect(of(played, 'tool.returned').at(-2)).toMatchObject({
      output: { score: 8, published: true },
    })
  })
})

describe('a call that may not be made', () => {
  it('is refused in the wrong phase, and nothing is composed for it (S4.11)', () => {
    const played = play(plan, { answers: [store, gathered, store, [text('x')], report(8), done] })
    expect(roles(played).slice(0, 2)).toEqual(['planner', 'planner'])
    expect(of(played, 'call.judged')[0]).toMatchObject({
      verdict: 'refuse',
      message: expect.stringContaining('is not legal in step "gather"'),
    })
    expect(played.reason).toBe('completed')
  })
  it('is refused by a gate before anything is composed', () => {
    const gated = planOf(
      {
        ...letter,
        start: 'compose',
        gates: { first: { on: 'store_artifact', needs: ['fetch_inputs'] } },
      },
      { fetch_inputs: { effect: 'read' } },
    )
    const played = play(gated, { answers: [store, [text('I give up')]] })
    expect(roles(played)).not.toContain('composer')
  })
  it('ends no step that has not written what it is there to write', () => {
    const one = planOf({
      workflow: 'one',
      budget: { iterations: 2 },
      artifacts: { note: {} },
      steps: [{ prompt: 'Note.', write: 'note' }],
    })
    const played = play(one, { answers: [[text('done')], [text('done, I say')]] })
    expect(played.reason).toBe('criteria_unmet')
    const wrote = play(one, {
      answers: [[call('store_artifact', { content: 'a note' })], [text('done')]],
    })
    expect(wrote.reason).toBe('completed')
  })
})
