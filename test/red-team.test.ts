import { describe, expect, test } from 'vitest'
import {
  call,
  given,
  planOf,
  play,
  started,
  text,
  ToolFailure,
  type Played,
} from '../src/core/given.ts'
import { decide } from '../src/core/decide/decide.ts'
import type { Entry, Event, EventOf } from '../src/core/log/event.ts'
import { fold } from '../src/core/log/fold.ts'
import type { Json } from '../src/core/spec/json.ts'
import type { Plan } from '../src/core/spec/plan.ts'
import type { WorkflowSpec } from '../src/core/spec/spec.ts'

/*
 * What an attacker tried against the kernel, each as a sentence of what must hold all the same.
 */

const done = { answers: [[text('done')], [text('done')], [text('done')]] }

function on(played: Played, ...entries: readonly Entry[]): readonly Entry[] {
  return [...played.events, ...entries]
}

/** Puts entries into their places: a log that goes on. */
function log(entries: readonly Entry[]): readonly Event[] {
  return entries.map((entry, index) => ({ at: index + 1, ...entry, v: 1, seq: index + 1 }))
}

describe("a call's id is the model's, and no command", () => {
  const plan = planOf(
    {
      workflow: 'w',
      tools: { fetch: { retry: { BUSY: { tries: 2 } } } },
      steps: { act: { prompt: 'Act.', tools: ['fetch'] } },
    },
    { fetch: { effect: 'read' } },
  )
  test.each(['model', 'handoff'])('one that is named %s waits for its retry like any other', (id) => {
    const { reason, ran, state } = play(plan, {
      answers: [[call('fetch', {}, id)], [text('done')]],
      tools: { fetch: (_, dispatch) => (dispatch === 1 ? new ToolFailure('BUSY') : 'ok') },
    })
    expect([reason, ran]).toEqual(['completed', ['fetch', 'fetch']])
    const [, , results] = state.branch.transcript
    expect(results).toMatchObject({ role: 'tool', results: [{ call: id, result: { ok: true } }] })
  })
})

describe('a run that was cancelled', () => {
  test('stays so, whatever was refused and confirmed since', () => {
    const plan = planOf(
      {
        workflow: 'w',
        gates: { asked: { on: 'pay', confirm: true } },
        steps: { act: { prompt: 'Act.', tools: ['pay'] } },
      },
      { pay: {} },
    )
    const asked = play(plan, { answers: [[call('pay', { amount: 5 }, 'c1')]] })
    expect(asked.reason).toBe('needs_approval')
    const cancelled = play(plan, done, on(asked, { type: 'run.resumed' }, { type: 'cancel.requested' }))
    const refused = play(
      plan,
      done,
      on(cancelled, { type: 'rewind.requested', to: 'nowhere', by: 'eve' }),
    )
    expect(refused.reason).toBe('cancelled')
    const confirmed = play(
      plan,
      done,
      on(refused, { type: 'user.confirmed', tool: 'pay', args: { amount: 5 } }),
    )
    expect([confirmed.reason, confirmed.ran]).toEqual(['cancelled', []])
  })

  const items: WorkflowSpec = {
    workflow: 'item',
    steps: { act: { prompt: 'Do {{item}}.', tools: ['pay', 'ask'] } },
    tools: { ask: { client: true, about: 'ask', effect: 'read', input: { type: 'object' } } },
  }
  test('repeats no write that was cut off, when one of its sub-runs goes back', () => {
    const plan = planOf(
      { workflow: 'w', steps: { look: { each: '$.input.items', run: items } } },
      { pay: {} },
    )
    const first = started(plan, { items: ['a', 'b'] })
    const log: Entry[] = [...first]
    const said = new Set<string>()
    for (let step = 0; step < 50; step++) {
      const { move } = given(plan, log)
      if (move.type === 'record') log.push(...move.events)
      else if (move.type === 'perform') {
        const effect = move.effects.find((each) => each.type === 'call-model')
        if (effect?.type !== 'call-model') break
        const branch = effect.branch ?? ''
        said.add(branch)
        const tool = branch.endsWith('0') ? 'pay' : 'ask'
        log.push({
          type: 'model.answered',
          branch,
          call: effect.call,
          parts: [call(tool, {}, tool)],
          finish: 'tool-calls',
          usage: { input: 0, output: 0, cached: 0 },
        })
      } else break
    }
    const before = given(plan, log).move
    expect(before).toMatchObject({ type: 'perform', effects: [{ type: 'run-tool', tool: 'pay' }] })
    log.push({ type: 'cancel.requested' })
    log.push({ type: 'run.rested', reason: 'cancelled', message: '' })
    log.push({ type: 'rewind.requested', to: 'start', by: 'ana', branch: 'look#1/1' })
    const ran: string[] = []
    for (let step = 0; step < 50; step++) {
      const { move } = given(plan, log)
      if (move.type === 'record') log.push(...move.events)
      else {
        if (move.type === 'perform')
          ran.push(...move.effects.flatMap((e) => (e.type === 'run-tool' ? [e.tool] : [])))
        break
      }
    }
expect(ran).toEqual([])
  })
})

