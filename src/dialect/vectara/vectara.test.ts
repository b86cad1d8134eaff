import { describe, expect, test } from 'vitest'
import { planOf } from '../../core/given.ts'
import { pathText } from '../../core/spec/issue.ts'
import type { Json, JsonObject } from '../../core/spec/json.ts'
import { parseSpec } from '../../core/spec/parse-spec.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import type { Canonical, Surroundings } from '../canonical.ts'
import { recogniseDialect } from '../dialect.ts'

const ALONE: Surroundings = { name: 'agent', tools: new Map(), files: new Set() }
const tool = { about: 'A tool', module: './tools.ts' }

/** The JSON of seed 3, word for word. */
const SEED = `{
"first_step_name": "plan",
"steps": {
"plan": {
"instructions": [{ "type": "inline", "template": "Produce a plan. Do not act. Call artifact_create with the plan." }],
"allowed_tools": ["artifact_create", "search"],
"next_steps": [{ "step_name": "execute" }]
},
"execute": {
"instructions": [{ "type": "inline", "template": "Call artifact_read to load the plan, then carry it out." }],
"allowed_tools": ["artifact_read", "write_file"]
}
}
}`

function read(value: Json, around: Partial<Surroundings> = {}): Canonical {
  const document = recogniseDialect(value)
  if (document === null) throw new Error('not recognised')
  return document.dialect.read(document.value, { ...ALONE, ...around })
}

/** The spec of an agent that reads without an error. */
function specOf(value: Json, around: Partial<Surroundings> = {}): WorkflowSpec {
  const { spec, issues } = read(value, around)
  const errors = issues.filter(({ severity }) => severity === 'error')
  const parsed = parseSpec(spec)
  if (errors.length > 0 || !parsed.ok) throw new Error(JSON.stringify([errors, parsed]))
  return parsed.spec
}

/** Issues as `severity path: message`. */
function told(value: Json, around: Partial<Surroundings> = {}): readonly string[] {
  return read(value, around).issues.map(
    ({ severity, path, message }) => `${severity} ${pathText(path)}: ${message}`,
  )
}

/** An agent with one step, and what is to be looked at. */
function agent(more: JsonObject, step: JsonObject = {}): JsonObject {
  return {
    first_step_name: 'a',
    steps: { a: { instructions: [{ type: 'inline', template: 'Hi.' }], ...step } },
    ...more,
  }
}

