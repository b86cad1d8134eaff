import { describe, expect, it } from 'vitest'
import { compile } from './compile.ts'
import { pathText } from '../issue.ts'
import type { SlotSpec } from '../chain-spec.ts'
import type { PlanSlot } from '../plan.ts'
import type { WorkflowSpec } from '../spec.ts'

type Slots = Readonly<Record<string, SlotSpec>>

function compiled(slots: Slots, more: Partial<WorkflowSpec> = {}): ReturnType<typeof compile> {
  const tools = new Map([['pay', { about: 'x', input: { type: 'object' } }]])
  const steps = { a: { prompt: 'x', tools: ['pay'] } }
  return compile({ workflow: 'w', slots, steps, ...more }, { tools })
}

function issues(slots: Slots, more: Partial<WorkflowSpec> = {}): readonly string[] {
  const result = compiled(slots, more)
  if (result.ok) return []
  return result.issues.map(({ path, message }) => `${pathText(path)}: ${message}`)
}

function slot(spec: SlotSpec): PlanSlot | undefined {
  const result = compiled({ some_name: spec })
  return result.ok ? result.plan.slots.get('some_name') : undefined
}

const tone: SlotSpec = { type: 'choice', options: ['formal', 'warm'] }

describe('a slot', () => {
  it('has a question and its defaults', () => {
    expect(slot({ type: 'text' })).toMatchObject({
      question: 'What is some name?',
      required: false,
      fallback: null,
      options: [],
    })
  })
  it('is named to the model that may ask for it', () => {
    const steps = { a: { prompt: 'x', tools: ['request_input'] } }
    const result = compiled(
      { tone: { ...tone, question: 'Which tone?', required: true } },
      { steps },
    )
    expect(result.ok && result.plan.tools.get('request_input')?.about).toContain(
      'tone (Which tone? choice of formal, warm required)',
    )
  })
  it('waits for slots by name, for one or several, or with their values', () => {
    const waits = (on: SlotSpec['depends_on'] & {}): unknown => {
      const result = compiled({ tone, kind: tone, b: { type: 'text', depends_on: on } })
      return result.ok && [...(result.plan.slots.get('b')?.dependsOn ?? [])]
    }
    expect(waits('tone')).toEqual([['tone', null]])
    expect(waits(['tone', 'kind'])).toEqual([
      ['tone', null],
      ['kind', null],
    ])
    expect(waits({ tone: 'warm' })).toEqual([['tone', 'warm']])
  })
  it('that is required needs no step that asks: the kernel asks', () => {
    const result = compiled({ tone: { ...tone, required: true } })
    expect(result.ok && result.warnings.filter(({ path }) => path[0] === 'slots')).toEqual([])
  })
})

describe('what is wrong with a slot is said where it is, with what would be legal', () => {
  it.each<[Slots, string]>([
    [{ a: { type: 'choice' } }, 'slots.a: a choice slot needs `options`'],
    [{ a: { type: 'text', options: ['x'] } }, 'slots.a.options: `options` go with choice'],
    [{ a: { type: 'choice', options: ['x', 'X '] } }, 'slots.a.options[1]: "X " is no option'],
    [{ a: { ...tone, default: 'loud' } }, 'slots.a.default: the default does not fit'],
    [{ a: { type: 'date', default: '2026-02-30' } }, 'slots.a.default: the default does not fit'],
    [
      { a: { type: 'text', validation: { minLength: 'x' } } },
      'slots.a.validation.minLength: must be',
    ],
    [{ tone, b: { type: 'text', depends_on: 'tome' } }, 'did you mean tone?'],
    [{ a: { type: 'text', depends_on: 'a' } }, 'there is no other slot `a`'],
    [
      { tone, b: { type: 'text', depends_on: { tone: 'loud' } } },
      'slots.b.depends_on.tone: `tone` never is "loud"',
    ],
    [
      { a: { type: 'text', depends_on: 'b' }, b: { type: 'text', depends_on: 'a' } },
      'slots.a.depends_on: `a` waits for itself',
    ],
  ])('%j', (slots, message) => {
    expect(issues(slots)).toContainEqual(expect.stringContaining(message))
  })
  it('a value of several that may be chosen is one to wait for', () => {
    const on: SlotSpec = { type: 'multi_choice', options: ['mail', 'post'] }
    expect(issues({ on, b: { type: 'text', depends_on: { on: 'post' } } })).toEqual([])
    expect(issues({ on, b: { type: 'text', depends_on: { on: 'fax' } } })).not.toEqual([])
  })
})

describe('a slot that is written as a plain variable', () => {
  it('is warned of, with how it is read', () => {
    const input = { type: 'object', properties: {} }
    const result = compiled({ tone }, { input, steps: { a: { prompt: 'In {{tone}}' } } })
    expect(result.ok && result.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('the slot is {{slots.tone}}'),
    ])
  })
})

describe('what is published of an artifact', () => {
  it.each(["get('$.artifacts.letter.score') > 6", "get('$.artifacts.letter.vers') == 1"])(
    'has no other parts: %s',
    (allow) => {
      const [first] = issues({ tone }, { gates: { g: { on: 'pay', allow } } })
      expect(first).toMatch(/an artifact has no .*egal: chars, digest, media, ref, version/)
    },
  )
})

describe('a name that is no slot', () => {
  it.each<[Partial<WorkflowSpec>, string]>([
    [{ gates: { g: { on: 'pay', allow: "get('$.slots.tome') == 'warm'" } } }, 'gates.g.allow'],
    [{ gates: { g: { on: 'pay', from: { x: '$.slots.tome' } } } }, 'gates.g.from'],
    [{ steps: { a: { prompt: 'x', accept: ["get('$.slots.tome') != null"] } } }, 'steps.a.accept'],
    [{ steps: { a: { prompt: 'In {{slots.tome}}' } } }, 'steps.a.prompt'],
    [{ steps: { a: { prompt: "{{#if slots.tome == 'x'}}y{{/if}}" } } }, 'steps.a.prompt'],
    [{ artifacts: { n: { compose: { prompt: '{{slots.tome}}' } } } }, 'artifacts.n.compose.prompt'],
  ])('in %j is an error', (more, at) => {
    const [first] = issues({ tone }, more)
    expect(first).toContain(at)
    expect(first).toContain('did you mean tone?')
  })
  it('is none where the input itself has `slots`, or where no slot is read', () => {
    const input = { type: 'object', properties: { slots: { type: 'object' } } }
    const steps = { a: { prompt: 'In {{slots.tome}}, not slots.tome' } }
    expect(issues({ tone }, { input, steps })).toEqual([])
    expect(issues({ tone }, { steps: { a: { prompt: 'slots.tome {{steps.slots.x}}' } } })).toEqual(
      [],
    )
  })
  it('may stand in no instructions: they are written before anybody answers', () => {
    expect(issues({ tone }, { instructions: 'Be {{slots.tone}}.' })).toMatchObject([
      expect.stringContaining('in the prompt of a step'),
    ])
  })
})
