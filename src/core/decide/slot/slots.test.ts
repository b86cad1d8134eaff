import {
  array,
  assert,
  constantFrom,
  dictionary,
  jsonValue,
  oneof,
  property,
  record,
  string,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import { call, given, planOf, play, started, text, type Outside, type Played } from '../../given.ts'
import type { Entry, Event } from '../../log/event.ts'
import { fold } from '../../log/fold/fold.ts'
import type { SlotSpec } from '../../spec/chain-spec.ts'
import type { Json } from '../../spec/json.ts'
import type { Plan } from '../../spec/plan.ts'
import type { StepSpec, WorkflowSpec } from '../../spec/spec.ts'
import { missingSlots } from './slots.ts'

const SLOTS: Readonly<Record<string, SlotSpec>> = {
  role: { type: 'text', required: true, question: 'Which role?' },
  tone: { type: 'choice', required: true, question: 'Which tone?', options: ['formal', 'warm'] },
}
const TOOLS = { mail: { effect: 'write' }, look: { effect: 'read' } } as const

function workflow(of: {
  readonly slots?: Readonly<Record<string, SlotSpec>>
  readonly steps?: Readonly<Record<string, StepSpec>>
  readonly gates?: WorkflowSpec['gates']
}): Plan {
  const steps = of.steps ?? {
    write: { prompt: 'Write.', tools: ['request_input', 'mail', 'look'] },
  }
  const gates = of.gates === undefined ? {} : { gates: of.gates }
  return planOf({ workflow: 'letter', slots: of.slots ?? SLOTS, ...gates, steps }, TOOLS)
}
const plan = workflow({})

/** The run with what the user says next: to what is asked, as `drive` writes it. */
function answered(played: Played, input: Json): readonly Entry[] {
  const [asked] = played.state.rest?.pending ?? []
  const { call: id = '', branch } = asked ?? {}
  return [
    ...played.events,
    { type: 'turn.started', turn: played.state.turn + 1, input: {} },
    { type: 'input.answered', call: id, input, ...(branch === undefined ? {} : { branch }) },
  ]
}

function goOn(
  on: Plan,
  played: Played,
  next: { readonly say: Json } & Partial<Omit<Outside, 'say'>>,
): Played {
  const { say, ...outside } = next
  return play(on, { answers: [], ...outside }, answered(played, say))
}

function asked({ state }: Played): readonly string[] {
  return (state.rest?.pending ?? []).flatMap(({ slots = [] }) => slots.map(({ name }) => name))
}

function of<Type extends Event['type']>(
  { events }: Played,
  type: Type,
): readonly Extract<Event, { type: Type }>[] {
  return events.filter((event): event is Extract<Event, { type: Type }> => event.type === type)
}

const ask = [call('request_input')]
const send = [call('mail', {})]

describe('only one of two required slots', () => {
  const start = started(plan, { role: 'engineer' })
  it('is taken from the input, and the other is asked for (S4.31)', () => {
    const played = play(plan, { answers: [ask] }, start)
    expect(played.reason).toBe('needs_input')
    expect(played.state.branch.slots).toEqual({ role: 'engineer' })
    expect(played.state.rest?.pending).toMatchObject([
      {
        tool: 'request_input',
        question: 'Which tone? (1 formal, 2 warm)',
        slots: [
          {
            name: 'tone',
            type: 'choice',
            question: 'Which tone?',
            options: ['formal', 'warm'],
            required: true,
          },
        ],
      },
    ])
  })
  it('lets nothing be written on a guess: the gate `slots` refuses and names the question', () => {
    const played = play(plan, { answers: [send, ask] }, start)
    expect(played.ran).toEqual([])
    expect(of(played, 'call.judged')[0]).toMatchObject({
      verdict: 'refuse',
      gates: [{ gate: 'slots', reason: expect.stringContaining('tone (Which tone?)') }],
      message: expect.stringContaining('ask the user with request_input'),
    })
  })
  it('does not end the run in words either: the kernel asks before the step ends', () => {
    const guessed = play(plan, { answers: [[text('Dear Sir or Madam …')]] }, start)
    expect(guessed.reason).toBe('needs_input')
    expect(asked(guessed)).toEqual(['tone'])
    const done = goOn(plan, guessed, { say: 'warm', answers: [send, [text('Sent.')]] })
    expect(done.reason).toBe('completed')
    expect(done.ran).toEqual(['mail'])
    expect(done.state.branch.transcript).toContainEqual({
      role: 'user',
      text: 'The user answered:\ntone: "warm"',
    })
  })
  it('goes on with the answer as the call’s result, and then may write', () => {
    const played = play(plan, { answers: [ask] }, start)
    const done = goOn(plan, played, { say: 'formal', answers: [send, [text('Sent.')]] })
    expect(done.reason).toBe('completed')
    expect(done.ran).toEqual(['mail'])
    expect(of(done, 'tool.returned')[0]).toMatchObject({ output: { slots: { tone: 'formal' } } })
    expect(done.state.branch.slotSources.get('tone')).toBe('user')
  })
  it('leaves the message that the run began with as it was', () => {
    const played = play(plan, { answers: [ask] }, started(plan, { role: 'x', message: 'Help!' }))
    const done = goOn(plan, played, { say: 'formal', answers: [[text('Done.')]] })
    expect(done.state.branch.input['message']).toBe('Help!')
  })
})

describe('an answer', () => {
  const both = play(plan, { answers: [ask] })
  it('may give several at once, by name', () => {
    expect(asked(both)).toEqual(['role', 'tone'])
    const done = goOn(plan, both, {
      say: { slots: { role: 'cook', tone: 'Warm' } },
      answers: [[text('ok')]],
    })
    expect(done.reason).toBe('completed')
    expect(done.state.branch.slots).toEqual({ role: 'cook', tone: 'warm' })
  })
  it.each([
    [{ role: 'cook', tone: 'warm' }],
    ['role: cook\ntone = warm'],
    ['{"role":"cook","tone":"warm"}'],
    [{ message: 'role: cook\ntone: 2' }],
  ])('is read from %j as well', (say) => {
    const done = goOn(plan, both, { say, answers: [[text('ok')]] })
    expect(done.state.branch.slots).toEqual({ role: 'cook', tone: 'warm' })
  })
  it('that is partial is kept, and the rest is asked again', () => {
    const half = goOn(plan, both, { say: { role: 'cook' } })
    expect(half.reason).toBe('needs_input')
    expect(asked(half)).toEqual(['tone'])
    const done = goOn(plan, half, { say: 'warm', answers: [[text('ok')]] })
    expect(of(done, 'tool.returned')).toMatchObject([
      { output: { slots: { role: 'cook', tone: 'warm' } } },
    ])
  })
  it('that does not fit is asked again with the reason, and what fits is not lost', () => {
    const again = goOn(plan, both, { say: { role: 'cook', tone: 'wram' } })
    expect(again.state.rest?.pending[0]?.slots).toMatchObject([
      { name: 'tone', error: '"wram" is not among formal, warm; did you mean warm?' },
    ])
    expect(again.state.rest?.message).toContain('did you mean warm?')
    expect(again.state.branch.slots).toEqual({ role: 'cook' })
    expect(of(again, 'model.called')).toHaveLength(1)
  })
  it('in plain words to several questions says how to answer', () => {
    const again = goOn(plan, both, { say: 'warm please' })
    expect(asked(again)).toEqual(['role', 'tone'])
    expect(again.state.rest?.message).toContain('`name: value` a line')
  })
  it('under a name that is no slot names the slots', () => {
    const again = goOn(plan, both, { say: { slots: { role: 'cook', tones: 'warm' } } })
    expect(again.state.rest?.message).toContain('there is no slot `tones`; did you mean tone?')
  })
  it('of nothing is no answer', () => {
    const again = goOn(plan, both, { say: {} })
    expect(asked(again)).toEqual(['role', 'tone'])
    expect(again.state.rest?.message).toContain('nothing was answered')
  })
  it('is judged the same wherever a driver stops between the words and the result (Law 9)', () => {
    const whole = goOn(plan, both, { say: 'role: cook\ntone: loud' })
    const log = whole.events
    const from = log.findIndex(({ type }) => type === 'input.answered') + 1
    // The events of one move are committed together (Law 5).
    for (const cut of [from, log.length - 1, log.length]) {
      const resumed = play(plan, { answers: [] }, [...log.slice(0, cut), { type: 'run.resumed' }])
      expect(resumed.state.branch.slots).toEqual({ role: 'cook' })
      expect(resumed.state.rest?.pending).toEqual(whole.state.rest?.pending)
      expect(of(resumed, 'slots.filled')).toHaveLength(1)
    }
    expect(log.slice(from).map(({ type }) => type)).toEqual([
      'slots.filled',
      'slots.rejected',
      'run.rested',
    ])
    expect(fold(plan.histories, log)).toEqual(whole.state)
  })
  it('of any kind fills nothing that does not fit, and never throws', () => {
    const slots: Record<string, SlotSpec> = {
      ...SLOTS,
      many: { type: 'multi_choice', options: ['a', 'b'], depends_on: 'role' },
      when: { type: 'date', required: true, depends_on: { tone: 'warm' } },
      count: { type: 'number', default: 1, validation: { maximum: 3 } },
      sure: { type: 'boolean' },
      paper: { type: 'file' },
    }
    const wide = workflow({ slots })
    const value = oneof(jsonValue(), constantFrom('warm', 'a,b', '2', 'yes', '2026-01-01'))
    const named = dictionary(constantFrom(...Object.keys(slots), 'slots', 'nope'), value)
    const words = oneof(string(), named, record({ slots: named }), jsonValue())
    assert(
      property(array(words, { maxLength: 4 }), (answers) => {
        let played = play(wide, { answers: [ask, [text('ok')]] })
        for (const input of answers) {
          if (played.reason !== 'needs_input') break
          // As the log has it.
          const said: Json = JSON.parse(JSON.stringify(input))
          played = goOn(wide, played, { say: said, answers: [[text('ok')]] })
        }
        expect(['needs_input', 'completed']).toContain(played.reason)
        for (const [name, held] of Object.entries(played.state.branch.slots)) {
          const slot = wide.slots.get(name)
          expect(slot?.check(held) === null || (held === null && slot?.required === false)).toBe(
            true,
          )
        }
      }),
      { numRuns: 200 },
    )
  })
  it('whose call is gone is still heard, and nothing throws', () => {
    const first = [...started(plan), { type: 'input.answered', call: 'no', input: 'x' } as const]
    expect(given(plan, first).move).toMatchObject({
      type: 'record',
      events: [{ type: 'slots.rejected' }],
    })
  })
})

describe('request_input', () => {
  const optional = { ...SLOTS, name: { type: 'text' } } as const
  const wider = workflow({ slots: optional })
  it('asks for the slots that it names, and may ask for a filled one again', () => {
    const start = started(wider, { role: 'cook', tone: 'warm' })
    const names = { slots: ['role', 'name'], question: 'Still a cook?' }
    const played = play(wider, { answers: [[call('request_input', names)]] }, start)
    expect(asked(played)).toEqual(['role', 'name'])
    expect(played.state.rest?.message).toContain('Still a cook?')
    const done = goOn(wider, played, { say: { role: 'smith' }, answers: [[text('ok')]] })
    expect(done.reason).toBe('completed')
    expect(done.state.branch.slots).toEqual({ role: 'smith', tone: 'warm' })
  })
  it.each([
    [{ slots: ['rôle'] }, 'there is no slot "rôle"'],
    [{ slots: ['city'] }, 'slot city is of no use now: it depends on name'],
    [{}, 'no slot is missing'],
  ])('with %j is refused', (args, reason) => {
    const slots: Record<string, SlotSpec> = {
      name: { type: 'text' },
      city: { type: 'text', depends_on: 'name' },
    }
    const played = play(workflow({ slots }), {
      answers: [[call('request_input', args)], [text('ok')]],
    })
    expect(of(played, 'call.judged')).toMatchObject([
      { verdict: 'refuse', message: expect.stringContaining(reason) },
    ])
  })
  it('with a question alone is free words, and fills nothing', () => {
    const played = play(plan, { answers: [[call('request_input', { question: 'Hm?' })]] })
    expect(played.state.rest?.pending).toEqual([
      { call: 'call_1_0', tool: 'request_input', args: { question: 'Hm?' }, question: 'Hm?' },
    ])
  })
  it('takes nothing for an answer where none is needed', () => {
    const played = play(
      wider,
      { answers: [[call('request_input', { slots: ['name'] })]] },
      started(wider, { role: 'cook', tone: 'warm' }),
    )
    const done = goOn(wider, played, { say: { name: null }, answers: [[text('ok')]] })
    expect(done.reason).toBe('completed')
    expect(done.state.branch.slots['name']).toBeNull()
  })
})

describe('the input', () => {
  it('that does not fit a slot is not taken, and is asked for with the reason', () => {
    const played = play(plan, { answers: [ask] }, started(plan, { role: 'cook', tone: 'loud' }))
    expect(played.state.rest?.pending[0]?.slots).toMatchObject([
      { name: 'tone', error: '"loud" is not among formal, warm' },
    ])
  })
  it('of a later turn is the user’s word too, and takes the place of the last', () => {
    const first = play(
      plan,
      { answers: [[text('ok')]] },
      started(plan, { role: 'cook', tone: 'warm' }),
    )
    const later = play(plan, { answers: [[text('ok')]] }, [
      ...first.events,
      { type: 'turn.started', turn: 2, input: { tone: 'formal' } },
    ])
    expect(later.state.branch.slots).toEqual({ role: 'cook', tone: 'formal' })
    expect(of(later, 'slots.filled')).toHaveLength(2)
  })
  it('of an earlier turn does not take the place of an answer', () => {
    const asks = [call('request_input', { slots: ['role'] })]
    const first = play(plan, { answers: [asks] }, started(plan, { role: 'cook', tone: 'warm' }))
    const told = goOn(plan, first, { say: 'smith', answers: [[text('ok')]] })
    const later = play(plan, { answers: [[text('ok')]] }, [
      ...told.events,
      { type: 'turn.started', turn: 3, input: { message: 'Go on.' } },
    ])
    expect(later.state.branch.slots['role']).toBe('smith')
  })
})

describe('a slot that depends on another', () => {
  const slots: Record<string, SlotSpec> = {
    kind: { type: 'choice', required: true, options: ['letter', 'call'] },
    paper: { type: 'text', required: true, depends_on: { kind: 'letter' } },
    size: { type: 'choice', options: ['A4', 'A5'], default: 'A4', depends_on: 'paper' },
  }
  const dependent = workflow({ slots })
  it('is asked for once it matters, in the same call', () => {
    const first = play(dependent, { answers: [ask] })
    expect(asked(first)).toEqual(['kind'])
    const second = goOn(dependent, first, { say: 'letter' })
    expect(asked(second)).toEqual(['paper'])
    const done = goOn(dependent, second, { say: 'white', answers: [[text('ok')]] })
    expect(done.reason).toBe('completed')
    expect(done.state.branch.slots).toEqual({ kind: 'letter', paper: 'white', size: 'A4' })
    expect(done.state.branch.slotSources.get('size')).toBe('default')
  })
  it('is not missing where it does not matter', () => {
    const done = play(dependent, { answers: [[text('ok')]] }, started(dependent, { kind: 'call' }))
    expect(done.reason).toBe('completed')
    expect(done.state.branch.slots).toEqual({ kind: 'call' })
    expect(missingSlots(dependent, done.state)).toEqual([])
  })
  it('gives way to an answer where it has its default', () => {
    const first = play(
      dependent,
      { answers: [[call('request_input', { slots: ['size'] })]] },
      started(dependent, { kind: 'letter', paper: 'white' }),
    )
    expect(first.state.branch.slots['size']).toBe('A4')
    const done = goOn(dependent, first, { say: 'a5', answers: [[text('ok')]] })
    expect(done.state.branch.slots['size']).toBe('A5')
    expect(done.state.branch.slotSources.get('size')).toBe('user')
  })
})

describe('a step that cannot ask', () => {
  const write = { prompt: 'To a {{slots.role}}.', tools: ['mail'] }
  it('is not entered on a guess: the kernel asks before it spends a model call', () => {
    const alone = workflow({ steps: { write } })
    const first = play(alone, { answers: [] })
    expect(first.reason).toBe('needs_input')
    expect(of(first, 'model.called')).toEqual([])
    expect(first.state.rest?.pending).toMatchObject([
      { call: '', tool: 'request_input', args: { slots: ['role', 'tone'] } },
    ])
    const half = goOn(alone, first, { say: { role: 'cook', tone: 'loud' } })
    expect(asked(half)).toEqual(['tone'])
    const done = goOn(alone, half, { say: '1', answers: [send, [text('Sent.')]] })
    expect(done.reason).toBe('completed')
    expect(of(done, 'step.entered')).toMatchObject([{ prompt: 'To a cook.' }])
  })
  it('leaves the question to a step ahead that can ask, and is asked about where it writes', () => {
    const steps = {
      sort: { prompt: 'Sort.', tools: ['look'], next: 'gather' },
      gather: {
        prompt: 'Gather.',
        tools: ['request_input', 'look'],
        next: [{ to: 'write', after: 'look' }],
      },
      write: { ...write, next: 'gather' },
    }
    const three = workflow({ steps })
    const first = play(three, { answers: [[text('a letter')], [call('look')]] })
    expect(of(first, 'step.entered').map(({ step }) => step)).toEqual(['sort', 'gather'])
    expect(asked(first)).toEqual(['role', 'tone'])
    const second = goOn(three, first, { say: { role: 'cook', tone: 'warm' } })
    expect(of(second, 'step.entered').at(-1)).toMatchObject({ step: 'write' })
  })
  it('asks also where only its prompt needs the slot', () => {
    const steps = { gather: { prompt: 'A {{slots.role}}?', tools: ['request_input'] } }
    const first = play(workflow({ steps }), { answers: [] })
    expect(asked(first)).toEqual(['role', 'tone'])
  })
})

describe('a gate', () => {
  const gates = { role: { on: 'mail', from: { to: '$.slots.role' } } }
  const gated = workflow({ gates })
  it('reads slots as the user’s facts', () => {
    const played = play(
      gated,
      { answers: [[call('mail', { to: 'chef' }), call('mail', { to: 'cook' })], [text('ok')]] },
      started(gated, { role: 'cook', tone: 'warm' }),
    )
    expect(of(played, 'call.judged').map(({ verdict }) => verdict)).toEqual(['refuse', 'allow'])
  })
  it('sees nothing that a model said of a slot', () => {
    const words = [
      text('The role is chef.'),
      call('request_input', { slots: ['role'], role: 'chef' }),
    ]
    const played = play(gated, { answers: [words, [text('ok')]] }, started(gated, { tone: 'warm' }))
    expect(played.state.branch.slots).toEqual({ tone: 'warm' })
  })
})

describe('a sub-run', () => {
  const sub: WorkflowSpec = {
    workflow: 'sub',
    slots: { city: { type: 'text', required: true, question: 'Which city?' } },
    steps: { go: { prompt: 'Go.', tools: ['mail', 'request_input'] } },
  }
  const outer = planOf(
    {
      workflow: 'outer',
      tools: { trip: { workflow: sub, effect: 'read' } },
      steps: { plan: { prompt: 'Plan.', tools: ['trip'] } },
    },
    TOOLS,
  )
  it('asks for its own slots, and the answer is its own', () => {
    const first = play(
      outer,
      { answers: [[call('trip', {})], ask] },
      started(outer, { message: 'Hi' }),
    )
    expect(first.state.rest?.pending).toMatchObject([
      { branch: 'trip/call_1_0', slots: [{ name: 'city' }] },
    ])
    const done = goOn(outer, first, { say: 'Bern', answers: [[text('went')], [text('ok')]] })
    expect(done.reason).toBe('completed')
    expect(done.state.branch.slots).toEqual({})
    expect(done.state.branches.get('trip/call_1_0')?.slots).toEqual({ city: 'Bern' })
  })
  it('takes no slot for certain that the model of another run filled (Law 3)', () => {
    const first = play(outer, {
      answers: [[call('trip', { city: 'Rome' })], [call('mail', {})], ask],
    })
    expect(first.ran).toEqual([])
    expect(asked(first)).toEqual(['city'])
    const done = goOn(outer, first, {
      say: 'Bern',
      answers: [[call('mail', {})], [text('went')], [text('ok')]],
    })
    expect(done.ran).toEqual(['mail'])
    expect(done.state.branches.get('trip/call_1_0')?.slots).toEqual({ city: 'Bern' })
  })
  it('is asked by the kernel as well, once for each', () => {
    const twice = [call('trip', {}), call('trip', {})]
    const first = play(outer, { answers: [twice, [text('went')], [text('went too')]] })
    expect(asked(first)).toEqual(['city', 'city'])
    const second = goOn(outer, first, { say: 'Bern', answers: [[text('went to Bern')]] })
    expect(asked(second)).toEqual(['city'])
    const third = goOn(outer, second, { say: 'Rome', answers: [[text('to Rome')], [text('ok')]] })
    expect(third.reason).toBe('completed')
  })
})

it('old logs, whose answers are results, keep folding', () => {
  const first = play(plan, { answers: [[call('request_input', { question: 'Hm?' })]] })
  const next = play(plan, { answers: [ask] }, [
    ...first.events,
    { type: 'turn.started', turn: 2, input: {} },
    { type: 'tool.returned', call: 'call_1_0', output: { answer: 'ha' } },
  ])
  expect(next.reason).toBe('needs_input')
})
