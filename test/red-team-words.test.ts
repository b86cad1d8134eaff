import { describe, expect, test } from 'vitest'
import { call, planOf, play, started, text, type Outside, type Played } from '../src/core/given.ts'
import type { Entry } from '../src/core/log/event.ts'
import type { Plan } from '../src/core/spec/plan.ts'
import type { WorkflowSpec } from '../src/core/spec/spec.ts'

/*
 * Whose word it was: a confirmation is for one call of the run that the user spoke to, and for the
 * definition under which they said it (Law 8).
 */

const asked = { on: 'pay', confirm: true } as const
const sub: WorkflowSpec = {
  workflow: 'sub',
  gates: { asked },
  steps: { act: { prompt: 'Pay.', tools: ['pay'] } },
}
const plan = planOf(
  {
    workflow: 'w',
    tools: { expert: { workflow: sub, about: 'an expert' } },
    gates: { asked },
    steps: { act: { prompt: 'Act.', tools: ['expert', 'pay'] } },
  },
  { pay: {} },
)
const args = { amount: 5 }
const pay = call('pay', args)
const confirms: Entry = { type: 'user.confirmed', tool: 'pay', args }

/** The run itself asks its expert, and then pays; the expert pays as well. */
const outside: Outside = {
  answers: [],
  say: ({ branch = '' }, { branches }) => {
    const { iterations = 0 } = branches.get(branch) ?? {}
    if (branch !== '') return iterations === 0 ? [pay] : [text('paid')]
    return [[call('expert', {})], [pay], [text('done')]][iterations] ?? [text('done')]
  },
}

function onwards(on: Plan, played: Played, entries: readonly Entry[]): Played {
  return play(on, outside, [...played.events, ...entries])
}

describe('a confirmation (Law 8)', () => {
  const beforehand = play(plan, outside, [...started(plan), confirms])

  test("that was given beforehand is the run's own, and no sub-run's tool of the same name", () => {
    expect([beforehand.reason, beforehand.ran]).toEqual(['needs_approval', []])
    expect(beforehand.state.rest?.pending).toMatchObject([{ tool: 'pay', confirm: true }])
    expect(beforehand.state.rest?.pending[0]?.branch).toBeDefined()
  })

  test('that a sub-run asked for is that sub-run’s, and lets nothing else go', () => {
    const waits = play(plan, outside, started(plan))
    const paid = onwards(plan, waits, [confirms])
    expect([paid.reason, paid.ran]).toEqual(['needs_approval', ['pay']])
    expect(paid.state.rest?.pending).toMatchObject([{ tool: 'pay' }])
    expect(paid.state.rest?.pending[0]?.branch).toBeUndefined()
    expect(paid.state.confirmations.size).toBe(0)
  })

  test('of each is used up by its own call', () => {
    const both = onwards(plan, beforehand, [confirms])
    expect([both.reason, both.ran]).toEqual(['completed', ['pay', 'pay']])
    expect(both.state.confirmations.size).toBe(0)
  })

  test('may name the sub-run that it is for', () => {
    const waits = play(plan, outside, started(plan))
    const branch = waits.state.rest?.pending[0]?.branch ?? ''
    const paid = onwards(plan, waits, [{ ...confirms, branch }])
    expect(paid.ran).toEqual(['pay'])
  })

  test('of a log that was written before is used up as that log says', () => {
    const log = JSON.parse(JSON.stringify(beforehand.events))
    expect(play(plan, outside, log).state).toEqual(beforehand.state)
  })

  test('is void under another definition: the gate may have become another', () => {
    const edited = planOf(
      {
        workflow: 'w',
        gates: { asked: { ...asked, about: 'They know that it cannot be taken back.' } },
        steps: { act: { prompt: 'Act.', tools: ['pay'] } },
      },
      { pay: {} },
    )
    const adopted: Entry = {
      type: 'definition.adopted',
      from: plan.digest,
      to: edited.digest,
      differing: ['act'],
      by: 'ana',
    }
    const alone: Outside = { answers: [[pay], [text('done')]] }
    const said = [...started(plan), confirms]
    const played = play(edited, alone, [...said, adopted])
    expect([played.reason, played.ran]).toEqual(['needs_approval', []])
    const again = play(edited, { answers: [[text('done')]] }, [...played.events, confirms])
    expect([again.reason, again.ran]).toEqual(['completed', ['pay']])
  })
})

test('a run that was cancelled stays so when it takes on another definition, whatever it had held', () => {
  const spec: WorkflowSpec = {
    workflow: 'w',
    gates: { asked },
    steps: { act: { prompt: 'Act.', tools: ['pay'] } },
  }
  const before = planOf(spec, { pay: {} })
  const after = planOf({ ...spec, instructions: 'Be quick.', gates: {} }, { pay: {} })
  const waits = play(before, { answers: [[pay]] })
  const cancelled = play(before, { answers: [] }, [
    ...waits.events,
    { type: 'run.resumed' },
    { type: 'cancel.requested' },
  ])
  const played = play(after, { answers: [[text('done')]] }, [
    ...cancelled.events,
    { type: 'definition.adopted', from: before.digest, to: after.digest, differing: [], by: null },
    { type: 'rewind.requested', to: 'nowhere', by: 'eve' },
  ])
  expect([cancelled.reason, played.reason, played.ran]).toEqual(['cancelled', 'cancelled', []])
})

describe('a name is no role', () => {
  const people = { finance: ['intern'], ana: ['finance'], ben: [] }
  const spec: WorkflowSpec = {
    workflow: 'w',
    people,
    gates: { large: { on: 'pay', confirm: true, approval: { by: ['finance', 'ben'] } } },
    steps: { act: { prompt: 'Act.', tools: ['pay'] } },
  }
  const of = planOf(spec, { pay: {} })
  const waits = play(of, { answers: [[pay]] })
  const request = waits.state.rest?.pending[0]?.request ?? ''

  test.each([
    ['finance', []],
    ['Finance ', []],
    ['ana', ['pay']],
    ['ben', ['pay']],
  ])('%s among the people of the workflow', (by, ran) => {
    const said = { request, decision: 'approve', by, roles: ['finance'], reason: '' } as const
    const events: readonly Entry[] = [...waits.events, { type: 'approval.answered', ...said }]
    expect(play(of, { answers: [[text('done')]] }, events).ran).toEqual(ran)
  })
})
