import { describe, expect, it } from 'vitest'
import { pathText } from '../../core/spec/issue.ts'
import type { Json } from '../../core/spec/json.ts'
import { parseSpec } from '../../core/spec/parse-spec.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import type { Canonical, Surroundings } from '../canonical.ts'
import { recogniseDialect } from '../dialect.ts'
import { escapeTemplate } from './personize.ts'
import { modelName } from './personize-model.ts'
import { vectaraDialect } from '../vectara/vectara.ts'

const AROUND: Surroundings = {
  name: 'outreach',
  tools: new Map([['smart_guidelines', { about: 'Rules', module: null }]]),
  files: new Set(),
}

/** The first example of seed 0, word for word. */
const SALES = {
  steps: [
    {
      prompt:
        'Research {{company}}. Find their tech stack, recent funding, and key technical challenges.',
      tools: ['web_search', 'recall_pro'],
    },
    {
      prompt:
        'Find the VP of Engineering or equivalent technical leader. Look up their recent LinkedIn activity and publications.',
      tools: ['web_search'],
    },
    {
      prompt:
        'Draft a personalized cold email referencing specific details from your research. Follow the brand voice guidelines.',
    },
    {
      prompt:
        'Evaluate the draft against compliance rules. Score 1-10. If below 7, revise and re-score.',
    },
  ],
  personize: {
    governance: { guideline_ids: ['brand-voice', 'outreach-compliance'] },
    memory: { record_id: 'company-123', recall: true },
  },
}

const CRM = {
  steps: [{ prompt: 'Look up this lead in our CRM and draft a follow-up' }],
  tools: {
    crm_lookup: {
      description: 'Find a contact in our CRM',
      parameters: { type: 'object', properties: { email: { type: 'string' } } },
    },
  },
}

function read(value: Json): Canonical {
  const document = recogniseDialect(value)
  if (document === null) throw new Error('not recognised')
  expect(document.dialect).not.toBe(vectaraDialect)
  return document.dialect.read(document.value, AROUND)
}

function specOf(value: Json): WorkflowSpec {
  const { spec, issues } = read(value)
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([])
  const parsed = parseSpec(spec)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return parsed.spec
}

function errorsOf(value: Json): readonly string[] {
  return read(value).issues.map(({ path, message }) => `${pathText(path)}: ${message}`)
}

