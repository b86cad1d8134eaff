import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Effect } from '../src/core/decide/effect.ts'
import {
  call,
  given,
  NO_USAGE,
  planOf,
  play,
  started,
  text,
  ToolFailure,
  type Outside,
  type Played,
} from '../src/core/given.ts'
import type { AnswerPart, Entry } from '../src/core/log/event.ts'
import { fold } from '../src/core/log/fold/fold.ts'
import type { Json } from '../src/core/spec/json.ts'
import type { Plan } from '../src/core/spec/plan.ts'
import type { WorkflowSpec } from '../src/core/spec/spec.ts'
import { rewindEvents } from '../src/drive/go-back.ts'
import { createRuntime } from '../src/index.ts'
import { parseScript, scriptedMind } from '../src/testing.ts'
import { plan as everything } from './random/plan.ts'
import { playRandomly } from './random/play.ts'
import { wrongsOf } from './random/wrongs.ts'

/*
 * What an attacker tried, each as a sentence of what must hold all the same.
 */

const done: Outside = { answers: [[text('done')], [text('done')], [text('done')]] }

function onwards(
  plan: Plan,
  played: Played,
  on: { readonly entries: readonly Entry[]; readonly outside?: Outside },
): Played {
  return play(plan, on.outside ?? done, [...played.events, ...on.entries])
}

/** Goes on with a log until nothing is replied to what is under way; says what that is. */
function follow(
  plan: Plan,
  log: Entry[],
  reply: (effect: Effect) => readonly Entry[] | null,
): readonly Effect[] {
  for (;;) {
    const { move } = given(plan, log)
    if (move.type === 'rest') return []
    if (move.type === 'record') {
      log.push(...move.events)
      continue
    }
    const replies = move.effects.map(reply).find((entries) => entries !== null)
    if (replies === undefined) return move.effects
    log.push(...(replies ?? []))
  }
}

function said(effect: Effect, ...parts: readonly AnswerPart[]): readonly Entry[] | null {
  if (effect.type !== 'call-model') return null
  const { call: number, branch } = effect
  return [
    {
      type: 'model.answered',
      call: number,
      parts,
      finish: parts.some((part) => part.type === 'call') ? 'tool-calls' : 'stop',
      usage: NO_USAGE,
      ...(branch === undefined ? {} : { branch }),
    },
  ]
}

function approvalsOf(played: Played): readonly Entry[] {
  return played.events.flatMap((event): Entry[] =>
    event.type === 'approval.requested'
      ? [
          {
            type: 'approval.answered',
            request: event.request.id,
            decision: 'approve',
            by: 'ana',
            roles: [],
            reason: '',
          },
        ]
      : [],
  )
}

const client = { client: true, about: 'ask', effect: 'read', input: { type: 'object' } } as const
const confirmed = planOf(
  {
    workflow: 'w',
    gates: { asked: { on: 'pay', confirm: true } },
    steps: { act: { prompt: 'Act.', tools: ['pay'] } },
  },
  { pay: {} },
)
const cancel: readonly Entry[] = [{ type: 'run.resumed' }, { type: 'cancel.requested' }]

describe("a call's id is the model's, and no command (Law 6)", () => {
  const plan = planOf(
    {
      workflow: 'w',
      tools: { fetch: { retry: { BUSY: { tries: 2 } } } },
      steps: { act: { prompt: 'Act.', tools: ['fetch'] } },
    },
    { fetch: { effect: 'read' } },
  )
  test.each(['model', 'handoff'])('one named %s waits for its retry like any other', (id) => {
    const { reason, ran, state } = play(plan, {
      answers: [[call('fetch', {}, id)], [text('done')]],
      tools: { fetch: (_, dispatch) => (dispatch === 1 ? new ToolFailure('BUSY') : 'ok') },
    })
    expect([reason, ran]).toEqual(['completed', ['fetch', 'fetch']])
    expect(state.branch.transcript[2]).toMatchObject({ results: [{ call: id }] })
  })
})

