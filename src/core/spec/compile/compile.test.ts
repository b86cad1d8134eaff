import { describe, expect, test } from 'vitest'
import { compile } from './compile.ts'
import { pathText } from '../issue.ts'
import type { Plan, ToolFacts } from '../plan.ts'
import type { GateSpec, StepSpec, ToolSpec, WorkflowSpec } from '../spec.ts'

const FACTS: ReadonlyMap<string, ToolFacts> = new Map([
  ['pay', { about: 'Pay.', input: { type: 'object', properties: { id: { type: 'string' } } } }],
  [
    'look',
    { about: 'Look.', input: { type: 'object' }, effect: 'read', risk: 'medium', timeout: 5 },
  ],
])

/** Errors and warnings as `path: message`. */
function issuesOf(spec: WorkflowSpec): readonly string[] {
  const compiled = compile(spec, { tools: FACTS })
  const issues = compiled.ok ? compiled.warnings : compiled.issues
  return issues.map(({ path, message }) => `${pathText(path)}: ${message}`)
}

function planOf(spec: WorkflowSpec): Plan {
  const compiled = compile(spec, { tools: FACTS })
  if (!compiled.ok) throw new Error(compiled.issues.map((issue) => issue.message).join('; '))
  return compiled.plan
}

const withStep = (step: Partial<StepSpec>): WorkflowSpec => ({
  workflow: 'w',
  steps: { a: { prompt: 'hi', ...step } },
})
const withGate = (gate: Partial<GateSpec>): WorkflowSpec => ({
  ...withStep({ tools: ['pay', 'look'] }),
  gates: { g: { on: 'pay', ...gate } },
})
const withTool = (tool: ToolSpec, name = 't'): WorkflowSpec => ({
  ...withStep({ tools: [name] }),
  tools: { [name]: tool },
})

describe('tools', () => {
  test("the spec's word goes before the implementation's, and that before the defaults", () => {
    const { tools } = planOf({ ...withTool({ effect: 'write', timeout: 9 }, 'look') })
    expect(tools.get('look')).toMatchObject({ effect: 'write', risk: 'medium', timeoutMs: 9_000 })
    expect(tools.get('pay')).toMatchObject({
      effect: 'write',
      risk: 'low',
      timeoutMs: 60_000,
      trust: 'trusted',
    })
    expect(planOf(withTool({ client: true })).tools.get('t')).toMatchObject({
      kind: 'client',
      trust: 'untrusted',
    })
  })

  test('a declaration of a built-in without a source is about the built-in', () => {
    expect(planOf(withTool({ about: 'Done.' }, 'finish')).tools.get('finish')).toMatchObject({
      kind: 'finish',
      about: 'Done.',
      effect: 'read',
    })
    expect(planOf(withTool({ client: true }, 'finish')).tools.get('finish')).toMatchObject({
      kind: 'client',
    })
  })

  test('a source is one of three; export belongs to a module', () => {
    expect(issuesOf(withTool({ about: 'x' }))).toEqual([
      expect.stringMatching(/^tools\.t: has no source/),
    ])
    expect(issuesOf(withTool({ client: true, module: './x.ts' }))).toEqual([
      'tools.t: has module and client; keep the one it comes from',
    ])
    expect(issuesOf(withTool({ client: true, export: 'x' }))[0]).toMatch(/^tools\.t\.export: /)
  })

  test('arguments are a map, and broken schemas say where', () => {
    expect(issuesOf(withTool({ client: true, input: { type: 'array' } }))[0]).toMatch(
      /^tools\.t\.input\.type: /,
    )
    const input = { properties: { a: { type: 'strin' } } }
    expect(issuesOf(withTool({ client: true, input }))[0]).toMatch(
      /^tools\.t\.input\.properties\.a\.type: .*"strin" is not legal/,
    )
    expect(issuesOf(withTool({ client: true, output: { type: 1 } }))[0]).toMatch(
      /^tools\.t\.output\.type/,
    )
  })

  test('a request that reads what no argument gives is doubtful', () => {
    const http = {
      url: 'https://x.org/{{id}}',
      headers: { a: '{{env.KEY}}' },
      body: { n: ['{{nmae}}'] },
    }
    const input = { properties: { id: {}, name: {} } }
    expect(issuesOf(withTool({ http: { ...http, method: 'POST' }, input }))).toEqual([
      expect.stringMatching(/^tools\.t\.http: `\{\{nmae\}\}` .*did you mean name\?/),
    ])
    expect(issuesOf(withTool({ http: { url: http.url } }))[0]).toContain('the tool has no `input`')
  })

  test('names that objects inherit are names like others', () => {
    const spec = withStep({ tools: ['constructor'], next: 'valueOf' })
    expect(issuesOf(spec)).toEqual([
      expect.stringContaining('there is no tool `constructor`'),
      expect.stringContaining('there is no step `valueOf`'),
    ])
    const facts = new Map([['constructor', { about: 'x', input: { type: 'object' } }]])
    const compiled = compile(withStep({ tools: ['constructor'] }), { tools: facts })
    expect(compiled.ok && compiled.plan.tools.get('constructor')?.about).toBe('x')
  })
})

