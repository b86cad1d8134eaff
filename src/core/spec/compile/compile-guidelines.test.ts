import { describe, expect, test } from 'vitest'
import type { Guideline, GuidelinesSpec } from '../guideline/guideline.ts'
import { parseSpec } from '../parse-spec.ts'
import type { WorkflowSpec } from '../spec.ts'
import { compile, type Compiled } from './compile.ts'

const VOICE: Guideline = { id: 'brand-voice', title: 'Brand voice', text: '- Be brief.' }
const FACTS: Guideline = { id: 'facts', title: 'Facts', text: 'Only facts.', always: true }
const texts = [VOICE, FACTS]

function compiled(guidelines: GuidelinesSpec, more: Partial<WorkflowSpec> = {}): Compiled {
  const steps = { talk: { prompt: 'Answer.' } }
  return compile({ workflow: 'w', steps, guidelines, ...more }, { tools: new Map() })
}

function errors(guidelines: GuidelinesSpec): readonly string[] {
  const result = compiled(guidelines)
  return result.ok ? [] : result.issues.map(({ message }) => message)
}

describe('the guidelines of a workflow', () => {
  test('those that are named, then those that always apply; nothing is matched unless it says so', () => {
    const result = compiled({ ids: ['brand-voice'], texts })
    const { guidelines } = result.ok ? result.plan : { guidelines: null }
    expect(guidelines?.required.map(({ id }) => id)).toEqual(['brand-voice', 'facts'])
    expect(guidelines).toMatchObject({ match: null, mode: 'fast', budget: 10_000 })
  })

  test('without names they are matched to the task', () => {
    const result = compiled({ texts, mode: 'deep', budget: 500 })
    expect(result.ok && result.plan.guidelines).toMatchObject({
      match: 'balanced',
      mode: 'deep',
      budget: 500,
      required: [{ id: 'facts' }],
    })
  })

  test('an unknown name is told with the nearest that are there', () => {
    expect(errors({ ids: ['brand_voise'], texts })).toEqual([
      'there is no guideline `brand_voise`; did you mean brand-voice? Legal: brand-voice, facts',
    ])
  })

  test('names that do not fit the budget even as summaries are told', () => {
    const long = { ...VOICE, summary: 'word '.repeat(600) }
    expect(
      errors({ ids: ['brand-voice'], texts: [{ ...long, text: 'x'.repeat(9_000) }], budget: 200 }),
    ).toEqual([
      expect.stringMatching(
        /^brand-voice need about \d+ tokens even as summaries, and the budget is 200/,
      ),
    ])
  })

  test('a gate that is said to enforce a rule must be there, and the rule too', () => {
    const claimed = { ...VOICE, enforced_by: { 'be brief': 'shrot', 'be loud': 'short' } }
    const gates = { short: { on: 'finish', allow: 'true' } }
    const result = compiled({ ids: [], texts: [claimed] }, { gates })
    expect(result.ok ? [] : result.issues.map(({ message }) => message)).toEqual([
      'guideline brand-voice: `enforced_by` names the gate `shrot`, and there is none; did you mean short? Legal: short',
      'guideline brand-voice: `enforced_by` speaks of “be loud”, and no rule does; rules: “Be brief.”',
    ])
  })

  test('an edited guideline is another definition; one that says the same is not', () => {
    const digest = (list: readonly Guideline[]): string => {
      const result = compiled({ ids: ['brand-voice'], texts: list })
      return result.ok ? result.plan.digest : ''
    }
    expect(digest(texts)).toBe(digest([{ ...VOICE }, FACTS]))
    expect(digest([{ ...VOICE, text: '- Be long.' }, FACTS])).not.toBe(digest(texts))
  })

  test('a mode without a match says that it does nothing', () => {
    const result = compiled({ ids: ['brand-voice'], mode: 'deep', texts })
    expect(result.ok && result.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('add `match: balanced`'),
    ])
  })

  test('a gate may not read what smart_guidelines answered', () => {
    const tools = { pay: { client: true, input: { type: 'object' } } } as const
    const allow = "get('$.tools.smart_guidelines.outputs.latest') != null"
    const result = compiled({ texts }, { tools, gates: { g: { on: 'pay', allow } } })
    expect(result.ok ? '' : result.issues[0]?.message).toMatch(/a gate may not read/)
  })
})

test.each([
  'brand-voice',
  { ids: 'brand-voice' },
  { mode: 'slow' },
  { budget: 0 },
  { id: ['brand-voice'] },
  ['../secret'],
])('%j does not parse', (guidelines) => {
  const parsed = parseSpec({ workflow: 'w', steps: { a: { prompt: 'x' } }, guidelines })
  expect(parsed.ok ? '' : parsed.issues[0]?.path[0]).toBe('guidelines')
})
