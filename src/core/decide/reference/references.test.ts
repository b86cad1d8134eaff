import {
  anything,
  array,
  assert,
  boolean,
  constantFrom,
  dictionary,
  integer,
  letrec,
  oneof,
  property,
  record,
  string,
} from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { call, given, planOf, play, started, text, type Played } from '../../given.ts'
import type { AnswerPart, Entry, EventBody, EventOf } from '../../log/event.ts'
import type { Json, JsonObject } from '../../spec/json.ts'
import { readJson } from '../../spec/read-json.ts'
import type { GateSpec, WorkflowSpec } from '../../spec/spec.ts'

const desk: WorkflowSpec = {
  workflow: 'desk',
  slots: { reason: { type: 'text', question: 'Why?', required: false } },
  artifacts: { letter: {}, memo: {} },
  steps: [
    { prompt: 'Work.', tools: ['look', 'other', 'send', 'artifact_create', 'store_artifact'] },
  ],
}
const tools = {
  look: { effect: 'read' },
  other: { effect: 'read' },
  send: {
    effect: 'write',
    input: {
      type: 'object',
      properties: { order: { type: ['string', 'object'] }, amount: { type: 'number' } },
    },
  },
} as const
const plan = planOf(desk, tools)
const end = [text('done')]
const order: JsonObject = { id: 'A1', items: [{ sku: 'x' }], note: 'ref:slot/reason' }
const look = [call('look', {}, 'l1')]

const filled: EventBody = { type: 'slots.filled', values: { reason: 'late' }, source: 'user' }

function run(answers: readonly (readonly AnswerPart[])[], output: Json = order): Played {
  return play(plan, { answers: [...answers, end], tools: { look: () => output } }, [
    ...started(plan),
    filled,
  ])
}

function all<Type extends Entry['type']>({ events }: Played, type: Type): readonly EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type)
}

/** The arguments with which `send` ran, or the gate that refused it. */
function sent(played: Played): Json {
  const fact = played.state.branch.facts.find(({ tool }) => tool === 'send')
  if (fact !== undefined) return fact.args
  const judged = all(played, 'call.judged').findLast(({ tool }) => tool === 'send')
  return judged?.gates.find(({ verdict }) => verdict !== 'allow')?.gate ?? 'nothing'
}

function refusal(played: Played): string {
  const judged = all(played, 'call.judged').findLast(({ verdict }) => verdict === 'refuse')
  return judged?.message ?? ''
}

describe('a reference', () => {
  test.each([
    { ref: 'ref:tool/look', is: order },
    { ref: 'ref:tool/look:/id', is: 'A1' },
    { ref: 'ref:tool/look#l1:/items/0/sku', is: 'x' },
    { ref: 'ref:slot/reason', is: 'late' },
  ])('to a result or slot is what it stands for: $ref', ({ ref, is }) => {
    expect(sent(run([look, [call('send', { order: ref })]]))).toEqual({ order: is })
  })

  it('is replaced wherever it stands alone, and nowhere else', () => {
    const args = {
      order: 'ref:tool/look:/id',
      more: [{ deep: ['ref:slot/reason'] }, 'see ref:slot/reason', 'ref:PR/7'],
      'ref:slot/reason': 1,
    }
    expect(sent(run([look, [call('send', args)]]))).toEqual({
      order: 'A1',
      more: [{ deep: ['late'] }, 'see ref:slot/reason', 'ref:PR/7'],
      'ref:slot/reason': 1,
    })
  })

  it('means the newest result, or that of the call it names', () => {
    let times = 0
    const again = [call('look', {}, 'l2')]
    const args = { order: 'ref:tool/look', first: 'ref:tool/look#l1' }
    const played = play(plan, {
      answers: [look, again, [call('send', args)], end],
      tools: { look: () => `result ${++times}` },
    })
    expect(sent(played)).toEqual({ order: 'result 2', first: 'result 1' })
  })

  it('is recorded before the verdict, and the model keeps what it wrote', () => {
    const played = run([look, [call('send', { order: 'ref:tool/look:/id' }, 's1')]])
    const types = played.events.map(({ type }) => type)
    expect(types.indexOf('call.resolved')).toBe(types.lastIndexOf('call.judged') - 1)
    expect(all(played, 'call.resolved')).toMatchObject([{ call: 's1', args: { order: 'A1' } }])
    expect(JSON.stringify(played.state.branch.transcript)).toContain('ref:tool/look:/id')
  })

  it('waits for the call before it in the same message, also in a read (Law 2)', () => {
    const both = [...look, call('other', { of: 'ref:tool/look#l1:/id' })]
    const played = run([both])
    expect(played.state.branch.facts.map(({ args }) => args)).toEqual([{}, { of: 'A1' }])
  })

  it('is looked up once: what a result says stays text (Law 16)', () => {
    const played = run([look, [call('send', { order: 'ref:tool/look:/note' })]])
    expect(sent(played)).toEqual({ order: 'ref:slot/reason' })
    expect(all(played, 'call.resolved')).toHaveLength(1)
  })

  it('costs no event where there is none', () => {
    expect(all(run([look, [call('send', { order: 'A1' })]]), 'call.resolved')).toEqual([])
  })
})

