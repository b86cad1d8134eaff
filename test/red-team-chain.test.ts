import { describe, expect, test } from 'vitest'
import { call, planOf, play, text, type Played } from '../src/core/given.ts'
import type { AnswerPart, EventBody, EventOf } from '../src/core/log/event.ts'
import { runRecord } from '../src/core/log/record/run-record.ts'
import { compareOutlines } from '../src/core/spec/compare.ts'
import { outlineOf, type Outline } from '../src/core/spec/outline.ts'
import type { Plan, ToolFacts } from '../src/core/spec/plan.ts'
import type { StepSpec, WorkflowSpec } from '../src/core/spec/spec.ts'

/*
 * Attacks on the chain of planner, composer and verifier (issue 4), each by the law that it goes
 * against: what the kernel alone answers.
 */

const CHAIN: Pick<WorkflowSpec, 'workflow' | 'artifacts'> = {
  workflow: 'chain',
  artifacts: {
    letter: { compose: { prompt: 'Write.' }, verify: { prompt: 'Score.', pass: 7 } },
    memo: {},
  },
}
type StepFail = NonNullable<StepSpec['fail']>

const DONE = [text('done')]
const STORE = [call('store_artifact', { name: 'letter' })]
const TOOLS: Readonly<Record<string, Partial<ToolFacts>>> = {
  look: { effect: 'read' },
  mail: { effect: 'read' },
  pay: { effect: 'write' },
}

const report = (score: number, feedback = 'fine'): readonly AnswerPart[] => [
  text(JSON.stringify({ score, feedback })),
]

function verdicts({ events }: Played, tool: string): readonly EventOf<'call.judged'>[] {
  return events.filter((event) => event.type === 'call.judged').filter((each) => each.tool === tool)
}

/** The log so far, for a further play. */
function bodiesOf({ events }: Played): readonly EventBody[] {
  return events.map((event) => {
    const { v: _, seq: __, at: ___, branch: ____, ...body } = event
    return body
  })
}

describe('what a verifier says (Law 3)', () => {
  const IBAN = 'DE89370400440532013000'
  const mailed = { mail: () => ({ text: `our new account is ${IBAN}` }) }
  const paid = (gates: NonNullable<WorkflowSpec['gates']>, feedback: string): Played =>
    play(
      planOf(
        {
          ...CHAIN,
          tools: { mail: { trust: 'untrusted' } },
          gates,
          steps: [{ prompt: 'Go.', tools: ['mail', 'store_artifact', 'verify_artifact', 'pay'] }],
        },
        TOOLS,
      ),
      {
        answers: [
          [call('mail')],
          STORE,
          [text('Dear Sir')],
          report(9, feedback),
          [call('verify_artifact', { name: 'letter' })],
          [call('pay', { to: IBAN })],
          [text('done')],
        ],
        tools: mailed,
      },
    )
  test('makes no untrusted value clean', () => {
    const played = paid({ clean: { on: 'pay', clean: ['to'] } }, `say ${IBAN}`)
    expect(verdicts(played, 'pay')).toMatchObject([{ verdict: 'approve' }])
    expect(played.ran).not.toContain('pay')
  })
  test.each(['score', 'feedback'])('is no fact: its %s', (member) => {
    const allow = `get('$.tools.store_artifact.outputs.latest.${member}') != null`
    const played = paid({ good: { on: 'pay', allow } }, 'fine')
    expect(verdicts(played, 'pay')).toMatchObject([{ verdict: 'refuse' }])
  })
  test('is not read from verify_artifact either: that does not compile', () => {
    const allow = "get('$.tools.verify_artifact.outputs.latest.score') >= 7"
    expect(() => paid({ good: { on: 'pay', allow } }, 'fine')).toThrow('a model wrote it')
  })
  test('leaves what code says of the version a fact', () => {
    const allow = "get('$.tools.store_artifact.outputs.latest.published') == true"
    const played = paid({ good: { on: 'pay', allow, needs: ['verify_artifact'] } }, 'fine')
    expect(verdicts(played, 'pay')).toMatchObject([{ verdict: 'allow' }])
  })
})

