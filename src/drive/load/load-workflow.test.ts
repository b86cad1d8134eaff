import { Ajv2020 } from 'ajv/dist/2020.js'
import { readFile } from 'node:fs/promises'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { tool } from 'ai'
import { z } from 'zod'
import { afterAll, describe, expect, test } from 'vitest'
import { pathText } from '../../core/spec/issue.ts'
import { workflowJsonSchema } from '../../core/spec/schema.ts'
import { loadWorkflow, loadWorkflowFile } from './load-workflow.ts'
import type { Loaded, LoadOptions } from './loaded-workflow.ts'

const folder = mkdtempSync(join(tmpdir(), 'load-'))
afterAll(() => rmSync(folder, { recursive: true }))

writeFileSync(
  join(folder, 'tools.ts'),
  `export const look = { about: 'x', effect: 'read', execute: () => ({}),
    input: { type: 'object', properties: { id: { type: 'string' }, n: { type: 'number' } } } }
  export const notATool = 5`,
)
writeFileSync(join(folder, 'throws.ts'), "throw new Error('kaboom')")

async function load(text: string, options: LoadOptions & { file?: string } = {}): Promise<Loaded> {
  const file = join(folder, options.file ?? 'workflow.yaml')
  writeFileSync(file, text)
  return loadWorkflowFile(file, options)
}

/** Errors, else warnings, as `line:column path: message`. */
function tellIssues(loaded: Loaded): readonly string[] {
  const issues = loaded.ok ? loaded.workflow.warnings : loaded.issues
  return issues.map(({ place, path, message, severity }) => {
    const where = place === undefined ? '' : `${place.line}:${place.column} `
    return `${severity === 'warning' ? 'warning ' : ''}${where}${pathText(path)}: ${message}`
  })
}

const W = 'workflow: w\n'
const S = 'steps: { a: { prompt: hi, tools: [finish] } }\n'
const look = 'tools: { look: { module: ./tools.ts } }\n'
const step = (rest: string): string => `${W}steps:\n  a: { prompt: hi, ${rest} }\n`
const gate = (rest: string): string => `${W}${S}gates:\n  g: { on: finish, ${rest} }\n`
const allow = (condition: string): string => gate(`allow: "${condition}"`)
const lookGate = (rest: string): string =>
  `${W}${look}steps: { a: { prompt: hi, tools: [look] } }\ngates:\n  g: { on: look, ${rest} }\n`
const aTool = (rest: string): string => `${W}${S}tools:\n  t: { ${rest} }\n`