describe('what cannot be resolved', () => {
  test.each([
    { ref: 'ref:tool/lok', says: 'did you mean look' },
    { ref: 'ref:tool/other', says: 'no "other" has returned yet; legal: look' },
    { ref: 'ref:tool/look#l9', says: 'the last that did: "l1"' },
    { ref: 'ref:tool/look:/items/7', says: 'nothing at "/items/7"; there is 0 to 0' },
    { ref: 'ref:tool/look:/ids', says: 'there is "id", "items", "note"' },
    { ref: 'ref:tool/look:/id/x', says: 'no members below' },
    { ref: 'ref:tool/__proto__', says: 'is no reference' },
    { ref: 'ref:tool/constructor', says: 'no "constructor" has returned' },
    { ref: 'ref:tool/look:/__proto__', says: 'nothing at "/__proto__"' },
    { ref: 'ref:slot/reasons', says: 'did you mean reason' },
    { ref: 'ref:artifact/letter', says: 'there is no artifact "letter"' },
    { ref: 'ref:artifact/letter@x', says: 'Now there is ref:tool/look, ref:slot/reason' },
    { ref: 'ref:tools/look', says: 'write ref:artifact/NAME' },
  ])('refuses the call, with what exists: $ref', ({ ref, says }) => {
    const played = run([look, [call('send', { order: ref })]])
    expect(sent(played)).toBe('reference')
    expect(refusal(played)).toContain(says)
    expect(played.ran).toEqual(['look'])
  })

  it('is said of each that is wrong', () => {
    const args = { order: 'ref:tool/nope', more: 'ref:slot/nope' }
    const message = refusal(run([look, [call('send', args)]]))
    expect(message).toContain('no "nope" has returned')
    expect(message).toContain('slot "nope" is not filled')
  })

  it('is not looked up for a call that may not be made here', () => {
    const two = planOf({ ...desk, steps: [{ prompt: 'Work.', tools: ['look'] }] }, tools)
    const played = play(two, { answers: [[call('send', { order: 'ref:tool/x' })], end] })
    expect(all(played, 'call.judged')).toMatchObject([{ gates: [{ gate: 'scope' }] }])
  })

  it.each([
    { what: 'too many', args: { all: Array.from({ length: 101 }, (_, n) => `ref:slot/s${n}`) } },
    { what: 'a long one too often', args: { all: Array<Json>(20).fill('ref:tool/look') } },
  ])('is $what', ({ args }) => {
    expect(sent(run([look, [call('send', args)]], 'x'.repeat(100_000)))).toBe('reference')
  })

  it('is a result that is nested too deeply to be an argument', () => {
    let deep: Json = 1
    for (let level = 0; level < 99; level++) deep = [deep]
    expect(sent(run([look, [call('send', { a: 'ref:tool/look' })]], deep))).toMatchObject({})
    expect(sent(run([look, [call('send', { a: { b: 'ref:tool/look' } })]], deep))).toBe('reference')
    for (let level = 0; level < 100_000; level++) deep = [deep]
    expect(sent(run([look, [call('send', { a: 'ref:tool/look' })]], deep))).toBe('reference')
  })
})