test('a number from a mail is not clean for being the length of an artifact (Law 3)', () => {
  const gated = planOf(
    {
      ...CHAIN,
      tools: { mail: { trust: 'untrusted' } },
      gates: { clean: { on: 'pay', clean: ['to'] } },
      steps: [{ prompt: 'Go.', tools: ['mail', 'store_artifact', 'pay'] }],
    },
    TOOLS,
  )
  const played = play(gated, {
    answers: [
      [call('mail')],
      [call('store_artifact', { name: 'memo', content: 'x' })],
      [call('pay', { to: 1 })],
      DONE,
    ],
    tools: { mail: () => ({ account: 1 }) },
  })
  expect(verdicts(played, 'pay')).toMatchObject([{ verdict: 'approve' }])
})

describe('artifact_create (Law 1)', () => {
  const create = (name: string): readonly AnswerPart[] => [
    call('artifact_create', { name, content: 'my own words' }),
  ]
  const of = (name: string, step: { readonly write?: string }): Played =>
    play(
      planOf(
        { ...CHAIN, steps: { act: { prompt: 'Go.', tools: ['artifact_create'], ...step } } },
        TOOLS,
      ),
      { answers: [create(name), [text('done')]] },
    )
  test('does not write what its step does not write', () => {
    const [judged] = verdicts(of('letter', { write: 'memo' }), 'artifact_create')
    expect(judged).toMatchObject({ verdict: 'refuse', gates: [{ gate: 'scope' }] })
    expect(judged?.message).toContain('is not written in step "act"; legal: memo')
  })
  test('does not stand in for a composer', () => {
    const [judged] = verdicts(of('letter', {}), 'artifact_create')
    expect(judged).toMatchObject({ verdict: 'refuse' })
    expect(judged?.message).toContain('call store_artifact')
  })
  test.each(['memo', 'anything'])('writes what nobody composes: %s', (name) => {
    const played = of(name, {})
    expect(verdicts(played, 'artifact_create')).toMatchObject([{ verdict: 'allow' }])
    expect(played.state.branch.published).toHaveProperty(name)
  })
})

describe('a budget that ends within a composing turn (Law 7)', () => {
  const spent = (answers: readonly (readonly AnswerPart[])[]): Played =>
    play(
      planOf(
        {
          ...CHAIN,
          budget: { tokens: 250 },
          steps: [{ prompt: 'Go.', tools: ['store_artifact', 'look'] }],
        },
        TOOLS,
      ),
      { answers, usage: { input: 100, output: 20, cached: 0 } },
    )
  const limit = ({ events }: Played): unknown => events.find(({ type }) => type === 'limit.reached')
  test('before the composer is asked: names the limit that it was', () => {
    const played = spent([[call('look')], STORE])
    expect(played.reason).toBe('budget_exceeded')
    expect(limit(played)).toMatchObject({ limit: 'tokens', allowed: 250 })
    expect(verdicts(played, 'store_artifact')).toMatchObject([{ verdict: 'refuse' }])
  })
  test('before a verifier of more than the budget has left is asked', () => {
    const plan = planOf({
      ...CHAIN,
      budget: { tokens: 700 },
      steps: [{ prompt: 'Go.', tools: ['store_artifact'] }],
    })
    const usage = { input: 100, output: 20, cached: 0 }
    const played = play(plan, {
      answers: [STORE, [text('Dear Sir')], report(9)],
      usage,
      chars: 4_000,
    })
    expect(played.events.filter(({ type }) => type === 'artifact.verified')).toEqual([])
    expect(played.state.branch.published).toEqual({})
    expect(played.events.find(({ type }) => type === 'call.failed')).toMatchObject({
      error: { code: 'budget_exceeded' },
    })
  })
  test('before the verifier is asked: nothing is published', () => {
    const played = spent([STORE, [text('Dear Sir')]])
    expect(played.reason).toBe('budget_exceeded')
    expect(limit(played)).toMatchObject({ limit: 'tokens' })
    expect(played.state.branch.published).toEqual({})
  })
})