/** What newcomers write: the text, where the one issue is, and what it must say. */
const MISTAKES: readonly (readonly [
  name: string,
  text: string,
  where: string,
  ...words: string[],
])[] = [
  ['key at the top', `${W}stpes: {}\n`, '2:1 stpes', 'did you mean steps?', 'Legal: about'],
  [
    'key of a step',
    `${W}steps:\n  a:\n    promt: hi\n`,
    '4:5 steps.a.promt',
    'did you mean prompt?',
  ],
  [
    'key of a listed step',
    `${W}steps:\n  - prompt: hi\n    tols: []\n`,
    '4:5 steps[0].tols',
    'did you mean tools?',
  ],
  ['key of a tool', aTool('modul: x'), '4:8 tools.t.modul', 'did you mean module?'],
  [
    'key of a request',
    aTool('http: { url: "https://x.org/", methd: GET }'),
    '4:39 tools.t.http.methd',
    'did you mean method?',
  ],
  [
    'key of a retry',
    aTool('client: true, retry: { T: { trys: 1 } }'),
    '4:36 tools.t.retry.T.trys',
    'did you mean tries?',
  ],
  ['key of a gate', gate('alow: "true"'), '4:20 gates.g.alow', 'did you mean allow?'],
  ['key of a limit', gate('limit: { call: 1 }'), '4:29 gates.g.limit.call', 'did you mean calls?'],
  ['key of next', step('next: [{ too: a }]'), '3:29 steps.a.next[0].too', 'did you mean to?'],
  [
    'key of a budget',
    `${W}${S}budget: { transition: 1 }\n`,
    '3:11 budget.transition',
    'did you mean transitions?',
  ],
  [
    'key of settings',
    `${W}${S}settings: { temprature: 1 }\n`,
    '3:13 settings.temprature',
    'did you mean temperature?',
  ],
  [
    'key in camel case',
    `${W}${S}settings: { maxOutputTokens: 1 }\n`,
    '3:13 settings.maxOutputTokens',
    'did you mean max_output_tokens?',
  ],
  [
    'a number for a text',
    `${W}steps:\n  a: { prompt: 5 }\n`,
    '3:8 steps.a.prompt',
    'expected a text',
    'the number 5',
    'quotes',
  ],
  [
    'a version without quotes',
    `${W}version: 1.0\n${S}`,
    '2:1 version',
    'expected a text',
    'put it in quotes',
  ],
  [
    'an empty prompt',
    `${W}steps:\n  a: { prompt: "" }\n`,
    '3:8 steps.a.prompt',
    'must not be empty',
  ],
  [
    'no prompt',
    `${W}steps:\n  a: { tools: [] }\n`,
    '3:3 steps.a.prompt',
    '`prompt` is missing',
    'expected a text',
  ],
  [
    'a step that says nothing',
    `${W}steps:\n  a:\n`,
    '3:3 steps.a',
    'expected a map with prompt',
    'got nothing',
  ],
  [
    'a step that is its prompt',
    `${W}steps:\n  a: hello\n`,
    '3:3 steps.a',
    'write { prompt: hello }',
  ],
  ['no steps', W, '1:1 steps', '`steps` is missing', 'a map (steps by name) or a list'],
  ['no step', `${W}steps: {}\n`, '2:1 steps', 'at least one step'],
  ['an empty list of steps', `${W}steps: []\n`, '2:1 steps', 'give at least one'],
  ['an empty file', '', '1:1 ', 'a map with workflow, steps', 'got nothing'],
  ['a list at the top', '- a\n', '1:1 ', 'a map with workflow, steps', 'got a list'],
  ['a tab', `${W}steps:\n\ta: {}\n`, '3:1 ', 'a tab', 'spaces'],
  [
    'a key twice',
    `${W}steps:\n  a: { prompt: x }\n  a: { prompt: y }\n`,
    '4:3 ',
    '`a` is written twice',
  ],
  ['braces without quotes', `${W}steps:\n  a: { prompt: {{message}} }\n`, '3:17 ', 'needs quotes'],
  [
    'one tool for a list',
    step('tools: finish'),
    '3:20 steps.a.tools',
    'a list of texts',
    'write [finish]',
  ],
  [
    'yes for true',
    aTool('client: yes'),
    '4:8 tools.t.client',
    'expected true',
    'only true and false',
  ],
  [
    'a duration with its unit',
    `${W}${S}timeout: 30s\n`,
    '3:1 timeout',
    'a number (seconds',
    'the text "30s"',
  ],
  ['a negative limit', gate('limit: { calls: -1 }'), '4:29 gates.g.limit.calls', 'at least 0'],
  [
    'a word that is none',
    gate('allow: "true", else: deny'),
    '4:35 gates.g.else',
    'refuse or approve or escalate',
    '"deny"',
  ],
  ['a scope that is none', `${W}${S}scope: strickt\n`, '3:1 scope', 'did you mean strict?'],
  [
    'a choice that is none',
    step('choose: requird'),
    '3:20 steps.a.choose',
    'did you mean required?',
    'a map with tool',
  ],
  [
    'a retry that is none',
    aTool('client: true, retry: { T: 3 }'),
    '4:31 tools.t.retry.T',
    'never or a map with tries',
  ],
  [
    'next as a map',
    step('next: { to: a }'),
    '3:20 steps.a.next',
    'a text or a list of maps with to',
    'got a map',
  ],
  ['next as a list of names', step('next: [a]'), '3:27 steps.a.next[0]', 'write { to: a }'],
  [
    'a name with a space',
    `workflow: my flow\n${S}`,
    '1:1 workflow',
    '`my flow`',
    'starts with a letter',
  ],
  [
    'a step’s name with a space',
    `${W}steps:\n  my step: { prompt: x }\n`,
    '3:3 steps.my step',
    'not a legal name',
  ],
  [
    '__proto__ as a step',
    `${W}steps:\n  __proto__: { prompt: x }\n`,
    '3:3 steps.__proto__',
    'not a legal name',
  ],
  [
    '__proto__ as a tool',
    `${W}${S}tools:\n  __proto__: { client: true }\n`,
    '4:3 tools.__proto__',
    'not a legal name',
  ],
  [
    '__proto__ as a gate',
    `${W}${S}gates:\n  __proto__: { on: finish }\n`,
    '4:3 gates.__proto__',
    'not a legal name',
  ],
  [
    '__proto__ as an argument',
    gate('from: { __proto__: $.input.a }'),
    '4:28 gates.g.from.__proto__',
    'not a legal name',
  ],
  ['a number that is none', `${W}${S}timeout: .nan\n`, '3:1 timeout', 'finite number'],
  [
    'a step in next',
    step('next: [{ to: b }]'),
    '3:29 steps.a.next[0].to',
    'no step `b`',
    'legal: a',
  ],
  [
    'a step in start',
    `${W}start: reefund\nsteps: { refund: { prompt: x } }\n`,
    '2:1 start',
    'did you mean refund?',
  ],
  ['a step in reenter', step('reenter: aa'), '3:20 steps.a.reenter', 'no step `aa`'],
  [
    'a tool of a step',
    step('tools: [finsh]'),
    '3:28 steps.a.tools[0]',
    'no tool `finsh`',
    'did you mean finish?',
  ],
  [
    'a tool of a gate',
    `${W}${S}gates:\n  g: { on: finsh, confirm: true }\n`,
    '4:8 gates.g.on',
    'did you mean finish?',
  ],
  [
    'a tool that a gate needs',
    gate('needs: [finsh]'),
    '4:28 gates.g.needs[0]',
    'did you mean finish?',
  ],
  ['a tool that undoes', aTool('client: true, undo: tt'), '4:22 tools.t.undo', 'no tool `tt`'],
  [
    'choose out of scope',
    step('tools: [finish], choose: { tool: web_search }'),
    '3:47 steps.a.choose.tool',
    'legal: finish',
  ],
  [
    'after out of scope',
    step('tools: [finish], next: [{ to: a, after: look }]'),
    '3:53 steps.a.next[0].after',
    "not in this step's tools",
  ],
  [
    'two steps of one name',
    `${W}steps:\n  - { name: a, prompt: x }\n  - { name: a, prompt: y }\n`,
    '4:5 steps[1]',
    'already a step `a`',
  ],
  ['a gate without a rule', gate('about: x'), '4:3 gates.g', 'give at least one of needs, allow'],
  [
    '= in a condition',
    allow("get('$.args.a') = 1"),
    '4:20 gates.g.allow',
    'write == to compare',
    'character 17',
  ],
  ['an open parenthesis', allow("(get('$.args.a') == 1"), '4:20 gates.g.allow', "expected ')'"],
  [
    'an unknown function',
    allow("cnt(get('$.args.a')) == 1"),
    '4:20 gates.g.allow',
    'unknown function',
    'count',
  ],
  [
    'an unknown root',
    allow("get('$.arg.a') == 1"),
    '4:20 gates.g.allow',
    'unknown `$.arg`',
    'did you mean args?',
  ],
  ['output in a gate', allow("get('$.output.a') == 1"), '4:20 gates.g.allow', 'a model wrote it'],
  [
    'args in a step',
    step('accept: ["get(\'$.args.a\') == 1"]'),
    '3:29 steps.a.accept[0]',
    'only gates have',
  ],
  [
    'an unknown tool in a path',
    allow("get('$.tools.finsh.outputs.latest') == 1"),
    '4:20 gates.g.allow',
    'did you mean finish?',
  ],
  [
    'output for outputs',
    allow("get('$.tools.finish.output.latest') == 1"),
    '4:20 gates.g.allow',
    'did you mean outputs?',
  ],
  [
    'a path without $',
    gate('limit: { calls: 1, per: args.a }'),
    '4:39 gates.g.limit.per',
    'starts with $',
  ],
  [
    'a path that is none',
    gate('from: { summary: "$.input[" }'),
    '4:28 gates.g.from.summary',
    'not a JSONPath',
  ],
  [
    'an argument that the tool of the gate has not',
    lookGate('from: { di: $.input.id }'),
    '5:18 gates.g.from',
    'look has no argument `di`',
    'legal: id, n',
  ],
  [
    'match() in a path',
    `${W}${S}gates:\n  g: { on: finish, allow: 'count(get("$.input[?match(@.a, ''x'')]")) > 0' }\n`,
    '4:20 gates.g.allow',
    'match() is not available',
    'count, length and value',
  ],
  [
    'an open tag',
    `${W}steps:\n  a: { prompt: "hi {{name" }\n`,
    '3:8 steps.a.prompt',
    'has no }}',
    'character 4',
  ],
  [
    'an open if',
    `${W}steps:\n  a: { prompt: "{{#if x}} y" }\n`,
    '3:8 steps.a.prompt',
    'write {{/if}}',
  ],
  [
    'two sources',
    aTool('client: true, http: { url: "https://x.org/" }'),
    '4:3 tools.t',
    'has http and client',
  ],
  [
    'no source',
    aTool('about: x'),
    '4:3 tools.t',
    'give `module`, `http`, `workflow` or `client: true`',
  ],
  [
    'a module that is not there',
    aTool('module: ./none.ts'),
    '4:8 tools.t.module',
    './none.ts cannot be read',
  ],
  [
    'a module without the export',
    `${W}${S}tools:\n  lok: { module: ./tools.ts }\n`,
    '4:10 tools.lok.module',
    'exports no lok',
    'did you mean look?',
  ],
  [
    'an export that is no tool',
    aTool('module: ./tools.ts, export: notATool'),
    '4:28 tools.t.export',
    'is a number, not a tool',
  ],
  ['a module that throws', aTool('module: ./throws.ts'), '4:8 tools.t.module', 'kaboom'],
  [
    'a schema of the input',
    `${W}input: { type: objekt }\n${S}`,
    '2:10 input.type',
    '"objekt" is not legal',
    'object',
  ],
  [
    'a schema of an output',
    step('output: { properties: [] }'),
    '3:30 steps.a.output.properties',
    'must be object',
  ],
  [
    'arguments that are a list',
    aTool('client: true, input: { type: array }'),
    '4:31 tools.t.input.type',
    'type: object',
  ],
  [
    'a request without a host',
    aTool('http: { url: /x }'),
    '4:16 tools.t.http.url',
    'begin with http:// or https://',
  ],
  [
    'a template in a request',
    aTool('http: { url: "https://x.org/", query: { q: "{{#if" } }'),
    '4:48 tools.t.http.query.q',
    '}}',
  ],
  [
    'a body on a GET',
    aTool('http: { url: "https://x.org/", body: {} }'),
    '4:39 tools.t.http.body',
    'a GET carries no body',
  ],
]