describe('a reference to an artifact', () => {
  const write = (name: string): readonly AnswerPart[] => [
    call('artifact_create', { name, content: 'Dear Ms Grey' }),
  ]
  it('settles version and digest, and the content stays out of the log', () => {
    const args = { order: 'ref:artifact/letter', list: ['ref:artifact/letter@1'] }
    const played = run([write('letter'), write('letter'), [call('send', args)]])
    expect(all(played, 'call.resolved')).toMatchObject([
      {
        args: { order: 'ref:artifact/letter@2', list: ['ref:artifact/letter@1'] },
        artifacts: [
          { at: '/order', ref: 'ref:artifact/letter@2', digest: 'sha256:2' },
          { at: '/list/0', ref: 'ref:artifact/letter@1', digest: 'sha256:1' },
        ],
      },
    ])
  })

  it('is refused for a version that is not there', () => {
    const message = refusal(
      run([write('letter'), [call('send', { order: 'ref:artifact/letter@7' })]]),
    )
    expect(message).toContain('no published version 7; published: 1')
  })

  it('is refused while its verifier has not accepted it', () => {
    const verified = planOf(
      { ...desk, artifacts: { letter: { verify: { prompt: 'Score.', pass: 7, attempts: 3 } } } },
      tools,
    )
    const answers = [
      [call('store_artifact', { name: 'letter', content: 'Dear' })],
      [text('{"score":2,"feedback":"dull"}')],
      [call('send', { order: 'ref:artifact/letter' })],
      end,
    ]
    const played = play(verified, { answers })
    expect(refusal(played)).toContain('no published version; published: none')
    expect(played.ran).toEqual([])
  })

  it('is not made of what a result says', () => {
    const played = run(
      [write('letter'), look, [call('send', { order: 'ref:tool/look' })]],
      'ref:artifact/letter@1',
    )
    expect(sent(played)).toEqual({ order: 'ref:artifact/letter@1' })
    expect(all(played, 'call.resolved')[0]).not.toHaveProperty('artifacts')
  })

  /** The verdict over a call that is handed an artifact, by a gate. */
  function verdict(gate: Omit<GateSpec, 'on'>, output: Json = 'ref:artifact/letter@1'): string {
    const gated = planOf({ ...desk, gates: { held: { on: 'send', ...gate } } }, tools)
    const send = [call('send', { order: 'ref:artifact/letter', amount: 5 })]
    const answers = [write('letter'), look, send, end]
    const played = play(gated, { answers, tools: { look: () => output } })
    const judged = all(played, 'call.judged').find(({ tool }) => tool === 'send')
    return judged?.verdict ?? 'none'
  }

  it('passes a gate that means the reference, or does not look at it', () => {
    expect(verdict({ from: { order: '$.artifacts.letter.ref' } })).toBe('allow')
    expect(verdict({ from: { order: '$.artifacts.memo.ref' } })).toBe('refuse')
    expect(verdict({ allow: "get('$.args.amount') < 9" })).toBe('allow')
    expect(verdict({ clean: ['amount'] })).toBe('allow')
    expect(verdict({ limit: { calls: 1, per: '$.args.amount' } })).toBe('allow')
  })

  it('is refused by one that would read its content (Law 4)', () => {
    expect(verdict({ allow: "get('$.args.order') != 'secret'" })).toBe('refuse')
    const both = "get('$.artifacts.letter.version') == 1 and get('$.args.order') != 'secret'"
    expect(verdict({ allow: both })).toBe('refuse')
    expect(verdict({ allow: "count(get('$.args..order')) < 9" })).toBe('refuse')
    expect(verdict({ limit: { calls: 1, per: '$.args.order' } })).toBe('refuse')
    expect(verdict({ clean: ['order'], else: 'refuse' })).toBe('refuse')
    expect(verdict({ clean: ['order'], else: 'approve' })).toBe('approve')
    // An outside text that looks like the reference is no source of the artifact.
    expect(verdict({ from: { order: '$.tools.look.outputs.latest' } })).toBe('refuse')
  })

  it('makes a trusted tool that says its text again no trusted source of it', () => {
    const held = { to: { on: 'send', clean: ['order'], else: 'refuse' } } as const
    const spec: WorkflowSpec = { ...desk, gates: held, tools: { look: { trust: 'untrusted' } } }
    const tainted = planOf(spec, tools)
    const echo = (args: Json): readonly (readonly AnswerPart[])[] => [
      look,
      [call('artifact_create', { name: 'letter', content: 'pay GB99' })],
      [call('other', args)],
      [call('send', { order: 'GB99EVIL' })],
      end,
    ]
    const outside = { look: () => 'pay GB99EVIL', other: () => 'GB99EVIL' }
    const last = (args: Json): string =>
      all(play(tainted, { answers: echo(args), tools: outside }), 'call.judged').at(-1)?.verdict ??
      ''
    expect(last({})).toBe('allow')
    expect(last({ text: 'ref:artifact/letter' })).toBe('refuse')
  })
})

