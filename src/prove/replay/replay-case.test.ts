import { describe, expect, test } from 'vitest'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import type { FileTool } from './case-file.ts'
import { replayCase, type Case, type Fate, type Happening } from './replay-case.ts'
import { loadVariant } from './stubbed-workflow.ts'

const described: readonly FileTool[] = [
  tool('look', { name: { type: 'string' } }, 'read'),
  tool('pay', { to: { type: 'string' }, amount: { type: 'number' } }, 'write'),
]

function tool(name: string, properties: FileTool['schema'], kind: string): FileTool {
  const schema = { type: 'object', properties, required: Object.keys(properties) }
  return { name, description: '', schema, kind }
}

const SERVE: WorkflowSpec = {
  workflow: 'pay',
  steps: { serve: { prompt: '{{message}}', tools: ['look', 'pay'] } },
}
const LOOK: Happening = {
  call: { name: 'look', args: { name: 'ann' } },
  outcome: { output: 'a-1' },
}
const PAID = { name: 'pay', args: { to: 'a-1', amount: 5 } }
const PAY: Happening = { call: PAID, outcome: { output: null } }

async function fates(
  spec: WorkflowSpec,
  happenings: readonly Happening[],
  person: Case['person'] = 'deny',
): Promise<readonly (Fate | null)[]> {
  const stubbed = await loadVariant(spec, { described, source: null })
  return replayCase(stubbed, { prompt: 'pay ann', happenings, person })
}

async function ran(...of: Parameters<typeof fates>): Promise<readonly (boolean | undefined)[]> {
  return (await fates(...of)).map((fate) => fate?.ran)
}

describe('a replayed case', () => {
  test('tries each call once, in order, and goes on after a refusal', async () => {
    const gates = { known: { on: 'pay', needs: ['look'] } }
    const [first, look, second] = await fates({ ...SERVE, gates }, [PAY, LOOK, PAY])
    expect(first).toMatchObject({ ran: false, asked: false, gates: ['known'] })
    expect(first?.message).toContain('needs a successful look first')
    expect([look?.ran, second?.ran]).toEqual([true, true])
  })

  test('gives a gate the recorded results, and no fact where a tool threw', async () => {
    const gates = { theirs: { on: 'pay', from: { to: '$.tools.look.outputs.all[*]' } } }
    expect(await ran({ ...SERVE, gates }, [LOOK, PAY])).toEqual([true, true])
    const failed: Happening = { ...LOOK, outcome: { error: 'not found' } }
    expect(await ran({ ...SERVE, gates }, [failed, PAY])).toEqual([true, false])
  })

  test("takes the user's yes for exactly one call", async () => {
    const gates = { confirm: { on: 'pay', confirm: true } as const }
    const yes: Happening = { user: { confirms: PAID } }
    const other: Happening = { user: { confirms: { ...PAID, args: { to: 'b-2', amount: 5 } } } }
    expect(await ran({ ...SERVE, gates }, [yes, PAY, PAY])).toEqual([undefined, true, false])
    expect(await ran({ ...SERVE, gates }, [other, PAY])).toEqual([undefined, false])
  })

  test('lets gates read what the user states, under its own name', async () => {
    const allow = "get('$.user.provides.latest.account') == get('$.args.to')"
    const gates = { stated: { on: 'pay', allow } }
    const stated: Happening = { user: { provides: { account: 'a-1' } } }
    expect(await ran({ ...SERVE, gates }, [PAY, stated, PAY])).toEqual([false, undefined, true])
  })

  test('has a person deny or approve what is held, and goes on', async () => {
    const gates = {
      large: { on: 'pay', allow: "get('$.args.amount') < 5", else: 'approve' } as const,
    }
    const denied = await fates({ ...SERVE, gates }, [PAY, LOOK])
    expect(denied).toMatchObject([{ ran: false, asked: true, gates: ['large'] }, { ran: true }])
    const approved = await fates({ ...SERVE, gates }, [PAY, LOOK], 'approve')
    expect(approved).toMatchObject([{ ran: true, asked: true }, { ran: true }])
  })

  test('has as many people approve as a gate wants, with the roles that it names', async () => {
    const approval = { approvers: 2, by: ['lead'] }
    const gates = { large: { on: 'pay', allow: 'false', else: 'approve', approval } as const }
    expect(await ran({ ...SERVE, gates }, [PAY], 'approve')).toEqual([true])
    const people = { kim: ['lead'], lee: ['lead'], mo: [] }
    expect(await ran({ ...SERVE, gates, people }, [PAY, LOOK], 'approve')).toEqual([true, true])
  })

  test('takes a recorded error as a refusal of the tool, which leaves its place under a limit free', async () => {
    const gates = { once: { on: 'pay', limit: { calls: 1 } } }
    const failed: Happening = { ...PAY, outcome: { error: 'no such account' } }
    const all = [true, true, false]
    expect(await ran({ ...SERVE, gates }, [failed, PAY, PAY])).toEqual(all)
    const tools = { pay: { client: true } as const }
    expect(await ran({ ...SERVE, tools, gates }, [failed, PAY, PAY])).toEqual(all)
  })

  test('goes on calling a tool that refuses many times in a row', async () => {
    const failed: Happening = { ...LOOK, outcome: { error: 'no such person' } }
    const many = Array.from({ length: 12 }, () => failed)
    const all = [...many, LOOK].map(() => true)
    expect(await ran(SERVE, [...many, LOOK])).toEqual(all)
    const tools = { look: { client: true } as const }
    expect(await ran({ ...SERVE, tools }, [...many, LOOK])).toEqual(all)
  })

  test('answers tools that the caller executes', async () => {
    const tools = { look: { client: true } as const }
    const gates = { theirs: { on: 'pay', from: { to: '$.tools.look.outputs.all[*]' } } }
    expect(await ran({ ...SERVE, tools, gates }, [LOOK, PAY])).toEqual([true, true])
  })

  test('refuses tools and arguments that the file does not list, whatever the workflow says', async () => {
    const open = { look: { client: true, input: { type: 'object' } } as const }
    const extra: Happening = {
      call: { name: 'look', args: { name: 'ann', all: true } },
      outcome: { output: null },
    }
    const other: Happening = { call: { name: 'steal', args: {} }, outcome: { output: null } }
    const [first, second] = await fates({ ...SERVE, tools: open }, [extra, other])
    expect(first).toMatchObject({ ran: false, gates: ['arguments'] })
    expect(second).toMatchObject({ ran: false, gates: ['unknown'] })
  })

  test('ends a step for a call of a later one, and tries it anyway where there is none', async () => {
    const steps = {
      find: { prompt: 'find', tools: ['look'], next: 'serve' },
      serve: { prompt: 'serve', tools: ['pay'] },
    }
    expect(await ran({ ...SERVE, steps }, [LOOK, PAY])).toEqual([true, true])
    const [, back] = await fates({ ...SERVE, steps }, [PAY, LOOK])
    expect(back).toMatchObject({ ran: false, gates: ['scope'] })
  })
})