test.each(MISTAKES)('%s', async (_, text, where, ...words) => {
  const told = tellIssues(await load(text)).filter((each) => !each.startsWith('warning '))
  expect(told).toHaveLength(1)
  expect(told[0]?.startsWith(`${where}: `) === true ? where : told[0]).toBe(where)
  for (const each of words) expect(told[0]).toContain(each)
})

/** What compiles and is doubtful. */
const DOUBTS: readonly (readonly [
  name: string,
  text: string,
  where: string,
  ...words: string[],
])[] = [
  [
    'a variable',
    `${W}input: { properties: { message: {} } }\nsteps: { a: { prompt: "{{mesage}}" } }\n`,
    '3:15 steps.a.prompt',
    'did you mean message?',
  ],
  [
    'an argument',
    lookGate(`allow: "get('$.args.ID') == 'x'"`),
    '5:18 gates.g.allow',
    'for look: ',
    'did you mean id?',
  ],
  [
    'a comparison of types',
    lookGate(`allow: "get('$.args.n') == 'x'"`),
    '5:18 gates.g.allow',
    'never true',
  ],
  ['an unused tool', `${W}${S}${look}`, '3:10 tools.look', 'can never be called'],
  ['a step to itself', step('next: a'), '3:20 steps.a.next', 'no way out'],
  [
    'a step that nothing leads to',
    `${W}steps: { a: { prompt: x }, b: { prompt: y } }\n`,
    '2:28 steps.b',
    'can never run',
  ],
  [
    'a request without arguments',
    `${W}tools: { t: { http: { url: "https://x.org/{{id}}" } } }\nsteps: { a: { prompt: x, tools: [t] } }\n`,
    '2:15 tools.t.http',
    'no `input`',
  ],
]