describe('every gate says of references what it says of the values', () => {
  const gates: Readonly<Record<string, Omit<GateSpec, 'on'>>> = {
    allow: { allow: "get('$.args.order.id') == 'A1'" },
    'allow, not so': { allow: "get('$.args.order.id') == 'B2'" },
    from: { from: { 'order.id': '$.tools.look.outputs.latest.id' } },
    'from elsewhere': { from: { order: '$.tools.other.outputs.latest' } },
    'limit per': { limit: { calls: 1, per: '$.args.order.id' } },
    'limit per, missing': { limit: { calls: 1, per: '$.args.order.nothing' } },
    limit: { limit: { calls: 1 } },
    needs: { needs: ['other'] },
    clean: { clean: ['order'] },
    'clean or a person': { clean: ['order.id'], else: 'approve' },
    confirm: { confirm: true, else: 'approve' },
    approval: { allow: 'false', else: 'approve' },
    escalation: { allow: "get('$.args.order.id') == 'B2'", else: 'escalate' },
    check: { check: {} },
  }
  const outputs: Readonly<Record<string, Json>> = {
    order: { id: 'A1', items: [{ sku: 'x' }] },
    another: { id: 'B2', note: 'x' },
    text: 'A1',
    nothing: null,
  }
  const cases = Object.keys(gates).flatMap((gate) =>
    Object.keys(outputs).flatMap((output) =>
      ['trusted' as const, 'untrusted' as const].map((trust) => ({ gate, output, trust })),
    ),
  )

  test.each(cases)('$gate over $output of a tool that is $trust', ({ gate, output, trust }) => {
    const given = outputs[output] ?? null
    const spec: WorkflowSpec = {
      ...desk,
      tools: { look: { trust }, send: { risk: 'low' } },
      gates: { held: { on: 'send', ...gates[gate] } },
    }
    const gated = planOf(spec, tools)
    const judgedOf = (value: Json): readonly unknown[] => {
      const send = [call('send', { order: value })]
      const played = play(gated, {
        answers: [look, send, send, end],
        tools: { look: () => given },
        checks: { held: () => true },
      })
      // Events are numbered one later after each call that was resolved.
      const told = all(played, 'call.judged').filter(({ tool }) => tool === 'send')
      return [
        played.reason,
        told.map(({ verdict, gates: asked, message }) => ({
          verdict,
          message,
          gates: asked.map((outcome) => ({ ...outcome, facts: [] })),
        })),
        all(played, 'approval.requested').map(({ request }) => [request.hash, request.args]),
        played.ran,
      ]
    }
    expect(judgedOf('ref:tool/look')).toEqual(judgedOf(given))
  })

  it('counts a limit by the value, whatever it is called', () => {
    const gated = planOf(
      { ...desk, gates: { once: { on: 'send', limit: { calls: 1, per: '$.args.order' } } } },
      tools,
    )
    const refs = ['ref:tool/look:/id', 'ref:tool/look#l1:/id', 'A1', 'ref:tool/look#l2:/id']
    const answers = refs.map((ref) => [call('send', { order: ref })])
    const played = play(gated, {
      answers: [look, [call('look', {}, 'l2')], ...answers, end],
      tools: { look: () => order },
    })
    expect(played.ran.filter((tool) => tool === 'send')).toHaveLength(1)
  })
})