describe('what a check answered', () => {
  test('is asked again by the next driver: it was about another time', () => {
    const plan = planOf(
      {
        workflow: 'w',
        gates: { safe: { on: 'pay', check: { module: './x.ts' } } },
        steps: { act: { prompt: 'Act.', tools: ['pay'] } },
      },
      { pay: {} },
    )
    const log: Entry[] = [...started(plan)]
    let asked = 0
    for (let step = 0; step < 20; step++) {
      const { move } = given(plan, log)
      if (move.type === 'record') log.push(...move.events)
      else if (move.type === 'perform') {
        const [effect] = move.effects
        if (effect?.type === 'call-model') {
          log.push({
            type: 'model.answered',
            call: 1,
            parts: [call('pay', {}, 'c1')],
            finish: 'tool-calls',
            usage: { input: 0, output: 0, cached: 0 },
          })
        } else if (effect?.type === 'run-check') {
          asked++
          if (asked === 2) break
          log.push({ type: 'check.answered', call: 'c1', gate: 'safe', holds: true, reason: '' })
          // The driver dies here; a week later another one comes.
          log.push({ type: 'run.resumed' })
        } else break
      }
    }
    expect(asked).toBe(2)
  })
})

describe('a grant', () => {
  test('is for what its gate objected to then: a limit that was reached since is asked about anew', () => {
    const pay: WorkflowSpec = {
      workflow: 'item',
      gates: {
        once: { on: 'pay', limit: { calls: 1 }, confirm: true },
      },
      steps: { act: { prompt: 'Do {{item}}.', tools: ['pay'] } },
    }
    const plan = planOf(
      { workflow: 'w', steps: { look: { each: '$.input.items', run: pay } } },
      { pay: {} },
    )
    const outside = {
      answers: [],
      say: (effect: { branch?: string }, state: { branches: ReadonlyMap<string, { iterations: number }> }) =>
        state.branches.get(effect.branch ?? '')?.iterations === 0
          ? [call('pay', { amount: 5 })]
          : [text('done')],
    }
    const asked = play(plan, outside, started(plan, { items: ['a', 'b'] }))
    expect(asked.reason).toBe('needs_approval')
    const requests = asked.events.flatMap((event) =>
      event.type === 'approval.requested' ? [event.request] : [],
    )
    expect(requests).toHaveLength(2)
    const answers = requests.map(
      ({ id }): Entry => ({
        type: 'approval.answered',
        request: id,
        decision: 'approve',
        by: 'ana',
        roles: [],
        reason: '',
      }),
    )
    const played = play(plan, outside, on(asked, ...answers))
    expect(played.ran).toEqual(['pay'])
    expect(played.reason).toBe('needs_approval')
  })
})

describe('decide is total', () => {
  test('over an output that is nested ten thousand levels deep', () => {
    const sub: WorkflowSpec = {
      workflow: 'item',
      steps: { act: { prompt: 'Do {{item}}.', output: {} } },
    }
    const plan = planOf({
      workflow: 'w',
      steps: { look: { each: '$.input.items', run: sub, next: 'end' }, end: { prompt: 'Say {{steps.look.output}}' } },
    })
    const deep = '['.repeat(10_000) + ']'.repeat(10_000)
    const played = play(
      plan,
      { answers: [], say: ({ branch }) => [text(branch === undefined ? 'ok' : deep)] },
      started(plan, { items: ['a'] }),
    )
    expect(played.reason).not.toBe('')
  })
})

describe('a run that was looked at under another definition', () => {
  test('goes on under its own when it comes back', () => {
    const plan = planOf({ workflow: 'w', steps: { act: { prompt: 'Act.' } } })
    const log: Entry[] = [
      ...started(plan),
      { type: 'run.rested', reason: 'definition_changed', message: '' },
      { type: 'run.resumed' },
    ]
    expect(play(plan, done, log).reason).toBe('completed')
  })
})
