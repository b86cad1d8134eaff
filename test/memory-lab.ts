import { parse } from 'yaml'
import {
  createRuntime,
  memoryStore,
  type Json,
  type MemoryBank,
  type Mind,
  type MindRequest,
  type RunRecord,
  type Runtime,
  type Store,
  type WorkflowSpec,
} from '../src/index.ts'
import { parseScript, scriptedMind, type Script } from '../src/testing.ts'

/*
 * A shop with a memory, for memory.test.ts and memory-attacks.test.ts: what its model was sent,
 * and what its tools did.
 */

/** What a shop does for its customers, and which gates hold it. */
export const SHOP: WorkflowSpec = {
  workflow: 'shop',
  memory: {
    record: 'customer-{{customer_id}}',
    recall: true,
    memorize: { capture_tool_results: true },
  },
  tools: {
    get_customer: { effect: 'read' },
    transfer: { effect: 'write' },
    refund: { effect: 'write' },
    cancel_order: { effect: 'write' },
    close_account: { effect: 'write' },
  },
  gates: {
    theirs: {
      on: 'cancel_order',
      from: { order_id: '$.tools.get_customer.outputs.latest.orders[*]' },
    },
    asked: { on: 'close_account', confirm: true, else: 'refuse' },
    payee: { on: 'transfer', clean: ['account'], else: 'refuse' },
    verified: {
      on: 'refund',
      allow: "get('$.tools.get_customer.outputs.latest.verified') == true",
    },
  },
  steps: {
    talk: {
      prompt: 'Help.',
      tools: [
        'recall',
        'memorize',
        'get_customer',
        'transfer',
        'refund',
        'cancel_order',
        'close_account',
      ],
    },
  },
}

function scriptOf(text: string): Script {
  const parsed = parseScript(parse(text) ?? [])
  if (!parsed.ok) throw new Error(JSON.stringify(parsed))
  return parsed.script
}

export interface Lab {
  readonly runtime: Runtime
  readonly store: Store
  readonly done: string[]
  readonly asked: MindRequest[]
}

/** A runtime over a memory, whose model answers from a script. */
export function lab(
  script: string,
  on: {
    readonly memory: MemoryBank
    readonly tenant?: string | ((run: string) => string)
    readonly store?: Store
  },
): Lab {
  const done: string[] = []
  const asked: MindRequest[] = []
  const store = on.store ?? memoryStore()
  const scripted = scriptedMind(scriptOf(script))
  const mind: Mind = {
    answer: (request, context) => {
      asked.push({ ...request, messages: [...request.messages] })
      return scripted.answer(request, context)
    },
  }
  const input = { type: 'object' } as const
  const writes = ['transfer', 'refund', 'cancel_order', 'close_account'].map((name) => {
    const execute = (args: unknown): Json => {
      done.push(`${name} ${JSON.stringify(args)}`)
      return { done: true }
    }
    return [name, { about: name, input, execute }] as const
  })
  const customer = { verified: false, orders: ['o-1'] }
  const runtime = createRuntime({
    ...on,
    store,
    mind,
    env: {},
    tools: {
      ...Object.fromEntries(writes),
      get_customer: { about: 'the customer', input, execute: () => customer },
    },
  })
  return { runtime, store, done, asked }
}

type Gates = NonNullable<WorkflowSpec['gates']>

/** Plays one run to its rest, under the shop's gates or others. */
export async function play(
  { runtime }: Lab,
  input: Readonly<Record<string, string>> = { customer_id: 'c1', message: 'Hello' },
  { id, gates = SHOP.gates ?? {} }: { readonly id?: string; readonly gates?: Gates } = {},
): Promise<RunRecord> {
  const spec = { ...SHOP, gates }
  const run = await runtime.start(spec, { input, ...(id === undefined ? {} : { id }) })
  return run.done
}

/** All notes of a tenant, sorted. */
export async function textsOf(bank: MemoryBank, tenant = 'default'): Promise<readonly string[]> {
  return (await bank.list({ tenant, limit: 100 })).map(({ text }) => text).toSorted()
}
