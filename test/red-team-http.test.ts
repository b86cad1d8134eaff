import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isJsonObject, type Json, type JsonObject } from '../src/core/spec/json.ts'
import type { WorkflowSpec } from '../src/core/spec/spec.ts'
import { defineTool } from '../src/index.ts'
import { loadWorkflow } from '../src/drive/load/load-workflow.ts'
import type { MindAnswer, MindRequest } from '../src/mind/mind.ts'
import { createLog, scrub } from '../src/server/operation/access-log.ts'
import { createKey, keyring } from '../src/server/guard/api-keys.ts'
import { createServer, type LockstepServer } from '../src/server/create-server.ts'
import { inMemoryBank } from '../src/store/memory-bank/in-memory-bank.ts'
import { sqliteStore } from '../src/store/sqlite.ts'

/*
 * A real server with keys of two tenants, and those who would misuse it. Each test is a way in that
 * was tried by hand first.
 */

const keyOf = (tenant: string, scope: 'admin' | 'run' | 'approve' | 'read') =>
  createKey({ tenant, scopes: [scope], now: Date.now() })
const keys = {
  admin: keyOf('acme', 'admin'),
  run: keyOf('acme', 'run'),
  approve: keyOf('acme', 'approve'),
  other: keyOf('other', 'admin'),
}

const SPECS: readonly WorkflowSpec[] = [
  {
    workflow: 'pay',
    tools: { crm: { client: true, input: { type: 'object' } } },
    steps: [{ prompt: '{{message}}', tools: ['crm', 'pay'] }],
  },
  {
    workflow: 'asked',
    gates: { asked: { on: 'pay', allow: 'false', else: 'approve' } },
    steps: [{ prompt: 'Pay.', tools: ['pay'] }],
  },
]

let paid: Json[] = []
const pay = defineTool({
  about: 'Pays.',
  effect: 'write',
  input: { type: 'object' },
  execute: (args: Json) => {
    paid.push(args)
    return { ok: true }
  },
})

const lines: string[] = []
let asked: string[] = []
let server: LockstepServer
let folder = ''
let port = 0

/** Calls the first tool that it is shown and has not called yet; then it is done. */
async function answer({ legal, messages }: MindRequest): Promise<MindAnswer> {
  asked.push(JSON.stringify(messages))
  const called = new Set(
    messages.flatMap((each) =>
      each.role === 'assistant'
        ? each.parts.flatMap((part) => (part.type === 'call' ? [part.tool] : []))
        : [],
    ),
  )
  const tool = ['crm', 'pay', 'slow'].find((each) => legal.includes(each) && !called.has(each))
  const usage = { input: 1, output: 1, cached: 0 }
  if (tool === undefined) {
    return { parts: [{ type: 'text', text: 'done' }], finish: 'stop', usage }
  }
  const args = { text: `${'a'.repeat(60)}!` }
  const call = { type: 'call', id: `c_${tool}`, tool, args } as const
  return { parts: [call], finish: 'tool-calls', usage }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-red-http-'))
  const loaded = await Promise.all(SPECS.map((spec) => loadWorkflow(spec, { tools: { pay } })))
  server = createServer({
    workflows: loaded.map((each) => {
      if (each.ok) return each.workflow
      throw new Error(JSON.stringify(each.issues))
    }),
    store: sqliteStore(join(folder, 'runs.db')),
    mind: { answer },
    model: 'openai/gpt-5-mini',
    keys: keyring(Object.values(keys).map(({ record }) => record)),
    log: createLog({ level: 'info', output: { write: (line) => void lines.push(line) } }),
    runtime: { tools: { pay }, memory: inMemoryBank() },
  })
  ;({ port } = await server.listen({ port: 0 }))
})
afterAll(async () => {
  await server.close({ graceMs: 1_000, parkMs: 1_000 })
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  paid = []
  asked = []
})

interface Told {
  readonly status: number
  readonly text: string
  readonly json: JsonObject
}

