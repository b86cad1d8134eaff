import { describe, expect, test } from 'vitest'
import type { WorkflowSpec } from '../spec.ts'
import { compile } from './compile.ts'

/** Issues of a workflow as `severity path message`, with a part of the message alone. */
function issuesOf(more: Partial<WorkflowSpec>): readonly string[] {
  const spec: WorkflowSpec = { workflow: 'w', steps: { a: { prompt: 'x' } }, ...more }
  const compiled = compile(spec, { tools: new Map() })
  const issues = compiled.ok ? compiled.warnings : compiled.issues
  return issues.map(({ severity, path, message }) => `${severity} ${path.join('.')} ${message}`)
}

const input = { type: 'object', properties: { customer_id: { type: 'string' } } }

describe('memory.record', () => {
  test('a variable of the input, the session, the user or a slot is fine', () => {
    expect(issuesOf({ input, memory: { record: 'c-{{customer_id}}' } })).toEqual([])
    expect(issuesOf({ memory: { record: '{{session.tenant}}/{{user.id.latest.x}}' } })).toEqual([])
  })

  test('one for all is doubtful, and a name that the input has not', () => {
    expect(issuesOf({ memory: { record: 'everybody' } })).toEqual([
      'warning memory.record every run shares the memory "everybody"; name whose it is, like customer-{{customer_id}}',
    ])
    expect(issuesOf({ input, memory: { record: 'c-{{costumer_id}}' } })[0]).toContain(
      'did you mean customer_id',
    )
  })

  test('what is only known later, or a model wrote, is an error that says what is legal', () => {
    for (const root of ['steps', 'tools', 'calls', 'artifacts', 'now', 'today']) {
      const [issue] = issuesOf({ memory: { record: `x-{{${root}.a}}` } })
      expect(issue).toMatch(new RegExp(`^error memory.record .*may not read \`${root}\`.*session`))
    }
  })

  test('a query is a template like a prompt', () => {
    const memory = { record: '{{session.id}}', recall: { query: 'about {{' } }
    expect(issuesOf({ memory })[0]).toMatch(/^error memory\.recall\.query /)
  })
})

describe('notes and a payee', () => {
  const tools = {
    pay: { client: true, effect: 'write', trust: 'trusted', input: { properties: { iban: {} } } },
  } as const
  const steps = { a: { prompt: 'x', tools: ['pay'] } }
  const memory = { record: '{{session.id}}', recall: true }

  test('an argument that a note may choose wants a gate', () => {
    expect(issuesOf({ tools, steps, memory })).toEqual([
      expect.stringMatching(/^warning tools\.pay .*untrusted `memory`.*clean: \[iban\]/),
    ])
    const gates = { payee: { on: 'pay', clean: ['iban'] } }
    expect(issuesOf({ tools, steps, memory, gates })).toEqual([])
    expect(issuesOf({ tools, steps, memory: { ...memory, recall: false } })).toEqual([])
  })

  test('also one that the tool recall finds', () => {
    const own = { a: { prompt: 'x', tools: ['pay', 'recall'] } }
    const [issue] = issuesOf({ tools, steps: own, memory: { record: '{{session.id}}' } })
    expect(issue).toContain('untrusted `recall`')
  })
})

describe('recall without a record', () => {
  test('finds the notes of all, so that it is doubtful; once', () => {
    const steps = {
      a: { prompt: 'x', tools: ['recall_pro'] },
      b: { prompt: 'x', tools: ['recall'] },
    }
    const found = issuesOf({ steps, start: 'a' }).filter((issue) => issue.includes('every record'))
    expect(found).toEqual([expect.stringMatching(/^warning steps\.a\.tools `recall_pro`/)])
  })

  test('a declared tool of that name is another', () => {
    const tools = { recall: { client: true } } as const
    expect(issuesOf({ tools, steps: { a: { prompt: 'x', tools: ['recall'] } } })).toEqual([])
  })
})
