import { describe, expect, it } from 'vitest'
import { call, envelope, planOf, play } from '../../given.ts'
import type { AnswerPart, EventOf } from '../../log/event.ts'
import { compile } from '../../spec/compile/compile.ts'
import type { WorkflowSpec } from '../../spec/spec.ts'

const TOOLS = { look: { effect: 'read' } } as const
const IN_DOUBT = "get('$.decision.in_doubt') == true"

const spec: WorkflowSpec = {
  workflow: 'w',
  decisions: { mode: 'native', doubt: { below: 0.5, turns: 3 } },
  start: 'work',
  steps: {
    work: {
      prompt: 'Work.',
      tools: ['look'],
      next: [{ to: 'supervised', when: IN_DOUBT }, { to: 'sure' }],
    },
    supervised: { prompt: 'Go through it with care.', next: [] },
    sure: { prompt: 'Sum up.', next: [] },
  },
}
const plan = planOf(spec, TOOLS)

const look = (confidence: number): readonly AnswerPart[] =>
  envelope('call_tool', { tool_name: 'look', tool_args: {}, confidence })
const done = (confidence: number): readonly AnswerPart[] =>
  envelope('final_answer', { answer: 'done', confidence })

function doubts(
  answers: readonly (readonly AnswerPart[])[],
): readonly EventOf<'confidence.doubted'>[] {
  const { events } = play(plan, { answers })
  return events.flatMap((event) => (event.type === 'confidence.doubted' ? [event] : []))
}

const series = (...confidences: readonly number[]): readonly (readonly AnswerPart[])[] =>
  confidences.map(look)

describe('confidence.doubted (S4.18)', () => {
  it('is one event after as many turns in a row as count', () => {
    expect(doubts(series(0.4, 0.3, 0.2))).toMatchObject([
      { call: 3, below: 0.5, series: [0.4, 0.3, 0.2] },
    ])
    expect(doubts(series(0.4, 0.3))).toEqual([])
  })
  it('is none at the threshold itself, nor across a turn that was sure', () => {
    expect(doubts(series(0.5, 0.5, 0.5))).toEqual([])
    expect(doubts(series(0.4, 0.4, 0.9, 0.4, 0.4))).toEqual([])
  })
  it('comes again only after as many further ones: nine straight turns are three events', () => {
    expect(doubts(series(...Array<number>(9).fill(0.4)))).toHaveLength(3)
    expect(doubts(series(...Array<number>(5).fill(0.4)))).toHaveLength(1)
    expect(doubts(series(0.4, 0.4, 0.4, 0.4, 0.9, 0.4, 0.4, 0.4))).toHaveLength(2)
  })
  it('counts only what a model said itself', () => {
    const inferred = Array.from({ length: 6 }, () => [call('look')])
    expect(doubts([...inferred, ...series(0.4, 0.4)])).toEqual([])
  })
})

describe('$.decision.in_doubt', () => {
  const ends = (...answers: readonly (readonly AnswerPart[])[]): string | null =>
    play(plan, { answers: [...answers, done(1)] }).state.branch.step
  it('routes to supervision while the last turns are all under the threshold', () => {
    expect(ends(look(0.4), look(0.4), done(0.4))).toBe('supervised')
    expect(ends(look(0.4), look(0.4), done(0.9))).toBe('sure')
    expect(ends(done(0.4))).toBe('sure')
  })
  it('is so now, whenever the event was', () => {
    expect(ends(look(0.4), look(0.4), look(0.4), done(0.4))).toBe('supervised')
    expect(ends(look(0.4), look(0.4), look(0.4), done(0.8))).toBe('sure')
  })
  it('may be among success criteria', () => {
    const accept = ["get('$.decision.success_criteria_met') == true"]
    const careful = planOf({ ...spec, start: 'w', steps: { w: { prompt: 'W.', accept } } }, TOOLS)
    const met = envelope('final_answer', { answer: 'x', success_criteria_met: true })
    const played = play(careful, { answers: [done(1), met] })
    expect(played.reason).toBe('completed')
    expect(played.events.filter(({ type }) => type === 'criteria.failed')).toHaveLength(1)
  })
})

describe('what a workflow may not do with it', () => {
  const wrong = (changes: Partial<WorkflowSpec>): string => {
    const tool = { about: '', input: {}, effect: 'read' } as const
    const compiled = compile({ ...spec, ...changes }, { tools: new Map([['look', tool]]) })
    return compiled.ok
      ? compiled.warnings.map(({ message }) => message).join('\n')
      : compiled.issues.map(({ message }) => message).join('\n')
  }
  it.each(['in_doubt', 'confidence', 'next_action'])('no gate reads %s (Law 15)', (part) => {
    const allow = `get('$.decision.${part}') == true`
    expect(wrong({ gates: { g: { on: 'look', allow } } })).toMatch(
      /no gate and no `handoff.when` may read `\$\.decision`.*Law 15/,
    )
  })
  it('no handoff begins by it (Law 15)', () => {
    expect(wrong({ handoff: { when: IN_DOUBT } })).toContain('Law 15')
  })
  it('reads nothing that a decision does not have', () => {
    const steps = [{ prompt: 'W.', accept: ["get('$.decision.confidance') > 0"] }]
    expect(wrong({ steps })).toMatch(/has no `confidance`; did you mean confidence/)
  })
  it('is warned of what can never hold', () => {
    const steps = [{ prompt: 'W.', accept: ["get('$.decision.next_action') == 'stop'"] }]
    expect(wrong({ steps })).toContain('$.decision.next_action')
  })
  it('says when it is in doubt before it reads that it is', () => {
    expect(wrong({ decisions: 'native' })).toContain('say when a run is in doubt')
  })
  it('asks a model how sure it is before it counts on the answer', () => {
    const doubt = { below: 0.5, turns: 3 }
    expect(wrong({ decisions: { mode: 'infer', doubt } })).toContain('needs `mode: native`')
  })
})