describe("seed 3's own documents", () => {
  test('the JSON of plan-then-execute is read as it is', () => {
    const around = {
      tools: new Map([
        ['search', tool],
        ['write_file', tool],
      ]),
    }
    expect(told(JSON.parse(SEED), around)).toEqual([])
    expect(specOf(JSON.parse(SEED), around)).toMatchObject({
      workflow: 'agent',
      start: 'plan',
      tools: { search: { module: './tools.ts' }, write_file: { module: './tools.ts' } },
      steps: {
        plan: {
          prompt: 'Produce a plan. Do not act. Call artifact_create with the plan.',
          tools: ['artifact_create', 'search'],
          next: [{ to: 'execute' }],
        },
        execute: {
          prompt: 'Call artifact_read to load the plan, then carry it out.',
          tools: ['artifact_read', 'write_file'],
        },
      },
    })
  })

  test('with nothing that executes them, its tools are the callers, with a warning each', () => {
    const spec = specOf(JSON.parse(SEED))
    expect(spec.tools).toMatchObject({ search: { client: true }, write_file: { client: true } })
    expect(planOf(spec).steps.get('plan')?.tools).toEqual(['artifact_create', 'search'])
    expect(told(JSON.parse(SEED))).toEqual([
      expect.stringMatching(/^warning steps\.plan\.allowed_tools\[1\]: nothing executes `search`/),
      expect.stringMatching(/^warning steps\.execute\.allowed_tools\[1\]: nothing executes `write/),
    ])
  })

  test('a classifier routes by the conditions of the seed, and each turn starts at it again', () => {
    const spec = specOf({
      first_step_name: 'triage',
      metadata: { version: 2 },
      steps: {
        triage: {
          instructions: [{ type: 'inline', template: 'Classify.' }],
          output_parser: {
            type: 'structured',
            json_schema: {
              name: 'intent',
              strict: true,
              schema: {
                type: 'object',
                properties: { intent: { type: 'string' }, urgent: { type: 'boolean' } },
              },
            },
          },
          allowed_tools: [],
          next_steps: [
            { step_name: 'sales', condition: "get('$.output.intent') == 'sales'" },
            {
              step_name: 'priority',
              condition:
                "get('$.session.metadata.tier') == 'enterprise' and get('$.output.urgent') == true",
            },
            { step_name: 'answer', condition: null },
          ],
        },
        sales: { instructions: [{ template: 'Sell.' }], reentry_step: 'triage' },
        priority: { instructions: [{ template: 'Hurry.' }], reentry_step: 'triage' },
        answer: {
          instructions: [{ template: 'Answer.' }],
          output_parser: { type: 'default' },
          next_steps: [],
        },
      },
    })
    const plan = planOf(spec)
    const triage = plan.steps.get('triage')
    expect(triage?.output?.schema).toMatchObject({ properties: { intent: { type: 'string' } } })
    expect(triage?.next.map(({ to, when }) => [to, when?.source ?? null])).toEqual([
      ['sales', "get('$.output.intent') == 'sales'"],
      [
        'priority',
        "get('$.session.metadata.tier') == 'enterprise' and get('$.output.urgent') == true",
      ],
      ['answer', null],
    ])
    expect(plan.steps.get('sales')?.reenter).toBe('triage')
    expect(plan.steps.get('answer')).toMatchObject({ next: [], output: null, reenter: null })
    expect(plan.spec.metadata).toEqual({ version: 2 })
  })

  test('a single step is the common case: `first_step` alone', () => {
    const first = { instructions: [{ template: 'Help.' }] }
    expect(specOf({ name: 'Help Desk', first_step: first })).toMatchObject({
      workflow: 'Help-Desk',
      start: 'main',
      steps: { main: { prompt: 'Help.', tools: [] } },
    })
    const both = { first_step_name: 'h', first_step: { name: 'h', ...first }, steps: { h: first } }
    expect(told(both)).toEqual([])
    expect(told({ ...both, steps: { h: { instructions: [{ template: 'Hi' }] } } })).toEqual([
      expect.stringContaining('error first_step: `first_step` and the step h of `steps` differ'),
    ])
    expect(told({ ...both, first_step_name: 'x' })).toEqual([
      expect.stringContaining('`first_step_name` is x, but `first_step` is h'),
    ])
  })
})

describe('what an agent says of itself', () => {
  test('name, description, model and its parameters', () => {
    const parameters = { temperature: 0, max_tokens: 300 }
    const model = { name: 'gpt-5-mini', parameters }
    expect(
      specOf(agent({ key: 'k', name: '1st Desk!', description: 'Sorts.', model })),
    ).toMatchObject({
      workflow: 'st-Desk',
      about: 'Sorts.',
      model: 'openai/gpt-5-mini',
      settings: { temperature: 0, max_output_tokens: 300 },
    })
    expect(specOf(agent({ key: 'agt_1' })).workflow).toBe('agt_1')
    expect(specOf(agent({}), { name: 'from-file' }).workflow).toBe('from-file')
  })

  test.each([
    ['claude-sonnet-4', 'anthropic/claude-sonnet-4'],
    ['gemini-3', 'google/gemini-3'],
    ['o4-mini', 'openai/o4-mini'],
    ['groq/llama', 'groq/llama'],
  ])('the model %s is %s', (name, id) => {
    expect(specOf(agent({ model: { name } })).model).toBe(id)
    expect(told(agent({ model: { name } }))).toEqual([])
  })

  test('gates, budgets and other words that Vectara has not are handed on as they are', () => {
    const spec = specOf(
      agent(
        {
          budget: { calls: 3 },
          gates: { once: { on: 'pay', limit: { calls: 1 } } },
          tools: { pay: { effect: 'write', risk: 'low' } },
          tool_configurations: { pay: { type: 'lambda', description: 'Pay.' } },
        },
        { accept: ["get('$.input.x') == null"], budget: { iterations: 2 } },
      ),
      { tools: new Map([['pay', tool]]) },
    )
    expect(spec).toMatchObject({
      budget: { calls: 3 },
      gates: { once: { on: 'pay' } },
      tools: { pay: { module: './tools.ts', about: 'Pay.', effect: 'write', risk: 'low' } },
      steps: { a: { tools: ['pay'], budget: { iterations: 2 } } },
    })
  })
})

describe('tools', () => {
  const configured = {
    tool_configurations: {
      search: { type: 'corpora_search', description: 'Search.' },
      ask: {
        type: 'client',
        description: 'Ask.',
        input_schema: { type: 'object', required: ['q'] },
        output_schema: { type: 'string' },
      },
      web_search: { type: 'web_search' },
      expert: { type: 'sub_agent', agent_key: 'expert', session_mode: 'ephemeral' },
    },
  }

  test('unset is every tool, an empty list is none', () => {
    const around = { tools: new Map([['search', tool]]), files: new Set(['expert.yaml']) }
    expect(told(agent(configured), around)).toEqual([])
    const spec = specOf(agent(configured), around)
    expect(spec.steps).toMatchObject({ a: { tools: ['search', 'ask', 'web_search', 'expert'] } })
    expect(spec.tools).toEqual({
      search: { module: './tools.ts', about: 'Search.' },
      ask: {
        client: true,
        about: 'Ask.',
        input: { type: 'object', required: ['q'] },
        output: { type: 'string' },
      },
      expert: { workflow: './expert.yaml' },
    })
    expect(specOf(agent(configured, { allowed_tools: [] }), around).steps).toMatchObject({
      a: { tools: [] },
    })
  })

  test('without configurations, every tool is what the steps name and what is there', () => {
    const around = { tools: new Map([['near', { about: '', module: null }]]) }
    const two = agent({}, { allowed_tools: ['named'] })
    const steps = { ...Object(two['steps']), b: { instructions: [{ template: 'Bye.' }] } }
    expect(specOf({ ...two, steps }, around).steps).toMatchObject({
      a: { tools: ['named'] },
      b: { tools: ['named', 'near'] },
    })
  })

  test('a name that is neither configured nor built in is an error with what is legal', () => {
    expect(told(agent(configured, { allowed_tools: ['serch', 'finish'] }))).toContainEqual(
      expect.stringMatching(
        /^error steps\.a\.allowed_tools\[0\]: there is no tool configuration `serch`; did you mean search/,
      ),
    )
  })

  test('a tool that nothing executes and that is spelt like another one says so', () => {
    expect(told(agent({}, { allowed_tools: ['artifact_creat'] }))).toEqual([
      expect.stringContaining('(or is artifact_create meant?)'),
    ])
  })

  test.each([
    [{ argument_override: { a: 1 } }, 'error tool_configurations.t.argument_override'],
    [{ output_transform: '.a' }, 'error tool_configurations.t.output_transform'],
    [{ session_mode: 'persistent' }, 'error tool_configurations.t.session_mode'],
    [{ query_configuration: { a: 1 } }, 'warning tool_configurations.t: `query_configuration`'],
  ])('%j is not lost in silence', (settings, begin) => {
    const value = agent({ tool_configurations: { t: { type: 'lambda', ...settings } } })
    const lines = told(value, { tools: new Map([['t', tool]]) })
    expect(lines).toEqual([expect.stringMatching(begin)])
  })
})

describe('what is not there is said, with its place', () => {
  test.each<[string, JsonObject, JsonObject, string]>([
    ['a disabled agent', { enabled: false }, {}, 'error enabled: this agent is disabled'],
    [
      'skills',
      { skills: { tone: { content: 'x' } } },
      {},
      'error skills: skills are not there yet (`tone`)',
    ],
    [
      'skills that are not there',
      {},
      { allowed_skills: ['tone'] },
      'error steps.a.allowed_skills: there is no skill `tone`',
    ],
    ['compaction', { compaction: { threshold: 80 } }, {}, 'warning compaction: '],
    [
      'offloading',
      { tool_output_offloading: { enabled: true } },
      {},
      'warning tool_output_offloading: ',
    ],
    [
      'reminders',
      {},
      { reminders: [{ type: 'templated' }] },
      'warning steps.a.reminders: `reminders` are not there yet',
    ],
    [
      'a parameter',
      { model: { name: 'gpt-5', parameters: { logit: 1 } } },
      {},
      'warning model.parameters.logit: `logit` is not handed on',
    ],
    [
      'retries',
      { model: { name: 'gpt-5', retry_configuration: { max_retries: 9 } } },
      {},
      'warning model.retry_configuration: ',
    ],
    [
      'a model of nobody',
      { model: { name: 'mockingbird' } },
      {},
      'warning model.name: nobody knows who offers `mockingbird`',
    ],
    [
      'a reference',
      {},
      { instructions: [{ type: 'reference', id: 'ins_1' }] },
      'error steps.a.instructions[0]: an instruction by reference',
    ],
    ['no instructions', {}, { instructions: [] }, 'error steps.a: a step needs `instructions`'],
    [
      'an empty template',
      {},
      { instructions: [{ type: 'inline', template: ' ' }] },
      'error steps.a.instructions[0]: an inline instruction needs a `template`',
    ],
    [
      'Velocity',
      {},
      { instructions: [{ template: '#set($x = 1)' }] },
      'error steps.a.instructions[0].template: #set has no counterpart',
    ],
    [
      'a key',
      { frist_step: 'a' },
      {},
      'error frist_step: unknown key `frist_step`; did you mean first_step?',
    ],
    [
      'a key of a step',
      {},
      { next_step: [] },
      'error steps.a.next_step: unknown key `next_step`; did you mean next_steps?',
    ],
    [
      'a key of a transition',
      {},
      { next_steps: [{ step_name: 'a', when: 'x' }] },
      'error steps.a.next_steps[0].when: unknown key `when`',
    ],
    ['a kind', {}, { allowed_tools: 'all' }, 'error steps.a.allowed_tools: expected array'],
    [
      'a parser',
      {},
      { output_parser: { type: 'structured' } },
      'error steps.a.output_parser: a structured parser needs `json_schema`',
    ],
    [
      'an agent of a condition',
      {},
      { next_steps: [{ step_name: 'a', condition: "get('$.agent.key') == 'x'" }] },
      'error steps.a.next_steps[0].condition: `$.agent.key` is not known here',
    ],
  ])('%s', (_, more, step, begin) => {
    const lines = told(agent(more, step))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(begin)
  })

  test('a condition on the name, where that had to change', () => {
    const next = { next_steps: [{ step_name: 'a', condition: "get('$.agent.name') == 'Desk EU'" }] }
    expect(told(agent({ name: 'Desk EU' }, next))).toEqual([
      expect.stringContaining('`$.agent.name` is `Desk-EU` here'),
    ])
    expect(told(agent({ name: 'Desk' }, next))).toEqual([])
  })

  test('no entry', () => {
    const { first_step_name: _, ...rest } = agent({})
    expect(told(rest)).toEqual([
      'error : `first_step_name` is missing: the step to begin with; legal: a',
    ])
  })

  test('settings that mean nothing say nothing', () => {
    expect(
      told(agent({ skills: {}, compaction: { enabled: false }, tool_output_offloading: null })),
    ).toEqual([])
    const skills = { skills: { tone: {} } }
    expect(told(agent(skills, { allowed_skills: [] }))).toEqual([])
  })
})

describe('where things stand', () => {
  test('paths of the spec lead to places of the document', () => {
    const { original } = read(
      agent(
        { model: { name: 'gpt-5' }, tool_configurations: { t: { type: 'client' } } },
        {
          next_steps: [{ step_name: 'a', condition: 'x' }],
          output_parser: { type: 'structured', json_schema: { schema: {} } },
        },
      ),
    )
    expect(pathText(original(['steps', 'a', 'next', 0, 'when']))).toBe(
      'steps.a.next_steps[0].condition',
    )
    expect(pathText(original(['steps', 'a', 'prompt']))).toBe('steps.a.instructions[0].template')
    expect(pathText(original(['steps', 'a', 'tools', 0]))).toBe('steps.a.allowed_tools[0]')
    expect(pathText(original(['steps', 'a', 'output', 'type']))).toBe(
      'steps.a.output_parser.json_schema.schema.type',
    )
    expect(pathText(original(['tools', 't', 'input']))).toBe('tool_configurations.t.input_schema')
    expect(pathText(original(['model']))).toBe('model.name')
    expect(pathText(original(['gates', 'g']))).toBe('gates.g')
  })
})

describe('what is a document of Vectara', () => {
  test.each<[string, Json, boolean]>([
    ['the seed', JSON.parse(SEED), true],
    ['an agent with one step', { first_step: {} }, true],
    ['steps in its words, without an entry', { steps: { a: { next_steps: [] } } }, true],
    ['a canonical workflow', { workflow: 'w', steps: { a: { prompt: 'p' } } }, false],
    ['one that mixes both', { workflow: 'w', first_step_name: 'a', steps: {} }, false],
    ['a list of steps', { steps: [{ prompt: 'p' }] }, false],
    ['nothing', null, false],
    ['a text', 'first_step_name', false],
  ])('%s: %#', (_, value, is) => {
    expect(recogniseDialect(value) !== null).toBe(is)
  })
})