describe('gates', () => {
  test('Law 3: a gate reads nothing that a model wrote but the arguments', () => {
    for (const text of ["get('$.output.ok') == true", "get('$.steps.a.output.ok') == true"]) {
      expect(issuesOf(withGate({ allow: text }))[0]).toContain('a model wrote it')
    }
    const filtered = "count(get('$.tools.look.outputs.all[?@.id == $.output.id]')) > 0"
    expect(issuesOf(withGate({ allow: filtered }))[0]).toContain('a model wrote it')
    expect(issuesOf(withGate({ allow: "get('$..id') == 1" }))[0]).toContain('may read anything')
    expect(issuesOf(withGate({ from: { id: '$.output.id' } }))[0]).toContain('a model wrote it')
    expect(issuesOf(withGate({ limit: { calls: 1, per: '$.output.id' } }))[0]).toContain(
      'a model wrote it',
    )
  })

  test('a tool is looked up wherever a path names it, also before a wildcard', () => {
    expect(issuesOf(withGate({ from: { id: '$.tools.lok.outputs.all[*].id' } }))).toEqual([
      expect.stringMatching(/^gates\.g\.from\.id: .*unknown tool `lok`; did you mean look\?/),
    ])
    expect(issuesOf(withGate({ from: { id: ['$.input.id', '$.tools.look.output.all'] } }))).toEqual(
      [expect.stringMatching(/^gates\.g\.from\.id\[1\]: .*no `output`; did you mean outputs\?/)],
    )
    expect(issuesOf(withGate({ allow: "get('$.tools.look.outputs.last') == 1" }))[0]).toContain(
      '`outputs` has no `last`; did you mean latest?',
    )
  })

  test('the place is the name itself, in a list its position', () => {
    expect(issuesOf(withGate({ on: 'pya', needs: ['look'] }))[0]).toMatch(
      /^gates\.g\.on: there is no tool/,
    )
    expect(issuesOf(withGate({ on: ['pay', 'pya'], needs: ['look'] }))[0]).toMatch(
      /^gates\.g\.on\[1\]: /,
    )
    expect(issuesOf(withGate({ needs: ['lok'] }))[0]).toMatch(/^gates\.g\.needs\[0\]: /)
  })

  test('a tool that is named twice is held once', () => {
    const { gatesOn } = planOf(withGate({ on: ['pay', 'pay'], limit: { calls: 1 } }))
    expect(gatesOn.get('pay')).toHaveLength(1)
  })

  test('a gate needs a rule; an argument may be called anything, but is not its own source', () => {
    expect(issuesOf(withGate({}))[0]).toMatch(/^gates\.g: has no rule/)
    expect(issuesOf(withGate({ from: { id: '$.args.id' } }))[0]).toContain(
      'cannot be its own source',
    )
    expect(issuesOf(withGate({ from: { '$.input.id': '$.input.id' } }))[0]).toContain(
      'keyed by an argument',
    )
    const [gate] =
      planOf(
        withGate({ on: 'look', from: { 'an id': '$.input.id', 'lines[*].id': '$.input.id' } }),
      ).gatesOn.get('look') ?? []
    const context = { args: { 'an id': 1, lines: [{ id: 2 }, { id: 3 }] } }
    expect(gate?.from.map(({ argument }) => argument.select(context))).toEqual([[1], [2, 3]])
  })
})

