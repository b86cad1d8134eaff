import { describe, expect, it } from 'vitest'
import { compile } from './compile/compile.ts'
import { costOf, priceOf, unpriced } from './prices.ts'
import type { WorkflowSpec } from './spec.ts'

const none = { prices: new Map(), outer: null }
const price = { input: 1, output: 2, cached: 0.5 }

describe('a price', () => {
  it("is the workflow's word before the outer workflows' and the built-in table", () => {
    const outer = { prices: new Map([['openai/gpt-5', price]]), outer: null }
    expect(priceOf('openai/gpt-5', { prices: new Map(), outer })).toBe(price)
    const own = { input: 9, output: 9 }
    expect(priceOf('openai/gpt-5', { prices: new Map([['openai/gpt-5', own]]), outer })).toBe(own)
  })
  it("of a snapshot is its model's", () => {
    expect(priceOf('openai/gpt-5-mini', none)).not.toBeNull()
    for (const name of ['openai/gpt-5-mini-2025-08-07', 'anthropic/claude-haiku-4-5-20251001']) {
      expect(priceOf(name, none)).toEqual(priceOf(name.replace(/-2025.*/, ''), none))
    }
  })
  it('is not guessed: an unknown model, a longer name and an inherited member have none', () => {
    for (const name of [
      'openai/gpt-99',
      'openai/gpt-5-minimal',
      'constructor',
      '__proto__',
      null,
    ]) {
      expect(priceOf(name, none)).toBeNull()
    }
  })
  it('makes the cost, what was cached at its own price', () => {
    expect(costOf(price, { input: 1_000_000, output: 500_000 })).toBe(2)
    expect(costOf(price, { input: 1_000_000, output: 0, cached: 1_000_000 })).toBe(0.5)
    expect(costOf({ input: 1, output: 2 }, { input: 1_000_000, output: 0, cached: 500_000 })).toBe(
      1,
    )
  })
})

describe('a budget in USD', () => {
  const issues = (spec: Partial<WorkflowSpec>): readonly string[] => {
    const compiled = compile(
      { workflow: 'w', steps: { work: { prompt: 'Go.' } }, ...spec },
      { tools: new Map() },
    )
    return compiled.ok
      ? []
      : compiled.issues.map((each) => `${each.path.join('.')} ${each.message}`)
  }
  it('does not compile with a model whose price is unknown, and says what to add', () => {
    const [issue = ''] = issues({ model: 'acme/x', budget: { usd: 1 } })
    expect(issue).toMatch(/^model .*what acme\/x costs is not known.*`acme\/x: \{ input: …/)
    expect(issues({ model: 'acme/x', budget: { turn: { usd: 1 } } })).toHaveLength(1)
    const steps = { work: { prompt: 'Go.', model: 'acme/x', budget: { usd: 1 } } }
    expect(issues({ steps })[0]).toMatch(/^steps\.work\.model /)
  })
  it('compiles where the price is given, or where no limit is in USD', () => {
    expect(issues({ model: 'acme/x', budget: { usd: 1 }, prices: { 'acme/x': price } })).toEqual([])
    expect(issues({ model: 'acme/x', budget: { tokens: 1 } })).toEqual([])
    expect(issues({ model: 'openai/gpt-5-mini', budget: { usd: 1 } })).toEqual([])
    const other = { prompt: 'Go.', budget: { usd: 1 }, model: 'openai/gpt-5-mini' }
    expect(issues({ model: 'acme/x', steps: { a: { prompt: 'Go.' }, b: other } })).toEqual([])
  })
  it('holds for sub-workflows too, whose models the outer workflow may price', () => {
    const item = compile(
      { workflow: 'item', model: 'acme/x', steps: [{ prompt: 'Go.' }] },
      { tools: new Map() },
    )
    if (!item.ok) throw new Error('item')
    const fan = (prices: WorkflowSpec['prices']): readonly string[] => {
      const spec: WorkflowSpec = {
        workflow: 'fan',
        budget: { usd: 1 },
        steps: [{ each: [1], run: 'item' }],
        ...(prices === undefined ? {} : { prices }),
      }
      const workflows = new Map([['item', item.plan]])
      const compiled = compile(spec, { tools: new Map(), workflows })
      return compiled.ok ? [] : compiled.issues.map((each) => each.message)
    }
    expect(fan(undefined)[0]).toContain('acme/x')
    expect(fan({ 'acme/x': price })).toEqual([])
  })
  it("asks for the price of the run's own choice of model, or for a model", () => {
    const compiled = compile(
      { workflow: 'w', budget: { usd: 1 }, steps: [{ prompt: 'Go.' }] },
      { tools: new Map() },
    )
    if (!compiled.ok) throw new Error('w')
    expect(unpriced(compiled.plan, null)).toEqual([{ workflow: 'w', step: 'step-1', model: null }])
    expect(unpriced(compiled.plan, 'acme/x')).toMatchObject([{ model: 'acme/x' }])
    expect(unpriced(compiled.plan, 'openai/gpt-5')).toEqual([])
  })
})
