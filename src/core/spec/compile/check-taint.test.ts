import { describe, expect, it } from 'vitest'
import { compile } from './compile.ts'
import type { GateSpec, ToolSpec } from '../spec.ts'

function warnings(
  gates: Readonly<Record<string, GateSpec>>,
  tools: Readonly<Record<string, ToolSpec>> = { web: { client: true, effect: 'read' } },
): readonly string[] {
  const properties = { recipient: {}, userEmail: {}, note: {}, total: {} }
  const compiled = compile(
    {
      workflow: 'pay',
      tools: { ...tools, send: { client: true, trust: 'trusted', input: { properties } } },
      gates,
      steps: [{ prompt: 'Go.', tools: [...Object.keys(tools), 'send'] }],
    },
    { tools: new Map() },
  )
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.issues))
  return compiled.warnings.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('sensitive arguments of writes', () => {
  it('are named where an untrusted tool could choose their value', () => {
    expect(warnings({})).toEqual([
      'tools.send: `send` takes `recipient`, `userEmail`, and what untrusted `web` returns may choose the value: give a gate on it `clean: [recipient]` or `from`',
    ])
  })
  it('are left alone under `clean` or `from`, or without an untrusted tool', () => {
    const from = { userEmail: '$.input.email' }
    expect(warnings({ payee: { on: 'send', clean: ['recipient'] } })[0]).toContain(
      'takes `userEmail`',
    )
    expect(warnings({ payee: { on: 'send', clean: ['recipient'], from } })).toEqual([])
    expect(warnings({ payee: { on: 'send', clean: ['$.args[*]'] } })).toEqual([])
    expect(warnings({}, { web: { client: true, effect: 'read', trust: 'trusted' } })).toEqual([])
  })
})

describe('what a gate may name', () => {
  function errors(allow: string, rest: Partial<GateSpec> = {}): readonly string[] {
    const compiled = compile(
      {
        workflow: 'w',
        tools: { find: { client: true }, act: { client: true } },
        gates: { rule: { on: 'act', allow, ...rest } },
        steps: [{ prompt: 'Go.', tools: ['find', 'act'] }],
      },
      { tools: new Map() },
    )
    return compiled.ok ? [] : compiled.issues.map(({ message }) => message)
  }
  it.each([
    ["count(get('$.calls.find')) > 0", '`$.calls` is a list of all calls'],
    ["get('$.calls[-1].result') == 1", 'a call has no `result`'],
    ["count(get('$.calls[*].out')) > 0", 'a call has no `out`'],
    ["count(get('$.calls[?@.name == 1]')) > 0", 'a call has no `name`'],
    [`count(get("$.calls[?@.tool == 'fnd']")) > 0`, 'unknown tool `fnd`; did you mean find?'],
    ["get('$.user.order.last.id') == 1", 'has no `last`; did you mean latest?'],
  ])('%s', (allow, message) => {
    expect(errors(allow)).toEqual([expect.stringContaining(message)])
  })
  it.each([
    `last(get("$.calls[?@.tool == 'find' && @.output.id == $.args.id].output.items[?@.name == 'x']")) != null`,
    "get('$.user.anything.latest.id') == get('$.calls[0].args.id')",
    "count(get('$.user.anything.all[*].id')) > 0",
  ])('%s compiles', (allow) => {
    expect(errors(allow)).toEqual([])
  })
  it("takes `except` with on: '*' only, and names of tools in it", () => {
    expect(errors('true', { except: ['find'] })).toEqual([expect.stringContaining("on: '*'")])
    expect(errors('true', { on: '*', except: ['fnd'] })).toEqual([
      expect.stringContaining('did you mean find?'),
    ])
  })
})
