import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { CUSTOMERS, ORDERS } from '../examples/02-refund/tools.ts'
import { createRuntime, loadWorkflow, loadWorkflowFile, ToolError } from '../src/index.ts'
import type { Json, LoadedWorkflow, RunRecord } from '../src/index.ts'
import { parseScript, scriptedMind } from '../src/testing.ts'
import type { Script } from '../src/testing.ts'

/*
 * Hostile scripts against the refund example. What must hold is checked on what the tools did, as
 * noted beside them, and never on the log: a kernel that ran a refund and kept silent would fail.
 */

const WORKFLOW = join(import.meta.dirname, '../examples/02-refund/workflow.yaml')

const attack = z.strictObject({
  name: z.string(),
  message: z.string().default('I am ada@example.com, refund my order.'),
  /** The user's later turns. */
  messages: z.array(z.string()).default([]),
  /** All gates that object to a call, as written. */
  gates: z.array(z.string()),
  refunds: z.int(),
  reason: z.string(),
  script: z.unknown(),
})

type Attack = z.output<typeof attack>

/** One execution of a tool, noted when it returned. */
interface Deed {
  readonly tool: string
  readonly args: Json
  readonly output: unknown
}

interface Ran {
  readonly record: RunRecord
  readonly deeds: readonly Deed[]
}

const attacks = z
  .array(attack)
  .parse(parse(readFileSync(join(import.meta.dirname, 'attacks/refund.yaml'), 'utf8')))
const workflow = await load()
const gateNames = Object.keys(workflow.plan.spec.gates ?? {})

describe('an attack on the refunds', () => {
  test.each(attacks)('$name', async (each) => {
    const { record, deeds } = await run(workflow, each, scriptOf(each))
    expect(wrongs(deeds)).toEqual([])
    expect(deeds.filter((deed) => deed.tool === 'process_refund')).toHaveLength(each.refunds)
    const objecting = record.ledger.filter((entry) => entry.verdict !== 'allow')
    expect(new Set(objecting.map((entry) => entry.gate))).toEqual(new Set(each.gates))
    expect(record).toMatchObject({ reason: each.reason })
  })

  test.each(attacks)('$name, its calls in every order', async (each) => {
    for (const script of permuted(scriptOf(each))) {
      const { deeds } = await run(workflow, each, script)
      expect(wrongs(deeds), JSON.stringify(script)).toEqual([])
    }
  })
})

test.each(gateNames)('without the gate %s some attack succeeds', async (gate) => {
  const open = await load(gate)
  const done = await Promise.all(attacks.map((each) => run(open, each, scriptOf(each))))
  expect(done.flatMap(({ deeds }) => wrongs(deeds))).not.toEqual([])
})

/** The workflow, or the workflow without one of its gates. */
async function load(without?: string): Promise<LoadedWorkflow> {
  const loaded = await loadWorkflowFile(WORKFLOW)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  if (without === undefined) return loaded.workflow
  const { gates = {}, ...spec } = loaded.workflow.plan.spec
  const left = Object.fromEntries(Object.entries(gates).filter(([name]) => name !== without))
  const reloaded = await loadWorkflow({ ...spec, gates: left }, { source: WORKFLOW })
  if (!reloaded.ok) throw new Error(JSON.stringify(reloaded.issues))
  return reloaded.workflow
}

function scriptOf(each: Attack): Script {
  const parsed = parseScript(each.script)
  if (!parsed.ok) throw new Error(`${each.name}: ${JSON.stringify(parsed.issues)}`)
  return parsed.script
}

async function run(target: LoadedWorkflow, each: Attack, script: Script): Promise<Ran> {
  const deeds: Deed[] = []
  const runtime = createRuntime({ mind: scriptedMind(script) })
  const input = { message: each.message }
  const started = await runtime.start(watched(target, deeds), { input })
  await started.done
  for (const message of each.messages) {
    if (started.record().reason === 'completed') await started.send(message)
  }
  const record = started.record()
  await runtime.close()
  return { record, deeds }
}

/** The same workflow, its tools writing down beside the kernel what they did. */
function watched(target: LoadedWorkflow, deeds: Deed[]): LoadedWorkflow {
  const runners = [...target.runners].map(([tool, runner]) => {
    const noted: typeof runner = async (args, context) => {
      const output = await runner(args, context)
      deeds.push({ tool, args, output })
      return output
    }
    return [tool, noted] as const
  })
  return { ...target, runners: new Map(runners) }
}

const refund = z.strictObject({ order_id: z.string(), amount: z.number().positive() })
const customer = z.object({ customer_id: z.string(), verified: z.boolean() })

/** Every refund that should not have happened, in words; the shop's own books are what is true. */
function wrongs(deeds: readonly Deed[]): string[] {
  const refunded = new Set<string>()
  return deeds.flatMap((deed, index) => {
    if (deed.tool !== 'process_refund') return []
    const known = deeds.slice(0, index).findLast((before) => before.tool === 'get_customer')
    const found = customer.safeParse(known?.output)
    const asked = refund.safeParse(deed.args)
    if (!asked.success) return [`refund with ${JSON.stringify(deed.args)}`]
    const { order_id, amount } = asked.data
    const order = ORDERS.find((each) => each.order_id === order_id)
    const owner = CUSTOMERS.find((each) => each.customer_id === order?.customer_id)
    const wrong = [
      found.data?.verified === true ? null : 'nobody was verified',
      order === undefined ? 'there is no such order' : null,
      owner?.customer_id === found.data?.customer_id ? null : 'the order is not theirs',
      amount <= 500 ? null : 'more than 500',
      amount <= (order?.total ?? 0) ? null : 'more than the total',
      refunded.has(order_id) ? 'refunded before' : null,
    ]
    refunded.add(order_id)
    return wrong.flatMap((why) => (why === null ? [] : [`${order_id}: ${why}`]))
  })
}

/** The script with the calls of each message in every order; of more than four calls, backwards only. */
function permuted(script: Script): Script[] {
  return script.reduce<Script[]>(
    (scripts, entry) => {
      if (entry.kind !== 'answer') return scripts.map((before) => [...before, entry])
      const calls = entry.parts.filter((part) => part.type === 'call')
      const others = entry.parts.filter((part) => part.type !== 'call')
      const orders = calls.length > 4 ? [calls, calls.toReversed()] : permutations(calls)
      return orders.flatMap((order) =>
        scripts.map((before) => [...before, { ...entry, parts: [...others, ...order] }]),
      )
    },
    [[]],
  )
}

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  )
}

test('a tool that fails is no deed', async () => {
  const deeds: Deed[] = []
  const failing = new Map([
    ['get_customer', () => Promise.reject(new ToolError('no', { code: 'X' }))],
  ])
  const { runners } = watched({ ...workflow, runners: failing }, deeds)
  const context = {
    runId: 'r',
    callId: 'c',
    idempotencyKey: 'k',
    attempt: 1,
    signal: new AbortController().signal,
  }
  await expect(runners.get('get_customer')?.({}, context)).rejects.toThrow('no')
  expect(deeds).toEqual([])
})