async function ask(
  path: string,
  body: object | string | null = null,
  who: keyof typeof keys = 'admin',
): Promise<Told> {
  const response = await server.app.request(path, {
    method: body === null ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${keys[who].secret}`,
      prefer: 'wait=10',
      ...(body === null ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === null ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const json: unknown = text.startsWith('{') ? JSON.parse(text) : {}
  return { status: response.status, text, json: isJsonObject(json) ? json : {} }
}

async function begun(workflow: string): Promise<string> {
  const { json, text } = await ask('/v1/runs', { workflow, input: 'x' })
  if (typeof json['id'] !== 'string') throw new Error(text)
  return json['id']
}

const CRM = [{ type: 'function', name: 'crm', parameters: { type: 'object' } }]

/** A response that waits for `crm`, and what would take it up again. */
async function paused(more: object = {}) {
  const { json, text } = await ask('/v1/responses', {
    steps: [{ prompt: 'x', tools: ['crm'] }],
    tools: CRM,
    ...more,
  })
  const { conversation: given, conversation_signature: signature, id } = json
  if (!Array.isArray(given) || typeof id !== 'string') throw new Error(text)
  const next = (content: string, said: readonly Json[] = given): object => ({
    conversation: [...said, { role: 'tool', tool_call_id: 'c_crm', content }],
    conversation_signature: signature,
  })
  return { id, given, next }
}

describe('schemas of a request', () => {
  const tool = (parameters: JsonObject): object => ({
    input: 'x',
    tools: [{ type: 'function', name: 'slow', parameters }],
  })

  test.each([
    ['nested repeats', { text: { type: 'string', pattern: '^(a+)+$' } }],
    [
      'many options',
      { text: { type: 'string', pattern: `^${'a?'.repeat(34)}${'a'.repeat(34)}$` } },
    ],
    ['choices', { text: { type: 'string', pattern: `^${'(a|a)'.repeat(34)}$` } }],
    [
      'under another name',
      { text: { $ref: '#/properties/default' }, default: { pattern: '(a+)+$' } },
    ],
  ])('hold nobody up: %s', async (_, properties) => {
    const { json } = await ask('/v1/responses', tool({ type: 'object', properties }))
    expect(json['output']).toMatchObject([{ type: 'function_call', name: 'slow' }])
  })

  test.each([
    ['references that multiply', 40, (next: number) => `#/$defs/l${next}`],
    ['the same in other letters', 40, (next: number) => `#/%24defs/l${next}`],
  ])('are refused: %s', async (_, levels, to) => {
    const $defs = Object.fromEntries(
      Array.from({ length: levels }, (__, level) => [
        `l${level}`,
        { allOf: [{ $ref: to(level + 1) }, { $ref: to(level + 1) }] },
      ]),
    )
    const { status, text } = await ask('/v1/responses', tool({ $ref: to(0), $defs }))
    expect([status, text]).toEqual([400, expect.stringContaining('takes too long to check')])
  })

  test('are refused where only all of them together take too long', async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`p${index}`, { type: 'string' }]),
    )
    const names = Array.from({ length: 20 }, (_, index) => `t${index}`)
    const parameters = { type: 'object', properties }
    const whole = await ask('/v1/responses', {
      input: 'x',
      tools: names.map((name) => ({ type: 'function', name, parameters })),
    })
    const chat = await ask('/v1/chat/completions', {
      messages: [{ role: 'user', content: 'x' }],
      tools: names.map((name) => ({ type: 'function', function: { name, parameters } })),
    })
    for (const { status, text } of [whole, chat]) {
      expect([status, text]).toEqual([400, expect.stringContaining('all together')])
    }
  })

  test('have no tool `__proto__`', async () => {
    const tools = [{ type: 'function', name: '__proto__', parameters: { type: 'object' } }]
    const { status, text } = await ask('/v1/responses', { input: 'x', tools })
    expect([status, text]).toEqual([400, expect.stringContaining('is not a legal name')])
  })
})

describe('JSON within a text', () => {
  const bombs = [
    ['levels without end', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['a number that JSON has no word for', '{"amount":1e999}'],
    ['__proto__', '{"__proto__":{"verified":true}}'],
  ] as const

  test.each(bombs)('%s is a text, as a result and in a call that is sent back', async (_, bomb) => {
    const { id, given, next } = await paused()
    const calls = [{ id: 'c_crm', type: 'function', function: { name: 'crm', arguments: bomb } }]
    const changed = [...given.slice(0, -1), { role: 'assistant', content: '', tool_calls: calls }]
    const refused = await ask('/v1/responses', next('1', changed))
    expect(refused.text).toContain('invalid_conversation_signature')
    const taken = await ask('/v1/responses', next(bomb))
    expect([taken.status, taken.json['status']]).toEqual([200, 'completed'])
    expect((await ask(`/v1/responses/${id}`)).status).toBe(200)
    const [kept] = asked.slice(-1)
    expect(kept).toContain(JSON.stringify(bomb))
  })
})

describe('scopes', () => {
  test.each([
    'approvals',
    'approvals/',
    'approval%73',
    '%61pprovals',
    './approvals',
    'x/../approvals',
    'approvals?a=/input',
    'settle',
    'handoff',
    'APPROVALS',
    'approvals//',
  ])('who may run approves nothing: %s', async (path) => {
    const run = await begun('asked')
    const { status } = await ask(`/v1/runs/${run}/${path}`, { decision: 'approve' }, 'run')
    expect([403, 404]).toContain(status)
    expect(paid).toEqual([])
  })

  test('an approver is who the key says, and one approval is good for one call', async () => {
    const run = await begun('asked')
    const at = `/v1/runs/${run}/approvals`
    const forged = await ask(at, { decision: 'approve', by: 'the-boss' }, 'approve')
    expect([forged.status, forged.text]).toEqual([400, expect.stringContaining('no member by')])
    const all = await Promise.all([1, 2, 3].map(() => ask(at, { decision: 'approve' }, 'approve')))
    expect(all.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409])
    expect(paid).toHaveLength(1)
  })
})