describe('a run that was cancelled', () => {
  const pay = call('pay', { amount: 5 }, 'c1')
  const asked = play(confirmed, { answers: [[pay]] })
  const cancelled = onwards(confirmed, asked, { entries: cancel })
  const confirms: Entry = { type: 'user.confirmed', tool: 'pay', args: { amount: 5 } }

  test('stays so when a way back is refused and its call is confirmed', () => {
    const wish: Entry = { type: 'rewind.requested', to: 'nowhere', by: 'eve' }
    const refused = onwards(confirmed, cancelled, { entries: [wish] })
    const played = onwards(confirmed, refused, { entries: [confirms] })
    expect([refused.reason, played.reason, played.ran]).toEqual(['cancelled', 'cancelled', []])
  })

  const mailed = planOf(
    {
      workflow: 'w',
      gates: { asked: { on: 'pay', confirm: true } },
      steps: { act: { prompt: 'Act.', tools: ['mail', 'pay'] } },
    },
    { pay: {}, mail: {} },
  )
  const both = onwards(mailed, play(mailed, { answers: [[call('mail'), pay]] }), {
    entries: cancel,
  })
  const wish = (to: string): Entry => ({ type: 'rewind.requested', to, by: 'eve' })

  test('stays so while a person is asked about a way back, whoever approves what was asked before', () => {
    const waits = onwards(mailed, both, { entries: [wish('start')] })
    expect(waits.reason).toBe('needs_approval')
    const [old] = approvalsOf(both)
    const played = onwards(mailed, waits, { entries: old === undefined ? [] : [old, confirms] })
    const refusals = played.events.filter(({ type }) => type === 'approval.refused')
    expect(refusals).toMatchObject([{ reason: 'the run has ended (cancelled)' }])
    expect(played.ran).toEqual([])
  })

  test('stays so when a second wish takes the place of the first and is refused', () => {
    const waits = onwards(mailed, both, { entries: [wish('start')] })
    const refused = onwards(mailed, waits, { entries: [wish('nowhere')] })
    expect(refused.reason).toBe('cancelled')
  })

  test('repeats no write that was cut off, when one of its sub-runs goes back (Law 11)', () => {
    const item: WorkflowSpec = {
      workflow: 'item',
      steps: { act: { prompt: 'Do {{item}}.', tools: ['pay', 'ask'] } },
      tools: { ask: client },
    }
    const spec = { workflow: 'w', steps: { look: { each: '$.input.items', run: item } } }
    const plan = planOf(spec, { pay: {} })
    const log: Entry[] = [...started(plan, { items: ['a', 'b'] })]
    const reply = (effect: Effect): readonly Entry[] | null =>
      said(effect, call(effect.branch === 'look#1/0' ? 'pay' : 'ask'))
    expect(follow(plan, log, reply)).toMatchObject([{ type: 'run-tool', tool: 'pay' }])
    log.push({ type: 'cancel.requested' })
    log.push({ type: 'run.rested', reason: 'cancelled', message: '' })
    log.push({ type: 'rewind.requested', to: 'start', by: 'ana', branch: 'look#1/1' })
    const under = follow(plan, log, (effect) => said(effect, text('done')))
    expect(under).toEqual([])
    expect(given(plan, log).state.rest?.reason).toBe('tool_in_doubt')
  })
})