describe('steps', () => {
  test('a list goes in its order and names itself; a map starts at its first key', () => {
    const list = planOf({ workflow: 'w', steps: [{ prompt: 'x' }, { name: 'b', prompt: 'y' }] })
    expect(list.start).toBe('step-1')
    expect(list.steps.get('step-1')?.next).toMatchObject([{ to: 'b', when: null, rule: null }])
    expect(list.steps.get('b')?.next).toEqual([])
    const map = planOf({
      workflow: 'w',
      steps: { b: { prompt: 'x', next: 'a' }, a: { prompt: 'y' } },
    })
    expect(map.start).toBe('b')
    expect(map.steps.get('b')?.next).toMatchObject([{ to: 'a', rule: 0 }])
  })

  test('names that two steps of a list have are refused, given or not', () => {
    const steps = [{ name: 'step-2', prompt: 'x' }, { prompt: 'y' }]
    expect(issuesOf({ workflow: 'w', steps })[0]).toMatch(
      /^steps\[1\]: there is already a step `step-2`/,
    )
  })

  test('steps are looked up in next, start, reenter and conditions', () => {
    expect(issuesOf(withStep({ next: 'b' }))[0]).toMatch(
      /^steps\.a\.next: there is no step `b`; legal: a/,
    )
    expect(issuesOf(withStep({ next: [{ to: 'b' }] }))[0]).toMatch(/^steps\.a\.next\[0\]\.to: /)
    expect(issuesOf(withStep({ reenter: 'b' }))[0]).toMatch(/^steps\.a\.reenter: /)
    expect(issuesOf({ ...withStep({}), start: 'b' })[0]).toMatch(/^start: /)
    expect(issuesOf(withStep({ accept: ["get('$.steps.b.output.x') == 1"] }))[0]).toMatch(
      /^steps\.a\.accept\[0\]: .*unknown step `b`/,
    )
  })

  test('choose and after name tools of the step', () => {
    expect(issuesOf(withStep({ tools: ['pay'], choose: { tool: 'look' } }))[0]).toMatch(
      /^steps\.a\.choose\.tool: /,
    )
    expect(issuesOf(withStep({ choose: 'required' }))[0]).toContain('no tools')
    const next = [{ to: 'a', after: 'look' }]
    expect(issuesOf(withStep({ tools: ['pay'], next }))[0]).toMatch(/^steps\.a\.next\[0\]\.after: /)
  })

  test('settings add up; what a step says goes first', () => {
    const plan = planOf({
      ...withStep({ settings: { seed: 1 }, budget: { iterations: 2 } }),
      settings: { temperature: 0 },
      model: 'a/b',
      timeout: 9,
    })
    expect(plan.steps.get('a')).toMatchObject({
      settings: { temperature: 0, seed: 1 },
      iterations: 2,
      model: 'a/b',
      timeoutMs: 9_000,
    })
  })

  test('templates are compiled with the place of what is wrong, in the instructions too', () => {
    expect(issuesOf(withStep({ prompt: 'one\ntwo {{#if x}}' }))[0]).toMatch(
      /^steps\.a\.prompt: .*\(line 2, character 7 of /,
    )
    expect(issuesOf({ ...withStep({}), instructions: '{{' })[0]).toMatch(/^instructions: /)
  })
})
