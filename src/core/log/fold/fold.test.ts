import { array, assert, constantFrom, nat, oneof, property, string, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../decide/decide.ts'
import { call, logOf, planOf, play, started, text, ToolFailure } from '../../given.ts'
import { createFold, fold } from './fold.ts'

const plan = planOf(
  {
    workflow: 'any',
    budget: { iterations: 4, transitions: 6, calls: 9 },
    steps: {
      a: { prompt: 'A', tools: ['read', 'write'], next: 'b' },
      b: { prompt: 'B', tools: ['write', 'finish', 'request_input'], next: 'a' },
    },
    gates: { once: { on: 'write', limit: { calls: 1, per: '$.args.id' }, needs: ['read'] } },
  },
  { read: { effect: 'read' }, write: {} },
)

const message = array(
  oneof(
    string({ maxLength: 5 }).map(text),
    tuple(
      constantFrom('read', 'write', 'finish', 'request_input', 'nope'),
      constantFrom({}, { id: 1 }, { id: 2 }, { question: 'q' }),
    ).map(([tool, args]) => call(tool, args)),
  ),
  { maxLength: 4 },
)

describe('fold', () => {
  it('refuses a log with a gap', () => {
    const [first, second] = logOf(started(plan))
    const folding = createFold([])
    if (first === undefined || second === undefined) throw new Error('two events begin a run')
    folding.add(first)
    expect(() => folding.add({ ...second, seq: 3 })).toThrow(RangeError)
  })

  it('gives the same state anywhere, and decide the same move (Law 9)', () => {
    assert(
      property(array(message, { maxLength: 12 }), nat(3), (answers, fails) => {
        const tools = {
          read: (_: unknown, n: number) => (n % 3 === fails ? new ToolFailure('X') : n),
        }
        const played = play(plan, { answers, tools, pick: (effects) => effects.length - 1 })
        const again = fold(plan.tools.keys(), structuredClone(played.events))
        expect(again).toEqual(played.state)
        expect(decide(plan, again)).toEqual(decide(plan, played.state))
      }),
    )
  })

  it('never runs a gated write whose gate does not hold, whatever the messages are', () => {
    assert(
      property(array(message, { maxLength: 12 }), (answers) => {
        const done: string[] = []
        const played = play(plan, {
          answers,
          tools: {
            read: () => done.push('read'),
            write: (args) => done.push(`write ${JSON.stringify(args)}`),
          },
        })
        const writes = done.filter((each) => each.startsWith('write'))
        expect(new Set(writes).size).toBe(writes.length)
        if (writes.length > 0) expect(done[0]).toBe('read')
        expect(played.state.branch.spend.run.calls).toBeLessThanOrEqual(9)
      }),
    )
  })
})