describe('a wish that one sub-run goes back', () => {
  const item: WorkflowSpec = {
    workflow: 'item',
    steps: { act: { prompt: 'Do {{item}}.', tools: ['mail', 'ask'] } },
    tools: { ask: client },
  }
  const spec = { workflow: 'w', steps: { look: { each: '$.input.items', run: item } } }
  const plan = planOf(spec, { mail: {} })

  test('holds the whole run while a person is asked, whatever the others were doing', () => {
    const log: Entry[] = [...started(plan, { items: ['a', 'b'] })]
    const reply = (effect: Effect): readonly Entry[] | null => {
      const { branch = '' } = effect
      if (effect.type === 'run-tool') {
        return [{ type: 'tool.returned', call: effect.call, output: {}, branch }]
      }
      return branch === 'look#1/0' ? said(effect, call('mail'), call('ask')) : null
    }
    expect(follow(plan, log, reply)).toMatchObject([{ type: 'call-model', branch: 'look#1/1' }])
    log.push({ type: 'cancel.requested' })
    log.push({ type: 'run.rested', reason: 'cancelled', message: '' })
    log.push({ type: 'rewind.requested', to: 'start', by: 'ana', branch: 'look#1/0' })
    expect(follow(plan, log, () => null)).toEqual([])
    log.push({ type: 'run.resumed' })
    expect(follow(plan, log, () => null)).toEqual([])
    expect(given(plan, log).state.rest?.reason).toBe('needs_approval')
  })

  test('is none while another way back is half done', () => {
    const log: readonly Entry[] = [
      ...started(plan, { items: ['a'] }),
      { type: 'step.entered', step: 'look', visit: 1, message: null, prompt: null },
      { type: 'items.listed', step: 'look', items: ['a'], trusted: true },
      {
        type: 'branch.started',
        branch: 'look#1/0',
        parent: '',
        call: null,
        item: 0,
        workflow: 'steps.look.run',
        digest: plan.digest,
        input: {},
        trusted: true,
        instructions: null,
      },
      { type: 'rewind.requested', to: 'start', by: 'ana' },
      { type: 'rewind.started', to: 'start', position: 2, undo: [], keep: [] },
      { type: 'run.rested', reason: 'cancelled', message: '' },
    ]
    const { state } = given(plan, log)
    const wish = { to: 'start', branch: 'look#1/0' }
    expect(() => rewindEvents({ state, add: () => {} }, wish)).toThrow(/is on its way to start/)
    expect(rewindEvents({ state, add: () => {} }, { to: 'start' })).toHaveLength(1)
  })
})

test('what a check answered is asked again by the next driver: it was about another time', () => {
  const plan = planOf(
    {
      workflow: 'w',
      gates: { safe: { on: 'pay', check: { module: './x.ts' } } },
      steps: { act: { prompt: 'Act.', tools: ['pay'] } },
    },
    { pay: {} },
  )
  let asked = 0
  const log: Entry[] = [...started(plan)]
  const under = follow(plan, log, (effect) => {
    if (effect.type !== 'run-check') return said(effect, call('pay', {}, 'c1'))
    if (++asked === 2) return null
    // The driver dies before it judges; a week later another one comes.
    const { gate } = effect
    return [
      { type: 'check.answered', call: 'c1', gate, holds: true, reason: '' },
      { type: 'run.resumed' },
    ]
  })
  expect(under).toMatchObject([{ type: 'run-check', call: 'c1' }])
})

describe('a grant (Law 8)', () => {
  const pay: WorkflowSpec = {
    workflow: 'item',
    gates: { once: { on: 'pay', limit: { calls: 1 }, confirm: true } },
    steps: { act: { prompt: 'Do {{item}}.', tools: ['pay'] } },
  }
  const spec = { workflow: 'w', steps: { look: { each: '$.input.items', run: pay } } }
  const plan = planOf(spec, { pay: {} })
  const outside: Outside = {
    answers: [],
    say: ({ branch = '' }, { branches }) =>
      branches.get(branch)?.iterations === 0 ? [call('pay', { amount: 5 })] : [text('done')],
  }

  test('is for what its gate objected to then: a limit that was reached since is asked about', () => {
    const asked = play(plan, outside, started(plan, { items: ['a', 'b'] }))
    const answers = approvalsOf(asked)
    expect(answers).toHaveLength(2)
    const played = onwards(plan, asked, { entries: answers, outside })
    expect([played.ran, played.reason]).toEqual([['pay'], 'needs_approval'])
    expect(played.state.rest?.message).toMatch(/limited to 1 call/)
  })
})

test('who started a run is not one of two approvers of its copy either, whoever made that', () => {
  const spec: WorkflowSpec = {
    workflow: 'w',
    gates: { asked: { on: 'pay', confirm: true, approval: { approvers: 2 } } },
    steps: { act: { prompt: 'Act.', tools: ['pay'] } },
  }
  const plan = planOf(spec, { pay: {} })
  const [first, ...rest] = started(plan)
  if (first?.type !== 'run.started') throw new Error('a run begins with its start')
  const log: readonly Entry[] = [{ ...first, by: 'ana' }, ...rest]
  const forked = { type: 'run.forked', run: 'copy', from: 'run', position: 2 } as const
  const fork: Entry = { ...forked, family: 'run', by: 'ben' }
  const asked = play(plan, { answers: [[call('pay')]] }, [...log, fork])
  for (const by of ['ana', 'ben']) {
    const [answer] = approvalsOf(asked)
    if (answer?.type !== 'approval.answered') throw new Error('nothing was asked')
    const { events } = onwards(plan, asked, { entries: [{ ...answer, by }] })
    expect(events.at(-1)).toMatchObject({ type: 'approval.refused', by })
  }
})

