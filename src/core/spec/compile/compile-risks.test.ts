import { describe, expect, it } from 'vitest'
import { compile, type Compiled } from './compile.ts'
import type { WorkflowSpec } from '../spec.ts'

const risky = (spec: Partial<WorkflowSpec>): Compiled =>
  compile(
    {
      workflow: 'w',
      tools: { pay: { client: true, risk: 'low' } },
      steps: [{ prompt: 'Go.', tools: ['pay'] }],
      ...spec,
    },
    { tools: new Map() },
  )

const risks = { bank: { pay: 'high' }, shop: { pay: 'medium' } } as const
const messages = (compiled: Compiled): readonly string[] =>
  (compiled.ok ? compiled.warnings : compiled.issues).map((issue) => issue.message)

describe('tiers by domain (S4.39)', () => {
  it("go before the tool's own", () => {
    const bank = risky({ domain: 'bank', risks })
    expect(bank.ok && bank.plan.tools.get('pay')?.risk).toBe('high')
    const shop = risky({ domain: 'shop', risks })
    expect(shop.ok && shop.plan.tools.get('pay')?.risk).toBe('medium')
    const web = risky({ domain: 'bank', risks: { bank: { web_search: 'high' } } })
    expect(web.ok && web.plan.tools.get('web_search')?.risk).toBe('high')
  })
  it('must be of a domain and of tools that exist', () => {
    expect(messages(risky({ domain: 'banc', risks }))).toEqual([
      '`risks` has no domain `banc`; did you mean bank? Legal: bank, shop',
    ])
    expect(messages(risky({ domain: 'bank', risks: { bank: { pai: 'high' } } }))[0]).toMatch(
      /there is no tool `pai`; did you mean pay\?/,
    )
  })
  it('say so when no domain picks any', () => {
    expect(messages(risky({ risks }))).toContain(
      'no tier of these holds: set `domain` to one of bank, shop',
    )
  })
})
