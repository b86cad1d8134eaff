import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTool, ToolError } from '../core/spec/define.ts'
import type { Event } from '../core/log/event.ts'
import type { Json, JsonObject } from '../core/spec/json.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { parseScript } from '../mind/script.ts'
import { recordingMind } from '../mind/recorder.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { memoryStore } from '../store/memory.ts'
import { sqliteStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import type { Run } from './run.ts'
import { createRuntime, type Runtime } from './runtime.ts'
import type { RuntimeOptions } from './runtime-options.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-secrets-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const KEY = Buffer.alloc(32, 7).toString('base64')
const OTHER_KEY = Buffer.alloc(32, 9).toString('hex')
const TOKEN = 'tok/live "4f9a" ünï=='
const REFERENCE = /^secret:[\w-]{22}$/

const SECRET: JsonObject = { type: 'string', secret: true }

/** Pays with the token of the input; everything over 10 waits for an approval. */
const workflow: WorkflowSpec = {
  workflow: 'desk',
  instructions: 'The token is {{token}}.',
  input: {
    type: 'object',
    required: ['token'],
    properties: { token: { ...SECRET, minLength: 8 }, message: { type: 'string' } },
  },
  gates: {
    own: { on: 'pay', from: { token: '$.input.token' } },
    big: { on: 'pay', allow: "get('$.args.amount') < 10", else: 'approve' },
  },
  steps: { act: { prompt: 'Pay with {{token}}.', tools: ['pay', 'mail', 'issue'] } },
}

interface Desk {
  readonly runtime: Runtime
  readonly store: Store
  /** What the tools were given, in order. */
  readonly ran: [string, Json][]
}

function desk(
  script: readonly object[],
  of: Partial<RuntimeOptions> & { readonly throws?: string } = {},
): Desk {
  const { throws, ...options } = of
  const parsed = parseScript(script)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const ran: [string, Json][] = []
  const note = (tool: string, args: Json): void => {
    ran.push([tool, args])
    if (throws !== undefined) {
      throw new ToolError(`${throws} was turned down`, {
        code: 'DECLINED',
        details: { [throws]: throws },
      })
    }
  }
  const tools = {
    pay: defineTool({
      about: 'Pay',
      input: {
        type: 'object',
        properties: { token: { ...SECRET, minLength: 8 }, amount: { type: 'number' } },
      },
      execute(args: { readonly token: string; readonly amount: number }) {
        note('pay', { ...args })
        return { paid: args.amount, with: `token=${args.token}` }
      },
    }),
    mail: defineTool({
      about: 'Mail',
      input: { type: 'object', properties: { body: { type: 'string' } } },
      execute(args: { readonly body: string }) {
        note('mail', { ...args })
        return { sent: true }
      },
    }),
    issue: defineTool({
      about: 'Issue a key',
      input: { type: 'object', properties: {} },
      output: { type: 'object', properties: { keys: { type: 'array', items: SECRET } } },
      execute() {
        note('issue', {})
        return { keys: ['issued-key-0001', 'pin'] }
      },
    }),
  }
  const store = options.store ?? memoryStore()
  const mind = options.mind ?? scriptedMind(parsed.script)
  return { runtime: createRuntime({ env: {}, ...options, store, mind, tools }), store, ran }
}

async function refOf(runtime: Runtime): Promise<string> {
  const run = await runtime.start(workflow, { input: { token: TOKEN }, id: 'probe' })
  await run.done
  for await (const event of run.events()) {
    if (event.type === 'run.started') return JSON.stringify(event.input['token']).slice(1, -1)
  }
  return ''
}

async function eventsOf(run: Run): Promise<readonly Event[]> {
  const events: Event[] = []
  for await (const event of run.events()) events.push(event)
  return events
}

/** Everything in a folder, as bytes that may be searched. */
function bytesIn(path: string): string {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((name) => statSync(name).isFile())
    .map((name) => readFileSync(name, 'latin1'))
    .join('\n')
}

/** A secret as any of these might write it. */
function tracesOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  return [
    secret,
    bytes.toString('latin1'),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(JSON.stringify(secret).slice(1, -1)).toString('latin1'),
    encodeURIComponent(secret),
    bytes.toString('base64'),
    bytes.toString('hex'),
  ]
}