describe('a value that is nested thousands deep', () => {
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

  test('is no output of a step', () => {
    const sub: WorkflowSpec = { workflow: 'item', steps: { act: { prompt: 'Act.', output: {} } } }
    const plan = planOf({ workflow: 'w', steps: { look: { each: ['a'], run: sub } } })
    const { state } = play(plan, { answers: [], say: () => [text(deep(10_000))] })
    expect(state.rest?.message).toMatch(/invalid_output/)
  })

  test('cannot be taken back with an undo that is handed all of it: a person is asked', () => {
    const undo = { tool: 'back', args: { all: '$.output' } }
    const tools = { pay: { undo } }
    const steps = { act: { prompt: 'Act.', tools: ['pay'] } }
    const plan = planOf({ workflow: 'w', tools, steps }, { pay: {}, back: { risk: 'high' } })
    const output: Json = JSON.parse(deep(4_000))
    const paid = play(plan, {
      answers: [[call('pay')], [text('done')]],
      tools: { pay: () => output },
    })
    const wish: Entry = { type: 'rewind.requested', to: 'start', by: 'ana' }
    const waits = onwards(plan, paid, { entries: [wish] })
    expect(waits.state.rest).toMatchObject({
      reason: 'needs_approval',
      message: expect.stringMatching(/nested more than/),
    })
  })
})

test('a run that rested under another definition goes on under its own when it is back', () => {
  const plan = planOf({ workflow: 'w', steps: { act: { prompt: 'Act.' } } })
  const log: readonly Entry[] = [
    ...started(plan),
    { type: 'run.rested', reason: 'definition_changed', message: '' },
    { type: 'run.resumed' },
  ]
  expect(play(plan, done, log).reason).toBe('completed')
})

describe('what a client gives', () => {
  const spec: WorkflowSpec = {
    workflow: 'w',
    tools: { ask: client },
    gates: { kind: { on: 'pay', allow: "get('$.tools.ask.outputs.latest.ok') == true" } },
    steps: { act: { prompt: 'Act.', tools: ['ask', 'pay'] } },
  }
  const parsed = parseScript([
    { call: 'ask', args: {} },
    { call: 'pay', args: {} },
    { text: 'done' },
  ])
  const script = parsed.ok ? parsed.script : []

  async function answered(output: Json): Promise<readonly unknown[]> {
    const paid: unknown[] = []
    const runtime = createRuntime({
      mind: scriptedMind(script),
      tools: {
        pay: {
          about: 'Pay',
          input: { type: 'object' },
          execute: (args: unknown) => paid.push(args),
        },
      },
    })
    const run = await runtime.start(spec)
    const { pending = [] } = await run.done
    await run.answer(pending.map(({ call: id }) => ({ call: id, output })))
    return paid
  }

  test('is read by gates as the log has it, not as an object that shows one face to each', async () => {
    const forged = Object.assign(Object.create({ toJSON: () => ({ ok: false }) }), { ok: true })
    expect(await answered({ ok: true })).toHaveLength(1)
    expect(await answered(forged)).toEqual([])
  })

  test('is refused by name when no log can hold it', async () => {
    const nested: Json = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000))
    await expect(answered(nested)).rejects.toMatchObject({ code: 'invalid_input' })
  })
})

test('decide is total and fold is pure over random plays', () => {
  const numbers = fc.array(fc.nat(100_000), { minLength: 30, maxLength: 250 })
  const property = fc.property(numbers, (chosen) => {
    const played = playRandomly(chosen)
    expect(wrongsOf(played)).toEqual([])
    const stored = JSON.parse(JSON.stringify(played.events))
    expect(fold(everything.histories, stored)).toEqual(played.state)
  })
  fc.assert(property, { numRuns: 500 })
})
