import { describe, expect, test } from 'vitest'
import { reachableSteps } from './check.ts'
import { compile } from './compile.ts'
import { pathText } from '../issue.ts'
import type { ToolFacts } from '../plan.ts'
import type { GateSpec, WorkflowSpec } from '../spec.ts'

const TOOLS: ReadonlyMap<string, ToolFacts> = new Map([
  [
    'look',
    {
      about: 'x',
      input: { type: 'object', properties: { id: { type: 'string' } } },
      output: {
        type: 'object',
        properties: { owner: { type: 'string' }, paid: { type: 'boolean' } },
      },
    },
  ],
  ['pay', { about: 'x', input: { type: 'object', properties: { amount: { type: 'number' } } } }],
])

/** The warnings as `path: message`; an error throws. */
function warnings(spec: Partial<WorkflowSpec> & Pick<WorkflowSpec, 'steps'>): readonly string[] {
  const compiled = compile({ workflow: 'w', ...spec }, { tools: TOOLS })
  if (!compiled.ok) throw new Error(compiled.issues.map((issue) => issue.message).join('; '))
  return compiled.warnings.map(({ path, message }) => `${pathText(path)}: ${message}`)
}

const BOTH = { a: { prompt: 'x', tools: ['look', 'pay'] } }

describe('the graph of steps', () => {
  test('a step that nothing leads to', () => {
    expect(warnings({ steps: { a: { prompt: 'x' }, b: { prompt: 'y' } } })).toEqual([
      'steps.b: no step leads to `b`: it can never run',
    ])
    const steps = { a: { prompt: 'x', reenter: 'b' }, b: { prompt: 'y' } }
    expect(warnings({ steps })).toEqual([])
    const compiled = compile({ workflow: 'w', steps }, { tools: TOOLS })
    expect(compiled.ok && [...reachableSteps(compiled.plan)]).toEqual(['a', 'b'])
  })

  test('no catch-all, and entries after it', () => {
    const when = "get('$.output.text') == 'x'"
    const b = { prompt: 'y' }
    expect(warnings({ steps: { a: { prompt: 'x', next: [{ to: 'b', when }] }, b } })).toEqual([
      expect.stringMatching(/^steps\.a\.next: no catch-all/),
    ])
    expect(
      warnings({ steps: { a: { prompt: 'x', next: [{ to: 'b' }, { to: 'b', when }] }, b } }),
    ).toEqual([expect.stringMatching(/^steps\.a\.next: entries after the catch-all/)])
    const next = [
      { to: 'b', when },
      { to: 'a', when: `not (${when})` },
    ]
    expect(warnings({ steps: { a: { prompt: 'x', next }, b } })).toEqual([])
  })

  test('a circle without a way out, unless something in it makes the run rest', () => {
    expect(warnings({ steps: { a: { prompt: 'x', next: 'a' } } })).toEqual([
      expect.stringMatching(/^steps\.a\.next: a → a has no way out/),
    ])
    const circle = { b: { prompt: 'x', next: 'c' }, c: { prompt: 'x', next: 'b' } }
    expect(warnings({ steps: { a: { prompt: 'x', next: 'b' }, ...circle } })).toEqual([
      expect.stringMatching(/^steps\.b\.next: b → c → b has no way out/),
    ])
    expect(
      warnings({ steps: { a: { prompt: 'x', tools: ['request_input'], next: 'a' } } }),
    ).toEqual([])
  })
})

describe('tools and gates', () => {
  test('a declared tool in no step; one that undoes another is used', () => {
    const steps = { a: { prompt: 'x', tools: ['t'] } }
    const tools = {
      t: { client: true, undo: 'u' },
      u: { client: true },
      v: { client: true },
    } as const
    expect(warnings({ steps, tools })).toEqual([
      expect.stringMatching(/^tools\.v: `v` is in no step/),
    ])
  })

  test('a gate on, and a gate that needs, a tool that no step has', () => {
    const steps = { a: { prompt: 'x', tools: ['pay'] } }
    const gates = { g: { on: ['pay', 'look'], needs: ['finish'] } }
    expect(warnings({ steps, gates })).toEqual([
      expect.stringMatching(/^gates\.g\.on\[1\]: no step has `look`/),
      expect.stringMatching(/^gates\.g\.needs\[0\]: no step has `finish`/),
    ])
  })

  test('gates that need one before the other', () => {
    const gates = { g: { on: 'pay', needs: ['look'] }, h: { on: 'look', needs: ['pay'] } }
    expect(warnings({ steps: BOTH, gates })).toEqual([
      expect.stringContaining('`look` can never have succeeded before'),
      expect.stringContaining('`pay` can never have succeeded before'),
    ])
  })
})