describe('a request body of seed 0 as a workflow', () => {
  it('keeps the steps in their order, each with its own tools (S0.1-S0.3, S0.40)', () => {
    const { workflow, steps, memory, budget, guidelines } = specOf(SALES)
    expect(workflow).toBe('outreach')
    expect(steps).toEqual([
      { prompt: SALES.steps[0]?.prompt, tools: ['web_search', 'recall_pro'] },
      { prompt: SALES.steps[1]?.prompt, tools: ['web_search'] },
      { prompt: SALES.steps[2]?.prompt, tools: [] },
      { prompt: SALES.steps[3]?.prompt, tools: [] },
    ])
    expect(memory).toEqual({ record: 'company-123', recall: true, memorize: false })
    expect(budget).toEqual({ iterations: 20 })
    expect(guidelines).toEqual({ ids: ['brand-voice', 'outreach-compliance'] })
  })

  it('gives a step without `tools` the tools of the caller, and one with `[]` none (S0.31, S0.41)', () => {
    const steps = [...CRM.steps, { prompt: 'Say it shorter.', tools: [] }]
    const spec = specOf({ ...CRM, steps })
    expect(spec.steps).toMatchObject([{ tools: ['crm_lookup'] }, { tools: [] }])
    expect(spec.tools).toEqual({
      crm_lookup: {
        client: true,
        effect: 'read',
        about: 'Find a contact in our CRM',
        input: { type: 'object', properties: { email: { type: 'string' } } },
      },
    })
  })

  it('reads tools as a list, nested or flat', () => {
    const parameters = { type: 'object', properties: {} }
    const spec = specOf({
      steps: [{ prompt: 'Go.' }],
      tools: [
        { type: 'function', function: { name: 'nested', parameters } },
        { type: 'function', name: 'flat', parameters },
      ],
    })
    expect(Object.keys(spec.tools ?? {})).toEqual(['nested', 'flat'])
  })

  it('sorts by `order`, and knows `max_steps`, the model and its settings', () => {
    const spec = specOf({
      model: 'gpt-5-mini',
      provider: 'openai',
      system_prompt: 'Be brief.',
      temperature: 0.5,
      max_tokens: 800,
      steps: [
        { prompt: 'second', order: 2 },
        { prompt: 'first', order: 1, max_steps: 3 },
      ],
    })
    expect(spec).toMatchObject({
      model: 'openai/gpt-5-mini',
      instructions: 'Be brief.',
      settings: { temperature: 0.5, max_output_tokens: 800 },
      steps: [{ prompt: 'first', budget: { iterations: 3 } }, { prompt: 'second' }],
    })
  })

  it('reads `memorize` in both of its places', () => {
    const steps = [{ prompt: 'Go.' }]
    const under = { memory: { record_id: 'r', memorize: true } }
    const beside = { memorize: { record_id: 'r', capture_tool_results: true } }
    expect(specOf({ steps, personize: under }).memory).toMatchObject({ memorize: true })
    expect(specOf({ steps, personize: beside }).memory).toEqual({
      record: 'r',
      recall: false,
      memorize: { capture_tool_results: true },
    })
  })

  it.each<readonly [string, Json, string]>([
    ['an unknown tool', { ...SALES, steps: [{ prompt: 'x', tools: ['web_serch'] }] }, 'web_search'],
    [
      '21 steps',
      { ...SALES, steps: Array.from({ length: 21 }, () => ({ prompt: 'x' })) },
      '20 steps',
    ],
    ['an empty prompt', { ...SALES, steps: [{ prompt: '' }] }, 'steps[0].prompt'],
    ['21 roundtrips', { ...SALES, steps: [{ prompt: 'x', max_steps: 21 }] }, 'steps[0].max_steps'],
    [
      'an order twice',
      {
        steps: [
          { prompt: 'x', order: 1 },
          { prompt: 'y', order: 1 },
        ],
      },
      'steps[1].order',
    ],
    [
      'an order missing',
      { steps: [{ prompt: 'x', order: 1 }, { prompt: 'y' }] },
      'steps[1]: `order`',
    ],
    [
      'a server tool taken',
      { ...CRM, tools: { smart_guidelines: { parameters: {} } } },
      'tools.smart_guidelines',
    ],
    ['recall of nobody', { ...SALES, personize: { memory: { recall: true } } }, 'record_id'],
    [
      'integrations',
      { ...SALES, personize: { mcp_integration_ids: ['x'] } },
      'mcp_integration_ids',
    ],
  ])('says what is wrong and where: %s', (_, value, words) => {
    expect(errorsOf(value).join('\n')).toContain(words)
  })

  it('leaves a canonical workflow and other lists of steps alone', () => {
    expect(recogniseDialect({ workflow: 'x', steps: [{ prompt: 'p', order: 1 }] })).toBeNull()
    expect(recogniseDialect({ steps: [{ prompt: 'p' }] })).toBeNull()
    expect(recogniseDialect({ personize: {}, steps: [{ promt: 'p' }] })).toBeNull()
  })
})

it('names models by their provider', () => {
  expect(modelName('gpt-5')).toBe('openai/gpt-5')
  expect(modelName('claude-x', 'bedrock')).toBe('amazon-bedrock/claude-x')
  expect(modelName('anthropic/claude', 'openrouter')).toBe('openrouter/anthropic/claude')
  expect(modelName('openai/gpt-5', 'openai')).toBe('openai/gpt-5')
  expect(modelName('stub')).toBe('stub')
})

it('escapes what must not be read as a template', () => {
  expect(escapeTemplate('a {{b}} {{{c}}}')).toBe('a \\{{b}} \\{{{c}}}')
})