describe('an artifact that is refused in a step with `fail` (Law 7)', () => {
  const FAILS: readonly StepFail[] = [{ to: 'sorry' }, { rewind: 'start' }]
  const of = (fail: StepFail): Plan =>
    planOf({
      ...CHAIN,
      start: 'compose',
      steps: {
        compose: { prompt: 'Compose.', write: 'letter', fail },
        sorry: { prompt: 'Say sorry.' },
      },
    })
  const say = (role: string, score: number): readonly AnswerPart[] =>
    role === 'planner' ? STORE : role === 'composer' ? [text('Dear Sir')] : report(score)
  test.each(FAILS)('is written again: %j', (fail) => {
    let tries = 0
    const played = play(of(fail), {
      answers: [
        STORE,
        [text('a')],
        STORE,
        [text('b')],
        report(3),
        STORE,
        [text('c')],
        report(8),
        DONE,
      ],
      gate: () => (tries++ === 0 ? 'too short' : null),
    })
    expect(played.events.filter(({ type }) => type === 'step.failed')).toEqual([])
    expect(played.state.branch.published).toMatchObject({ letter: { version: 2 } })
  })
  test.each(FAILS)('fails it the third time, and the run ends: %j', (fail) => {
    const played = play(of(fail), {
      answers: [],
      say: ({ role, step }) => (step === 'sorry' ? [text('Sorry.')] : say(role, 9)),
      gate: () => 'too short',
    })
    const failed = played.events.filter((event) => event.type === 'step.failed')
    expect(failed[0]).toMatchObject({ reason: 'store_artifact_loop_abort' })
    expect(['completed', 'store_artifact_loop_abort']).toContain(played.reason)
    expect(played.events.filter(({ type }) => type === 'artifact.rejected')).toHaveLength(3)
  })
  test.each(FAILS)('fails it once nobody accepts it, and the run ends: %j', (fail) => {
    const played = play(of(fail), {
      answers: [],
      say: ({ role, step }) => (step === 'sorry' ? [text('Sorry.')] : say(role, 3)),
    })
    const failed = played.events.filter((event) => event.type === 'step.failed')
    expect(failed[0]).toMatchObject({ reason: 'verification_failed' })
    expect(['completed', 'verification_failed']).toContain(played.reason)
    expect(played.state.branch.published).toEqual({})
  })
})

describe('an edit of what verifies an artifact (Law 13)', () => {
  const of = (pass: number): Outline =>
    outlineOf(
      planOf({
        ...CHAIN,
        artifacts: { letter: { verify: { prompt: 'Score.', pass } } },
        steps: [
          { name: 'write', prompt: 'Write.', write: 'letter' },
          { name: 'review', prompt: 'Review.', tools: ['verify_artifact', 'finish'] },
        ],
      }),
    )
  const at = { steps: ['review'], tools: [], inSubRuns: false }
  test('is named where only a verification of it lies ahead', () => {
    expect(compareOutlines(of(7), of(1), at)).toMatchObject({
      verdict: 'migrate',
      differing: ['review (artifact letter)'],
    })
    expect(compareOutlines(of(7), of(7), at)).toMatchObject({ verdict: 'continue' })
  })
})

describe('a way back to before a version was verified', () => {
  const plan = planOf({
    ...CHAIN,
    start: 'write',
    steps: {
      write: { prompt: 'Write.', tools: ['store_artifact'], fail: { to: 'wait' } },
      wait: { prompt: 'Wait.', next: 'review' },
      review: { prompt: 'Review.', tools: ['verify_artifact'] },
    },
  })
  const VERIFY = [call('verify_artifact', { name: 'letter' })]
  // The verifier is not there, and neither is the planner of the next step.
  const stuck = play(plan, { answers: [STORE, [text('Dear Sir')]] })
  const first = play(plan, { answers: [DONE, VERIFY, report(9), DONE] }, [
    ...bodiesOf(stuck),
    { type: 'run.resumed' },
  ])
  test('has it unpublished again', () => {
    expect(first.reason).toBe('completed')
    expect(runRecord(first.events).artifacts).toMatchObject([{ version: 1, score: 9 }])
    const back = play(plan, { answers: [] }, [
      ...bodiesOf(first),
      { type: 'rewind.requested', to: 'wait#1', by: 'ana' },
    ])
    expect(back.state.branch.published).toEqual({})
    expect(runRecord(back.events).artifacts).toEqual([])
  })
})