describe('an argument that a gate is keyed by', () => {
  const check = (rule: Partial<GateSpec>, on: GateSpec['on']): readonly string[] => {
    const spec = { workflow: 'w', steps: BOTH, gates: { g: { on, ...rule } } }
    const compiled = compile(spec, { tools: TOOLS })
    const issues = compiled.ok ? compiled.warnings : compiled.issues
    return issues.map((each) => `${each.severity} ${pathText(each.path)}: ${each.message}`)
  }
  const from = { amont: '$.input.amount' }

  test('is an error where no tool of the gate has it', () => {
    expect(check({ from }, 'pay')).toEqual([
      'error gates.g.from: `$.args.amont`: pay has no argument `amont`; did you mean amount? Legal: amount',
    ])
    expect(check({ clean: ['amont'] }, '*')).toEqual([
      'error gates.g.clean: `$.args.amont`: none of recall, recall_pro, memorize, web_search, look, pay has an argument `amont`; did you mean amount? Legal: amount, id, limit, query, record, tags, text',
    ])
    const limit = { calls: 1, per: '$.args.order' }
    expect(check({ limit }, ['look', 'pay'])[0]).toMatch(
      /^error gates\.g\.limit\.per: .*legal: amount, id/,
    )
  })

  test('is a warning where only some have it, and nothing under `*`', () => {
    expect(check({ clean: ['amount'] }, ['look', 'pay'])).toEqual([
      expect.stringMatching(/^warning gates\.g\.clean: for look: `\$\.args\.amount`: .*legal: id/),
    ])
    expect(check({ clean: ['amount'] }, '*')).toEqual([])
  })
})

function gate(allow: string, on: string | readonly string[] = 'pay'): readonly string[] {
  return warnings({
    input: { type: 'object', properties: { tier: { enum: ['free', 'pro'] } } },
    steps: BOTH,
    gates: { g: { on, allow } },
  })
}

describe('conditions that can never hold', () => {
  test('by the type of an argument, an input, a tool’s output', () => {
    expect(gate("get('$.args.amount') == 'much'")[0]).toMatch(
      /^gates\.g\.allow: for pay: .*never true/,
    )
    expect(gate("get('$.input.tier') == 'gold'")[0]).toContain('legal: free, pro')
    expect(gate("get('$.tools.look.outputs.latest.paid') == 'yes'")[0]).toContain('never true')
    expect(gate("get('$.tools.look.outputs.all[0].paid') == 'yes'")[0]).toContain('never true')
    expect(gate("get('$.tools.look.calls.all[0].args.id') == 5")[0]).toContain('never true')
    expect(gate("get('$.now') == 'today'")[0]).toContain('never true')
  })

  test('a gate on every tool, whatever their arguments', () => {
    expect(gate("count([1] + [2]) == get('$.args.amont')", '*')).toEqual([
      expect.stringMatching(/^gates\.g\.allow: \+ takes two numbers, not the list/),
    ])
  })

  test('by a name that a schema does not know, for each tool of the gate', () => {
    expect(gate("get('$.args.amont') <= 5")).toEqual([
      expect.stringMatching(/for pay: `\$\.args\.amont`: .*did you mean amount\?/),
    ])
    expect(gate("get('$.args.amount') <= 5", ['pay', 'look'])).toEqual([
      expect.stringMatching(/for look: `\$\.args\.amount`.*legal: id/),
    ])
    expect(gate("get('$.tools.look.outputs.latest.ownr') == 'x'")[0]).toContain(
      'did you mean owner?',
    )
  })

  test('a step reads the members of its output, or `text`', () => {
    const accept = ["get('$.output.intent') == 'x'"]
    expect(warnings({ steps: { a: { prompt: 'x', accept } } })[0]).toMatch(
      /^steps\.a\.accept\[0\]: .*no `intent`.*legal: text/,
    )
    const output = { type: 'object', properties: { intent: { enum: ['x', 'y'] } } }
    expect(warnings({ steps: { a: { prompt: 'x', output, accept } } })).toEqual([])
    const later = { prompt: 'x', accept: ["get('$.steps.a.output.intent') == 'z'"] }
    expect(warnings({ steps: { a: { prompt: 'x', output, next: 'b' }, b: later } })[0]).toContain(
      'legal: x, y',
    )
    const list = {
      prompt: 'x',
      output: { type: 'array' },
      accept: ["count(get('$.output.value')) > 0"],
    }
    expect(warnings({ steps: { a: list } })).toEqual([])
  })

  test('what no schema describes is taken to fit', () => {
    for (const allow of [
      "get('$.session.metadata.tier') == 'pro'",
      "count(get('$.tools.look.outputs.all')) > 0",
      "get('$.tools.pay.outputs.latest.anything') == 1",
      "get('$.tools.look.outputs.latest.paid') == true and get('$.args.amount') <= 500",
      "get('$.now') - 60 > 0",
    ]) {
      expect(gate(allow)).toEqual([])
    }
  })
})

test('a variable that the input does not have, in prompts and instructions', () => {
  const input = { type: 'object', properties: { message: { type: 'string' } } }
  const steps = { a: { prompt: '{{mesage}} {{input.message}} {{session}}' } }
  expect(warnings({ input, instructions: '{{massage}}', steps })).toEqual([
    expect.stringMatching(/^steps\.a\.prompt: `mesage`.*did you mean message\?/),
    expect.stringMatching(/^instructions: `massage`.*did you mean message\?/),
  ])
  expect(warnings({ input: { ...input, additionalProperties: true }, steps })).toEqual([])
})