test.each(DOUBTS)('a warning: %s', async (_, text, where, ...words) => {
  const loaded = await load(text)
  expect(loaded.ok).toBe(true)
  const told = tellIssues(loaded)
  expect(told).toHaveLength(1)
  expect(told[0]).toContain(`warning ${where}: `)
  for (const each of words) expect(told[0]).toContain(each)
})

test('several mistakes are told at once, those of tools from outside too', async () => {
  const text = `${W}${S}tools:\n  t: { http: { url: /x } }\n  u: { module: ./none.ts }\nstart: b\n`
  expect(tellIssues(await load(text)).map((each) => each.split(' ')[0])).toEqual([
    '5:8',
    '4:16',
    '6:1',
  ])
})

async function digestWith(tools: string, options: LoadOptions = {}): Promise<unknown> {
  const loaded = await load(`${W}${tools}steps: { a: { prompt: hi, tools: [look] } }\n`, options)
  return loaded.ok ? loaded.workflow.plan.digest : tellIssues(loaded)
}

function writeTool(name: string, note: string): void {
  const text = `export const look = { about: 'x', input: { type: 'object' }, execute: () => 1 }`
  writeFileSync(join(folder, name), `${note}${text}`)
}

describe('where a workflow comes from', () => {
  const text = `{ "workflow": "w", "steps": { "a": { "prompt": "hi" } } }`

  test('YAML, JSON and TypeScript give one digest', async () => {
    const loaded = [
      await load(`# x\n${W}steps:\n  a:\n    prompt: hi\n`),
      await load(text, { file: 'workflow.json' }),
      await load(`export default ${text}`, { file: 'default.ts' }),
      await load(`export const workflow = ${text}`, { file: 'named.ts' }),
      await loadWorkflow({ workflow: 'w', steps: { a: { prompt: 'hi' } } }),
    ]
    const digests = loaded.map((each) => (each.ok ? each.workflow.plan.digest : tellIssues(each)))
    expect(new Set(digests).size).toBe(1)
    expect(digests[0]).toMatch(/^sha256:/)
  })

  test('a file that is not there, no export, a module that throws, a wrong spec in a module', async () => {
    expect(tellIssues(await loadWorkflowFile(join(folder, 'none.yaml')))[0]).toContain(
      'cannot read',
    )
    expect(tellIssues(await load('export const x = 1', { file: 'none.ts' }))[0]).toContain(
      'exports x',
    )
    expect(tellIssues(await loadWorkflowFile(join(folder, 'throws.ts')))[0]).toContain('kaboom')
    const wrong = await load('export default { workflow: "w", steps: {}, stpes: 1 }', {
      file: 'wrong.ts',
    })
    expect(wrong).toMatchObject({
      ok: false,
      issues: [{ path: ['stpes'], file: join(folder, 'wrong.ts') }],
    })
  })

  test("a module's text is part of the digest; a tool in code is, by what it says of itself", async () => {
    writeTool('m1.ts', '')
    const one = await digestWith('tools: { look: { module: ./m1.ts } }\n')
    writeTool('m1.ts', '// Another.\n')
    expect(await digestWith('tools: { look: { module: ./m1.ts } }\n')).not.toBe(one)
    const inline = { about: 'x', input: z.object({ id: z.string() }), execute: () => 1 }
    const given = await digestWith('', { tools: { look: inline } })
    expect(given).toMatch(/^sha256:/)
    expect(await digestWith('', { tools: { look: { ...inline, effect: 'read' } } })).not.toBe(given)
    expect(await digestWith('', { tools: { look: { ...inline, input: z.object({}) } } })).not.toBe(
      given,
    )
  })
})