function expectNoTrace(text: string, secret = TOKEN): void {
  expect(tracesOf(secret).filter((trace) => text.includes(trace))).toEqual([])
}

describe('Law 17: a secret', () => {
  const paying = (ref: string): readonly object[] => [
    { call: 'pay', args: { token: ref, amount: 5 } },
    { text: `Paid with ${TOKEN}.` },
  ]

  test('is a reference everywhere but in the tool that is given it', async () => {
    const probe = desk([{ text: 'hello' }], { secretKey: KEY })
    const ref = await refOf(probe.runtime)
    expect(ref).toMatch(REFERENCE)
    const asked: string[] = []
    const heard: string[] = []
    const script = parseScript(paying(ref))
    if (!script.ok) throw new Error('a bad script')
    const scripted = scriptedMind(script.script)
    const { runtime, ran } = desk([], {
      secretKey: KEY,
      mind: {
        answer: (request, context) => {
          asked.push(JSON.stringify(request))
          return scripted.answer(request, context)
        },
      },
    })
    const run = await runtime.start(workflow, {
      input: { token: TOKEN, message: `My token is ${TOKEN}` },
      session: { note: TOKEN },
      onText: (delta) => heard.push(delta),
    })
    const record = await run.done
    expect(record.reason).toBe('completed')
    expect(ran).toEqual([['pay', { token: TOKEN, amount: 5 }]])
    const events = await eventsOf(run)
    expectNoTrace(JSON.stringify([events, record, asked, heard.join('')]))
    expect(JSON.stringify(events)).toContain(`"with":"token=${ref}"`)
    expect(asked.join('')).toContain(ref)
    expect(heard.join('')).toBe(`Paid with ${ref}.`)
  })

  test('that a model writes itself becomes a reference that gates compare', async () => {
    const { runtime, ran } = desk([
      {
        calls: [
          { tool: 'pay', args: { token: TOKEN, amount: 5 } },
          { tool: 'pay', args: { token: 'another-token', amount: 5 } },
        ],
      },
      { text: 'done' },
    ])
    const run = await runtime.start(workflow, { input: { token: TOKEN } })
    const record = await run.done
    expect(ran).toEqual([['pay', { token: TOKEN, amount: 5 }]])
    expect(
      record.ledger.filter(({ gate }) => gate === 'own').map(({ verdict }) => verdict),
    ).toEqual(['allow', 'refuse'])
    expectNoTrace(JSON.stringify(record), 'another-token')
  })

  test('goes nowhere that a schema does not mark: a mail gets the reference', async () => {
    const ref = await refOf(desk([{ text: 'hello' }], { secretKey: KEY }).runtime)
    const { runtime, ran } = desk(
      [
        {
          calls: [
            { tool: 'mail', args: { body: `take ${ref}` } },
            { tool: 'mail', args: { body: `or ${TOKEN}` } },
          ],
        },
        { text: 'done' },
      ],
      { secretKey: KEY },
    )
    await (
      await runtime.start(workflow, { input: { token: TOKEN } })
    ).done
    expect(ran).toEqual([
      ['mail', { body: `take ${ref}` }],
      ['mail', { body: `or ${ref}` }],
    ])
  })

  test('of a result is a reference, also a short one', async () => {
    const { runtime } = desk([{ call: 'issue', args: {} }, { text: 'issued-key-0001 it is' }])
    const run = await runtime.start(workflow, { input: { token: TOKEN } })
    await run.done
    const text = JSON.stringify(await eventsOf(run))
    expectNoTrace(text, 'issued-key-0001')
    expect(text).not.toContain('"pin"')
    expect(text.match(/secret:[\w-]{22} it is/)).not.toBeNull()
  })

  test('in what a tool throws is a reference', async () => {
    const { runtime } = desk(
      [{ call: 'pay', args: { token: TOKEN, amount: 5 } }, { text: 'failed' }],
      { throws: TOKEN },
    )
    const run = await runtime.start(workflow, { input: { token: TOKEN } })
    const record = await run.done
    expectNoTrace(JSON.stringify([record, await eventsOf(run)]))
    expect(JSON.stringify(record)).toContain('was turned down')
  })

  test('is checked in plain before it is taken, and again before the tool runs', async () => {
    const { runtime, ran } = desk([
      { call: 'pay', args: { token: 'short', amount: 5 } },
      { text: 'done' },
    ])
    await expect(runtime.start(workflow, { input: { token: 'short' } })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    const run = await runtime.start({ ...workflow, gates: {} }, { input: { token: TOKEN } })
    await run.done
    const events = await eventsOf(run)
    expect(events.find(({ type }) => type === 'tool.failed')).toMatchObject({
      error: { code: 'VALIDATION', executed: false },
    })
    expect(ran).toEqual([])
  })

  test("is marked by zod's meta, and zod is asked about the plain value alone", async () => {
    const given: string[] = []
    const login = defineTool({
      about: 'Log in',
      input: z.object({ key: z.string().regex(/^sk-/).meta({ secret: true }) }),
      execute({ key }) {
        given.push(key)
        return { ok: true }
      },
    })
    const script = parseScript([
      { call: 'login', args: { key: 'pk-wrong-key' } },
      { call: 'login', args: { key: 'sk-right-key' } },
      { text: 'in' },
    ])
    if (!script.ok) throw new Error('a bad script')
    const runtime = createRuntime({ tools: { login }, mind: scriptedMind(script.script), env: {} })
    const steps = { act: { prompt: 'Log in.', tools: ['login'] } }
    const run = await runtime.start({ workflow: 'w', steps })
    await run.done
    expect(given).toEqual(['sk-right-key'])
    const events = await eventsOf(run)
    expect(events.filter(({ type }) => type === 'tool.failed')).toMatchObject([
      { error: { code: 'VALIDATION', executed: false } },
    ])
    for (const key of ['pk-wrong-key', 'sk-right-key']) expectNoTrace(JSON.stringify(events), key)
  })

  test('is not in a recording, and the recording says the same again', async () => {
    const script = parseScript([
      { call: 'pay', args: { token: TOKEN, amount: 5 } },
      { text: `with ${TOKEN}` },
    ])
    if (!script.ok) throw new Error('a bad script')
    let recorded = ''
    const recorder = recordingMind(scriptedMind(script.script), async (text) => {
      recorded = text
    })
    const { runtime } = desk([], { mind: recorder, secretKey: KEY })
    await (
      await runtime.start(workflow, { input: { token: TOKEN } })
    ).done
    await recorder.save()
    expectNoTrace(recorded)
    expect(recorded).toMatch(/token: secret:/)
  })
})

describe('Law 17: a secret on other ways into the log', () => {
  test("is given to a sub-run as a reference, and to the sub-run's tool in plain", async () => {
    const { runtime, ran } = desk([
      { call: 'sub', args: { token: TOKEN } },
      { call: 'pay', args: { token: TOKEN, amount: 5 } },
      { text: `paid with ${TOKEN}` },
      { text: 'done' },
    ])
    const sub: WorkflowSpec = {
      workflow: 'sub',
      input: { type: 'object', properties: { token: SECRET } },
      steps: { act: { prompt: 'Pay with {{token}}.', tools: ['pay'] } },
    }
    const run = await runtime.start(
      {
        workflow: 'root',
        tools: { sub: { workflow: sub } },
        steps: { act: { prompt: 'Go.', tools: ['sub'] } },
      },
      { input: { message: 'no secret yet' } },
    )
    const record = await run.done
    expect([record.reason, ran]).toEqual(['completed', [['pay', { token: TOKEN, amount: 5 }]]])
    expectNoTrace(JSON.stringify([record, await eventsOf(run)]))
  })

  test('is hidden in results of client tools, messages, confirmations and statements', async () => {
    const { runtime } = desk([
      { call: 'login', args: {} },
      { text: 'hello' },
      { text: 'hello again' },
    ])
    const output: JsonObject = { type: 'object', properties: { session: SECRET } }
    const run = await runtime.start(
      {
        ...workflow,
        tools: { login: { client: true, input: { type: 'object' }, output } },
        steps: { act: { prompt: 'Act.', tools: ['login', 'pay'] } },
      },
      { input: { token: TOKEN } },
    )
    const { pending = [] } = await run.done
    const call = pending[0]?.call ?? ''
    await run.answer([{ call, output: { session: 'session-0815', seen: [TOKEN, 'session-0815'] } }])
    await run.confirm({ tool: 'pay', args: { token: 'confirmed-token', amount: 5 } })
    await run.state('order', { note: `${TOKEN} session-0815 confirmed-token` })
    await run.send({ token: 'sent-token', message: `sent-token ${TOKEN}` })
    const text = JSON.stringify([run.record(), await eventsOf(run)])
    for (const secret of [TOKEN, 'session-0815', 'confirmed-token', 'sent-token']) {
      expectNoTrace(text, secret)
    }
  })

  test('that is called like what a gate looks for changes no fact (Law 3)', async () => {
    for (const allow of [
      "get('$.tools.look.outputs.latest.status') != 'blocked'",
      "not contains(get('$.tools.look.outputs.latest.status'), 'block')",
      'count(get("$.tools.look.outputs.all[?@.status == \'blocked\']")) == 0',
      "get('$.tools.look.outputs.latest.owes') < 5000",
      "count(get('$.tools.look.outputs.all[?@.owes > 5000]')) == 0",
    ]) {
      for (const token of ['blocked', 'was blocked by fraud', '1000000']) {
        const parsed = parseScript([
          { call: 'look', args: {} },
          { call: 'act', args: {} },
          { text: 'done' },
        ])
        if (!parsed.ok) throw new Error('a bad script')
        const status = token.includes('fraud') && allow.includes('contains') ? token : 'blocked'
        let acted = false
        const input = { type: 'object', properties: {} }
        const look = defineTool({
          about: 'Look',
          input,
          execute: () => ({ status, owes: 1000000 }),
        })
        const act = defineTool({ about: 'Act', input, execute: () => (acted = true) })
        const mind = scriptedMind(parsed.script)
        const runtime = createRuntime({ tools: { look, act }, mind, env: {} })
        const gates = { open: { on: 'act', needs: ['look'], allow } }
        const steps = { act: { prompt: 'Act.', tools: ['look', 'act'] } }
        const spec: WorkflowSpec = {
          workflow: 'w',
          input: { properties: { token: SECRET } },
          gates,
          steps,
        }
        await (
          await runtime.start(spec, { input: { token } })
        ).done
        expect([allow, token, acted]).toEqual([allow, token, false])
      }
    }
  })

  test('that looks like a word of the log changes none of it', async () => {
    const { runtime, ran } = desk([
      { call: 'pay', args: { token: 'completed', amount: 5 } },
      { text: 'completed' },
    ])
    const run = await runtime.start(workflow, { input: { token: 'completed' } })
    const record = await run.done
    expect([record.reason, ran]).toEqual([
      'completed',
      [['pay', { token: 'completed', amount: 5 }]],
    ])
    expect(record.steps.at(-1)?.text).toMatch(REFERENCE)
  })
})

describe('Law 17: over restarts, a secret', () => {
  const big = [{ call: 'pay', args: { token: TOKEN, amount: 50 } }, { text: `Paid with ${TOKEN}` }]
  let count = 0

  /** A run that waits for an approval in a file of its own; its store is closed. */
  async function waiting(keys: Partial<RuntimeOptions>): Promise<string> {
    const home = join(folder, `home-${(count += 1)}`)
    const store = sqliteStore(join(home, 'lockstep.db'))
    const { runtime } = desk(big, { store, ...keys })
    const run = await runtime.start(workflow, { input: { token: TOKEN }, id: 'r' })
    expect((await run.done).reason).toBe('needs_approval')
    expectNoTrace(bytesIn(home))
    await store.close()
    return home
  }

  test('is in no file, and an approved call still gets it', async () => {
    const home = await waiting({ secretKey: KEY })
    const store = sqliteStore(join(home, 'lockstep.db'))
    const { runtime, ran } = desk(big, { store, env: { LOCKSTEP_SECRET_KEY: KEY } })
    const run = await runtime.open('r')
    expect((await run.approve({ by: 'ana' })).reason).toBe('completed')
    expect(ran).toEqual([['pay', { token: TOKEN, amount: 50 }]])
    await store.close()
    expectNoTrace(bytesIn(home))
  })

  test('cannot be read with another key: the call fails and nothing runs', async () => {
    const home = await waiting({ secretKey: KEY })
    const store = sqliteStore(join(home, 'lockstep.db'))
    const { runtime, ran } = desk(big, { store, secretKey: OTHER_KEY })
    const run = await runtime.open('r')
    await run.approve({ by: 'ana' })
    const events = await eventsOf(run)
    expect(events.find(({ type }) => type === 'tool.failed')).toMatchObject({
      error: { code: 'SECRET_UNREADABLE', executed: false },
    })
    expect(ran).toEqual([])
    await store.close()
  })

  test('needs a key where runs are kept; without one a run can still be read and cancelled', async () => {
    const home = await waiting({ secretKey: KEY })
    const store = sqliteStore(join(home, 'lockstep.db'))
    const { runtime } = desk(big, { store })
    await expect(runtime.start(workflow, { input: { token: TOKEN } })).rejects.toMatchObject({
      code: 'no_secret_key',
    })
    const run = await runtime.open('r')
    await expect(run.approve({ by: 'ana' })).rejects.toMatchObject({ code: 'no_secret_key' })
    expect((await run.cancel()).reason).toBe('cancelled')
    const wrong = desk(big, { store, secretKey: 'c2hvcnQ=' })
    await expect(wrong.runtime.start(workflow, { input: { token: TOKEN } })).rejects.toMatchObject({
      code: 'invalid_secret_key',
      message: 'secret key 1 has 5 bytes, not 32',
    })
    await store.close()
  })

  test('is read with an old key after a change of keys, and stays the same reference', async () => {
    const home = await waiting({ secretKey: KEY })
    const store = sqliteStore(join(home, 'lockstep.db'))
    const { runtime, ran } = desk(big, { store, secretKey: `${OTHER_KEY}\n${KEY}` })
    const run = await runtime.open('r')
    expect((await run.approve({ by: 'ana', args: { token: TOKEN, amount: 50 } })).reason).toBe(
      'completed',
    )
    expect(ran).toHaveLength(1)
    await store.close()
  })

  test('means nothing in another run, whoever has read its reference', async () => {
    const store = memoryStore()
    const owner = desk([{ text: 'hello' }], { store })
    const ref = await refOf(owner.runtime)
    const thief = desk([{ call: 'pay', args: { token: ref, amount: 5 } }, { text: 'done' }], {
      store,
    })
    const run = await thief.runtime.start(
      { ...workflow, gates: {} },
      { input: { token: 'a token of mine' } },
    )
    await run.done
    expect(thief.ran).toEqual([])
    // Nor as an input, and after a restart neither.
    const again = await (
      await thief.runtime.open(run.id)
    ).send({ token: ref, message: `use ${ref}` })
    expect([again.reason, thief.ran]).toEqual(['model_failed', []])
  })

  test('comes along into a fork', async () => {
    const store = memoryStore()
    const { runtime } = desk([{ text: 'hello' }], { store, secretKey: KEY })
    const ref = await refOf(runtime)
    const copy = desk(
      [{ text: 'hello' }, { call: 'pay', args: { token: ref, amount: 5 } }, { text: 'done' }],
      { store, secretKey: KEY },
    )
    await copy.runtime.fork('probe', { id: 'copy' })
    const twice = await copy.runtime.fork('copy', { id: 'twice' })
    await twice.send('pay')
    expect(copy.ran).toEqual([['pay', { token: TOKEN, amount: 5 }]])
  })
})

test('Law 17: no secret survives into events, wherever it stands (property)', async () => {
  const secret = fc
    .string({ unit: 'grapheme', minLength: 6, maxLength: 40 })
    .filter((text) => text.trim().length >= 6 && !REFERENCE.test(text))
  await fc.assert(
    fc.asyncProperty(secret, secret, async (token, other) => {
      const said = `x${token}y${other}z`
      const { runtime } = desk(
        [
          { text: `x${token}z` },
          {
            calls: [
              { tool: 'pay', args: { token: other, amount: 5, [said]: said } },
              { tool: 'mail', args: { body: JSON.stringify({ said }) } },
            ],
          },
          { text: said },
        ],
        { throws: said },
      )
      const spec: WorkflowSpec = {
        ...workflow,
        input: { properties: { token: SECRET } },
        gates: {},
      }
      const run = await runtime.start(spec, {
        input: { token, message: `${token} ${encodeURIComponent(token)}` },
      })
      await run.done
      await run.send({ token: other, message: said })
      const texts = textsOf(await eventsOf(run))
      expect(texts.filter((text) => text.includes(token) || text.includes(other))).toEqual([])
    }),
    { numRuns: 60 },
  )
})

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => [
    name,
    ...textsOf(member),
  ])
}