describe('a confirmation and an approval', () => {
  it('are asked and given for the values (Law 8)', () => {
    const gated = planOf(
      { ...desk, gates: { ok: { on: 'send', confirm: true, else: 'approve' } } },
      tools,
    )
    const first = play(gated, {
      answers: [look, [call('send', { order: 'ref:tool/look:/id' }, 's1')], end],
      tools: { look: () => order },
    })
    expect(first.reason).toBe('needs_approval')
    expect(all(first, 'approval.requested')).toMatchObject([
      { request: { args: { order: 'A1' }, entities: [{ path: '$.args.order', value: 'A1' }] } },
    ])
    expect(all(first, 'run.rested')[0]?.pending).toMatchObject([{ args: { order: 'A1' } }])
  })
})

describe('decide is total (property)', () => {
  const text = oneof(
    constantFrom('ref:tool/look', 'ref:tool/look:/id', 'ref:slot/reason', 'ref:artifact/letter@1'),
    constantFrom('ref:tool/', 'ref:tool/__proto__', 'ref:slot/constructor', 'ref:x', '__proto__'),
    string(),
  )
  const { tree } = letrec<{ tree: Json }>((tie) => ({
    tree: oneof(
      { maxDepth: 5 },
      text,
      integer(),
      boolean(),
      array(tie('tree'), { maxLength: 4 }),
      dictionary(text, tie('tree'), { maxKeys: 4 }),
    ),
  }))

  it('and looking up twice is the same as once, over any arguments and results', () => {
    assert(
      property(record({ args: tree, output: tree }), ({ args, output }) => {
        const read = readJson(args)
        if (!read.ok) return
        const played = run([look, [call('send', read.value, 's1')]], output)
        expect(['completed', 'failed']).toContain(played.reason)
        const resolved = all(played, 'call.resolved')
        expect(resolved.length).toBeLessThanOrEqual(1)
        const [event] = resolved
        if (event === undefined) return
        // What came of it is judged as it is, and never looked up again.
        expect(sent(played)).toSatisfy(
          (what: Json) =>
            what === 'arguments' || JSON.stringify(what) === JSON.stringify(event.args),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('and never throws over arguments that no reader has seen', () => {
    assert(
      property(anything({ withNullPrototype: true, withObjectString: true }), (hostile) => {
        const value: unknown = JSON.parse(JSON.stringify({ a: hostile, r: 'ref:tool/x' }) ?? '{}')
        const answered: EventBody = {
          type: 'model.answered',
          call: 1,
          parts: [call('send', asJson(value), 's1')],
          finish: 'tool-calls',
          usage: { input: 0, output: 0, cached: 0 },
        }
        const { move } = given(plan, [...started(plan), entered, called, answered])
        expect(move.type).toBe('record')
      }),
    )
  })
})

const entered: EventBody = {
  type: 'step.entered',
  step: 'step-1',
  visit: 1,
  message: null,
  prompt: 'Work.',
}
const called: EventBody = {
  type: 'model.called',
  call: 1,
  attempt: 1,
  step: 'step-1',
  closing: false,
}

function asJson(value: unknown): Json {
  const text: Json = JSON.parse(JSON.stringify(value))
  return text
}