test('tools given in code: an AI SDK tool as it is, and issues for what is none', async () => {
  const spec = { workflow: 'w', steps: { a: { prompt: 'hi', tools: ['look'] } } } as const
  const sdk = tool({
    description: 'Look.',
    inputSchema: z.object({ id: z.string() }),
    execute: ({ id }) => ({ id }),
  })
  const loaded = await loadWorkflow(spec, { tools: { look: sdk } })
  expect(tellIssues(loaded)).toEqual([])
  if (!loaded.ok) return
  expect(loaded.workflow.plan.tools.get('look')).toMatchObject({ about: 'Look.', kind: 'server' })
  const context = {
    runId: 'r',
    callId: 'c',
    idempotencyKey: 'k',
    attempt: 1,
    signal: new AbortController().signal,
  }
  expect(await loaded.workflow.runners.get('look')?.({ id: 'x' }, context)).toEqual({ id: 'x' })
  await expect(loaded.workflow.runners.get('look')?.({ id: 5 }, context)).rejects.toThrow(TypeError)
  const wrong = { about: 'x', input: { type: 'object' }, efect: 'read', execute: () => 1 }
  expect(tellIssues(await loadWorkflow(spec, { tools: { look: wrong } }))[0]).toContain(
    'did you mean effect?',
  )
})