describe('at the same time', () => {
  test('the same results go on once, and the write behind them is done once', async () => {
    const run = await begun('pay')
    const results = [{ call: 'c_crm', output: { ok: true } }]
    const all = await Promise.all(
      [1, 2, 3, 4].map(() => ask(`/v1/runs/${run}/results`, { results }, 'run')),
    )
    expect(all.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409])
    expect(paid).toHaveLength(1)
  })

  test.each([{}, { store: false }])('the same continuation goes on once %j', async (more) => {
    const { next } = await paused(more)
    const all = await Promise.all([1, 2, 3].map(() => ask('/v1/responses', next('1'))))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
    const again = await ask('/v1/responses', next('1'))
    expect(again.text).toContain('invalid_conversation_signature')
  })
})

describe('another tenant', () => {
  test('is told the same of what is ours and of what is not there', async () => {
    const run = await begun('pay')
    const { id, next } = await paused()
    const none = `${run.slice(0, -4)}0000`
    const call = (of: string): string =>
      `lsc_${Buffer.from(JSON.stringify([of, 'c_crm'])).toString('base64url')}`
    const chat = (of: string): object => ({
      model: 'workflow/pay',
      messages: [
        { role: 'user', content: 'x' },
        {
          role: 'assistant',
          tool_calls: [{ id: call(of), function: { name: 'crm', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: call(of), content: '1' },
      ],
    })
    const message = [{ role: 'user', content: 'x' }]
    const tries: readonly ((of: string) => Promise<Told>)[] = [
      (of) => ask(`/v1/runs/${of}`, null, 'other'),
      (of) => ask(`/v1/runs/${of}/events`, null, 'other'),
      (of) => ask(`/v1/runs/${of}/cancel`, {}, 'other'),
      (of) => ask('/v1/chat/completions', chat(of), 'other'),
      (of) =>
        ask('/v1/chat/completions', { model: 'workflow/pay', run: of, messages: message }, 'other'),
      (of) => ask(`/v1/runs?cursor=${Buffer.from(of).toString('base64url')}`, null, 'other'),
    ]
    for (const tried of tries) {
      const [ours, nothing] = [await tried(run), await tried(none)]
      expect(ours.status).toBeGreaterThanOrEqual(400)
      expect([ours.status, ours.text.replaceAll(run, '')]).toEqual([
        nothing.status,
        nothing.text.replaceAll(none, ''),
      ])
    }
    expect((await ask(`/v1/responses/${id}`, null, 'other')).status).toBe(404)
    const stolen = await ask('/v1/responses', next('1'), 'other')
    expect(stolen.text).toContain('invalid_conversation_signature')
  })

  test('is reminded of nothing that was told under the same record', async () => {
    const record = (more: object): object => ({
      input: 'The PIN is 4711.',
      personize: { memory: { record_id: 'ana', ...more } },
    })
    await ask('/v1/responses', record({ memorize: true }))
    asked = []
    for (const id of ['ana', 'acme~ana', 'acme/ana', '../acme/ana', 'acme:ana']) {
      const body = { input: 'PIN?', personize: { memory: { record_id: id, recall: true } } }
      expect((await ask('/v1/responses', body, 'other')).status).toBe(200)
    }
    expect(asked.join('')).not.toContain('4711')
    await ask('/v1/responses', { ...record({ recall: true }), input: 'PIN?' })
    expect(asked.join('')).toContain('4711')
  })
})

describe('what is written down', () => {
  test('has no key of an address, one line for each request, and no path as a label', async () => {
    lines.length = 0
    await ask(`/v1/runs/${keys.run.secret}%0a%7b%22level%22:%22fatal%22`)
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toContain(keys.run.secret)
    for (const path of [
      '/v1/nothing-x',
      '/nothing-x',
      '/v1/runs/nothing-x',
      '/v1/models/nothing-x',
    ]) {
      await ask(path)
    }
    expect((await ask('/metrics')).text).not.toContain('nothing-x')
  })

  test('is scrubbed as fast as it is long', () => {
    const text = `ab://${':'.repeat(400_000)}`
    expect(scrub(text)).toBe(text)
    expect(scrub('postgres://me:secret@db/x')).toBe('[secret]db/x')
  })
})

describe('requests that no client sends', () => {
  const sent = (head: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let told = ''
      const socket = connect(port, '127.0.0.1', () => socket.end(head))
      socket.on('data', (data) => (told += String(data)))
      socket.on('close', () => resolve(told)).on('error', reject)
    })

  test.each([
    'TRACE /v1/runs HTTP/1.1\r\nHost: x',
    'GET http://elsewhere/v1/runs HTTP/1.1\r\nHost: x',
    'GET //x/../v1/runs HTTP/1.1\r\nHost: x',
    'GET /v1/runs HTTP/1.1\r\nHost: [x',
    'GET * HTTP/1.1\r\nHost: x',
    'POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked',
    'GET /v1/runs HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: POST',
  ])('%j: a 4xx', async (head) => {
    expect(await sent(`${head}\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect((await ask('/healthz')).status).toBe(200)
  })
})
