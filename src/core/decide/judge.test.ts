import { describe, expect, it } from 'vitest'
import { call, given, NO_USAGE, planOf, play, started, text, type Played } from '../given.ts'

const plan = planOf(
  {
    workflow: 'desk',
    budget: { calls: 3 },
    steps: {
      triage: { prompt: 'Triage.', tools: ['look', 'finish'], next: 'act' },
      act: { prompt: 'Act.', tools: ['look', 'pay', 'erase', 'escalate_to_human'] },
    },
    gates: {
      no: { on: 'pay', allow: "get('$.args.ok') == true" },
      person: { on: 'pay', allow: "get('$.args.small') == true", else: 'escalate' },
      asked: { on: 'pay', allow: "get('$.args.asked') == true", else: 'approve' },
    },
  },
  {
    look: {
      effect: 'read',
      input: {
        type: 'object',
        properties: { id: { type: 'integer' } },
        additionalProperties: false,
      },
    },
    pay: {},
    erase: { risk: 'high' },
  },
)

function ledger(played: Played): readonly string[] {
  return played.events.flatMap((event) =>
    event.type === 'call.judged'
      ? event.gates.map((gate) => `${event.tool} ${gate.gate} ${gate.verdict}`)
      : [],
  )
}

describe('the one door (Law 1)', () => {
  it('refuses an unknown tool, naming the legal ones', () => {
    const played = play(plan, { answers: [[call('lok')], [text('a')], [text('b')]] })
    expect(ledger(played)).toEqual(['lok unknown refuse'])
    expect(JSON.stringify(played.state.branch.transcript)).toMatch(
      /did you mean look.*Legal tools here: finish, look/,
    )
  })
  it("refuses a tool that is out of the step's scope", () => {
    const played = play(plan, { answers: [[call('pay', { ok: true })], [text('a')], [text('b')]] })
    expect(ledger(played)).toEqual(['pay scope refuse'])
    expect(played.ran).toEqual([])
  })
  it('validates arguments before any gate sees them', () => {
    for (const args of [{ id: 'x' }, { id: 1, extra: true }, 'not an object', ['list'], null]) {
      const played = play(plan, { answers: [[call('look', args)], [text('a')], [text('b')]] })
      expect(ledger(played)).toEqual(['look arguments refuse'])
    }
  })
  it("refuses the dispatch over the run's budget, then closes", () => {
    const played = play(plan, {
      answers: [[call('look'), call('look'), call('look'), call('look')], [text('closing')]],
    })
    expect(ledger(played).at(-1)).toBe('look budget refuse')
    expect(played.reason).toBe('budget_exceeded')
    expect(played.ran).toHaveLength(3)
  })
  it('holds a tool of high risk for an approval', () => {
    const played = play(plan, { answers: [[text('a')], [call('erase')]] })
    expect(ledger(played)).toEqual(['erase scope allow', 'erase risk approve'])
    expect(played.reason).toBe('needs_approval')
    expect(played.ran).toEqual([])
  })
  it('hands over to a person when the model asks for one', () => {
    const played = play(plan, {
      answers: [[text('a')], [call('escalate_to_human', { reason: 'angry' })]],
    })
    expect(played.reason).toBe('handed_off')
  })
})

describe('several gates on one call', () => {
  const pay = (args: Record<string, boolean>): Played =>
    play(plan, { answers: [[text('a')], [call('pay', args)], [text('b')]] })
  it('evaluates and records every one', () => {
    expect(ledger(pay({ ok: false, small: false, asked: false }))).toEqual([
      'pay scope allow',
      'pay no refuse',
      'pay person escalate',
      'pay asked approve',
    ])
  })
  it('lets refuse beat escalate beat approve beat allow', () => {
    expect(pay({ ok: false, small: false, asked: false }).reason).toBe('completed')
    expect(pay({ ok: true, small: false, asked: false }).reason).toBe('handed_off')
    expect(pay({ ok: true, small: true, asked: false }).reason).toBe('needs_approval')
    expect(pay({ ok: true, small: true, asked: true }).ran).toEqual(['pay'])
  })
})

describe('a tool-less step (S0.11, S0.12)', () => {
  it('runs no tool whatever the model calls', () => {
    const bare = planOf(
      { workflow: 'bare', steps: [{ prompt: 'Write.' }] },
      { look: { effect: 'read' } },
    )
    const played = play(bare, {
      answers: [[call('look'), call('finish'), call('web_search', { query: 'x' })], [text('a')]],
    })
    expect(played.ran).toEqual([])
    expect(ledger(played)).toEqual([
      'look scope refuse',
      'finish scope refuse',
      'web_search scope refuse',
    ])
  })
})

describe('a message that is not whole', () => {
  it.each(['length', 'content-filter'] as const)('runs none of its calls: %s', (finish) => {
    const { move } = given(plan, [
      ...started(plan),
      { type: 'step.entered', step: 'triage', visit: 1, message: null, prompt: 'Triage.' },
      { type: 'model.called', call: 1, attempt: 1, step: 'triage', closing: false },
      { type: 'model.answered', call: 1, parts: [call('look')], finish, usage: NO_USAGE },
    ])
    expect(move).toMatchObject({ events: [{ verdict: 'refuse', gates: [{ gate: 'arguments' }] }] })
  })
})