const ROOT = join(import.meta.dirname, '../../..')
const EXAMPLES = globSync(['examples/*/workflow.yaml', 'src/cli/starter/workflow.yaml'], {
  cwd: ROOT,
})
const validate = new Ajv2020({ strict: false }).compile(workflowJsonSchema())

/** What an example is warned of on purpose: honest amounts come out of bills that anybody wrote. */
const WARNED: Readonly<Record<string, string>> = {
  'examples/banking/workflow.yaml': 'takes `amount`',
}

test.each(EXAMPLES)('%s is free of warnings and fits the published schema', async (file) => {
  const told = tellIssues(await loadWorkflowFile(join(ROOT, file)))
  const unexpected = told.filter((issue) => !issue.includes(WARNED[file] ?? 'no such issue'))
  expect(unexpected).toEqual([])
  const value: unknown = parse(await readFile(join(ROOT, file), 'utf8'))
  expect(validate(value), JSON.stringify(validate.errors)).toBe(true)
})

test('the refund workflow of the design is free of warnings', async () => {
  const tools = Object.fromEntries(
    ['get_customer', 'lookup_order', 'process_refund', 'cancel_refund'].map((name) => [
      name,
      {
        about: name,
        input: z.object({ order_id: z.string(), amount: z.number() }),
        execute: () => ({}),
      },
    ]),
  )
  const loaded = await load(
    `workflow: refund
version: 1.0.0
input: { type: object, required: [message], properties: { message: { type: string } } }
tools:
  process_refund: { risk: high, idempotent: true, undo: cancel_refund }
gates:
  verified: { on: [lookup_order, process_refund], needs: [get_customer], allow: "get('$.tools.get_customer.outputs.latest.verified') == true" }
  theirs:   { on: process_refund, from: { order_id: "$.tools.lookup_order.outputs.all[*].order_id" },
              allow: "get('$.tools.lookup_order.outputs.latest.customer_id') == get('$.tools.get_customer.outputs.latest.customer_id')" }
  small:    { on: process_refund, allow: "get('$.args.amount') <= 500", else: escalate }
  asked:    { on: process_refund, confirm: true }
  once:     { on: process_refund, limit: { calls: 1, per: "$.args.order_id" } }
start: triage
steps:
  triage:
    prompt: "{{message}}"
    tools: [get_customer]
    output: { type: object, properties: { intent: { type: string } } }
    next: [ { to: refund, when: "get('$.output.intent') == 'refund'" }, { to: answer } ]
  refund:
    prompt: Refund it.
    tools: [lookup_order, process_refund]
    budget: { iterations: 8 }
    accept: [ "count(get('$.tools.lookup_order.outputs.all')) > 0" ]
  answer: { prompt: Answer., tools: [] }
`,
    { tools },
  )
  expect(tellIssues(loaded)).toEqual([])
})
