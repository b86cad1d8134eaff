import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, describe, expect, test } from 'vitest'
import { defineTool } from '../../core/spec/define.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import { loadOrThrow } from '../../drive/load/find-definition.ts'
import { parseScript } from '../../mind/script.ts'
import { scriptedMind } from '../../mind/scripted.ts'
import { memoryArtifacts } from '../../store/artifact/memory-artifacts.ts'
import { memoryStore } from '../../store/memory.ts'
import { createLog } from '../operation/access-log.ts'
import { createKey, keyring } from '../guard/api-keys.ts'
import { createServer } from '../create-server.ts'
import type { Scope } from '../server-context.ts'
import { openapiDocument, pathOf, routeDocs } from './openapi-document.ts'

const WORK: WorkflowSpec = {
  workflow: 'work',
  version: '1.0.0',
  input: { type: 'object', properties: { message: { type: 'string' } } },
  tools: {
    pay: {},
    look: { client: true, about: 'Looks.', effect: 'read', input: { type: 'object' } },
  },
  artifacts: { note: {} },
  gates: { big: { on: 'pay', allow: "get('$.args.amount') < 10", else: 'approve' } },
  steps: [
    { name: 'write', prompt: 'Write.', tools: ['store_artifact', 'look'], checkpoint: 'written' },
    { name: 'pay', prompt: 'Pay.', tools: ['pay', 'escalate_to_human'] },
  ],
}

const SCRIPT = [
  { call: 'store_artifact', args: { name: 'note', content: 'What was found out.' } },
  { call: 'look', args: {} },
  { text: 'written' },
  { call: 'pay', args: { amount: 50 } },
  { call: 'escalate_to_human', args: { reason: 'too much' } },
  ...Array.from({ length: 9 }, () => ({ text: 'done' })),
]

const pay = defineTool({
  about: 'Pays.',
  effect: 'write',
  input: { type: 'object', properties: { amount: { type: 'number' } } },
  execute: () => ({ paid: true }),
})

function keyOf(tenant: string, scopes: readonly Scope[], name: string) {
  return createKey({ tenant, scopes, name, now: Date.now() })
}

const ann = keyOf('acme', ['run', 'read', 'approve'], 'ann')
const bo = keyOf('acme', ['run', 'read', 'approve'], 'bo')
const reader = keyOf('acme', ['read'], 'reader')
const runner = keyOf('acme', ['run'], 'runner')
const approver = keyOf('acme', ['approve'], 'approver')
const stranger = keyOf('blue', ['run', 'read', 'approve', 'admin'], 'stranger')

async function serve() {
  const parsed = parseScript(SCRIPT)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const workflow = await loadOrThrow(WORK, { tools: { pay } })
  const keys = [ann, bo, reader, runner, approver, stranger].map(({ record }) => record)
  return createServer({
    workflows: [workflow],
    store: memoryStore(),
    mind: scriptedMind(parsed.script),
    keys: keyring(keys),
    log: createLog({ level: 'silent' }),
    runtime: { tools: { pay }, artifacts: memoryArtifacts(), env: {} },
    context: { linkKeys: [{ id: 'k1', secret: Buffer.alloc(32, 7) }] },
  })
}

const server = await serve()
afterAll(() => server.close({ graceMs: 0, parkMs: 1_000 }))
const document = openapiDocument()

function member(value: Json | undefined, ...names: readonly string[]): Json | undefined {
  return names.reduce<Json | undefined>(
    (at, name) => (at !== undefined && isJsonObject(at) ? at[name] : undefined),
    value,
  )
}

const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema({ ...document, $id: 'openapi' })

describe('the document', () => {
  test('has every route that is mounted, and no other', () => {
    // Public by design: they say nothing of anybody.
    const open = new Set(['/healthz', '/readyz', '/openapi.json', '/docs'])
    const mounted = server.app.routes
      .filter(({ method, path }) => method !== 'ALL' && !path.startsWith('/v1/') && !open.has(path))
      .map(({ method, path }) => `${method.toLowerCase()} ${pathOf({ path, root: true })}`)
    const described = routeDocs.map((doc) => `${doc.method} ${pathOf(doc)}`)
    expect(described.toSorted()).toEqual([...new Set(mounted)].toSorted())
  })

  test('has the same under /v1', () => {
    const under = (base: string) =>
      server.app.routes
        .filter(({ method, path }) => method !== 'ALL' && path.startsWith(base))
        .map(({ method, path }) => `${method} ${path.slice(base.length)}`)
    expect(under('/v1/')).toEqual(under('/api/v1/'))
  })

  test('names each operation once, and refers only to what it has', () => {
    const ids = routeDocs.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)]
    expect(refs.length).toBeGreaterThan(100)
    for (const [, pointer = ''] of refs) {
      expect([pointer, member(document, ...pointer.split('/'))]).not.toContain(undefined)
    }
    expect(JSON.stringify(document)).not.toContain('"$ref":"#/$defs')
  })

  test('has schemas that a validator can use', () => {
    const schemas = member(document, 'components', 'schemas')
    const names = Object.keys(isObject(schemas) ? schemas : {})
    expect(names).toContain('RunStart')
    for (const name of names) {
      expect(() => ajv.compile({ $ref: `openapi#/components/schemas/${name}` })).not.toThrow()
    }
  })

  test('is served, with a page that loads nothing', async () => {
    const machine = await server.app.request('/openapi.json')
    expect(await machine.json()).toEqual(document)
    const page = await server.app.request('/docs')
    const html = await page.text()
    for (const doc of routeDocs) expect(html).toContain(pathOf(doc))
    expect(html).not.toMatch(/<script|<link|src=|url\(|@import/)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  })
})

function textAt(value: Json | undefined, name: string): string {
  const found = member(value, name) ?? ''
  return typeof found === 'string' ? found : JSON.stringify(found)
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== undefined && isJsonObject(value)
}

/** Asks, and checks the answer against the document; gives its JSON. */
async function ask(
  method: 'get' | 'post',
  path: string,
  given: { readonly key?: string; readonly body?: Json; readonly headers?: object } = {},
): Promise<JsonObject> {
  const { key = ann.secret, body, headers = {} } = given
  const response = await server.app.request(path, {
    method: method.toUpperCase(),
    headers: {
      authorization: `Bearer ${key}`,
      prefer: 'wait=20',
      'content-type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const operation = operationOf(method, path)
  const status = `${response.status}`
  const answers = member(operation, 'responses')
  const answer = member(answers, status) ?? member(answers, 'default')
  expect([method, path, status, answer]).not.toContain(undefined)
  const [type = ''] = (response.headers.get('content-type') ?? '').split(';')
  const text = await response.text()
  const schema = member(answer, 'content', type, 'schema')
  if (text !== '') expect([path, status, type, schema]).not.toContain(undefined)
  if (type !== 'application/json') return {}
  const json: JsonObject = JSON.parse(text)
  const reference = textAt(schema, '$ref')
  const validate = ajv.compile({ $ref: `openapi${reference}` })
  validate(json)
  expect({ path, status, errors: validate.errors }).toEqual({ path, status, errors: null })
  return json
}

function operationOf(method: string, path: string): Json | undefined {
  const [bare = ''] = path.split('?')
  const found = routeDocs.find(
    (doc) =>
      doc.method === method &&
      new RegExp(`^${pathOf(doc).replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(bare),
  )
  return found === undefined ? undefined : member(document, 'paths', pathOf(found), method)
}

describe('real answers', () => {
  test('are what the document says, all the way through a run', async () => {
    const run = await ask('post', '/api/v1/runs', { body: { workflow: 'work' } })
    const at = `/api/v1/runs/${textAt(run, 'id')}`
    const pending = Array.isArray(run['pending']) ? run['pending'] : []
    expect(run['reason']).toBe('needs_client')
    const results = pending.map((each: JsonObject) => ({ call: each['call'] ?? '', output: 1 }))
    expect(await ask('post', `${at}/results`, { body: { results } })).toMatchObject({
      reason: 'needs_approval',
    })
    await ask('get', `${at}/approvals`)
    const yes = { decision: 'approve' }
    const no = await ask('post', `${at}/approvals`, { body: yes, headers: { 'if-match': '"1"' } })
    expect(no).toMatchObject({ error: { code: 'head_moved' } })
    const over = await ask('post', `${at}/approvals`, { body: yes, key: bo.secret })
    expect(over).toMatchObject({ reason: 'handed_off' })
    for (const path of [
      '',
      '/events',
      '/checkpoints',
      '/artifacts',
      '/artifacts/note',
      '/handoff',
    ]) {
      await ask('get', `${at}${path}`)
    }
    await ask('get', `${at}/events?stream=true`)
    await ask('get', `${at}/handoff`, { headers: { accept: 'text/markdown' } })
    const etag = `"${textAt(await ask('get', at), 'head')}"`
    await ask('get', at, { headers: { 'if-none-match': etag } })
    await ask('get', `${at}/events?stream=true`, {
      headers: { 'last-event-id': etag.slice(1, -1) },
    })
    const link = await ask('post', `${at}/artifacts/note/links`, { body: {} })
    await ask('get', textAt(link, 'url'))
    await ask('get', '/artifacts/sha256:none')
    await ask('post', `${at}/fork`, { body: { at: 'written' } })
    await ask('post', `${at}/rewind`, { body: { to: 'nowhere' } })
    for (const act of [
      'input',
      'cancel',
      'resume',
      'settle',
      'handoff',
      'states',
      'confirmations',
    ]) {
      await ask('post', `${at}/${act}`, { body: { nothing: 'of the kind' } })
    }
    await ask('post', `${at}/cancel`, { body: {} })
    await ask('post', `${at}/checkpoints`, { body: { name: 'here' } })
    for (const path of [
      '/runs',
      '/runs?limit=1',
      '/runs?limit=x',
      '/workflows',
      '/workflows/work',
    ]) {
      await ask('get', `/api/v1${path}`)
    }
    await ask('get', '/api/v1/workflows/none')
    await ask('get', '/api/v1/models')
    await ask('get', '/api/v1/models/none')
    await ask('get', '/api/v1/responses/none')
    await ask('post', '/api/v1/responses/compact', { body: { input: 'hello' } })
    await ask('get', '/metrics', { key: stranger.secret })
    await ask('post', '/api/v1/chat/completions', {
      body: { model: 'workflow/work', messages: [{ role: 'user', content: 'hello' }] },
    })
    await ask('post', '/api/v1/responses', { body: { model: 'workflow/work', input: 'hello' } })
  })
})

/** A body that each route takes, so that nothing but the key can be what is wrong. */
const BODIES: Readonly<Record<string, Json>> = {
  createResponse: { model: 'workflow/work', input: 'hello' },
  compactResponse: { model: 'openai/gpt-5-mini', input: 'hello' },
  createChatCompletion: { model: 'workflow/work', messages: [{ role: 'user', content: 'hello' }] },
  startRun: { workflow: 'work' },
  sendRunInput: { message: 'hello' },
  sendRunResults: { results: [{ call: 'call_2_1', output: 1 }] },
  answerRunApproval: { decision: 'approve' },
  confirmRunCall: { tool: 'pay', args: { amount: 50 } },
  stateRunFacts: { kind: 'age', facts: { years: 30 } },
  settleRunDoubt: { call: 'call_2_1', executed: true },
  fillRunHandoff: { fields: { customer_id: 'c-1' } },
  makeRunCheckpoint: { name: 'here' },
  rewindRun: { to: 'start' },
  forkRun: {},
  cancelRun: {},
  resumeRun: {},
  linkRunArtifact: {},
}

describe('who may not', () => {
  /** Routes that any tenant may ask of the server itself, and is told of its own. */
  const OWN = new Set(
    'createResponse createChatCompletion startRun listRuns listWorkflows getWorkflow listModels getModel getMetrics compactResponse'.split(
      ' ',
    ),
  )
  const bad: readonly (readonly [string, (doc: (typeof routeDocs)[number]) => string | null])[] = [
    ['no key', () => ''],
    ['no such key', () => keyOf('acme', ['admin'], 'x').secret],
    ['half a key', () => ann.secret.slice(0, 20)],
    [
      'a key with every scope but the one',
      ({ scope }) =>
        scope === 'read' ? runner.secret : scope === 'run' ? approver.secret : reader.secret,
    ],
    ['a key of another tenant', ({ id }) => (OWN.has(id) ? null : stranger.secret)],
  ]

  test.each(bad)('%s: never a 2xx, on any route, and nothing happens', async (_, keyFor) => {
    const started = await ask('post', '/api/v1/runs', { body: { workflow: 'work' } })
    const run = textAt(started, 'id')
    let asked = 0
    for (const doc of routeDocs) {
      const key = keyFor(doc)
      if (key === null) continue
      const values: Readonly<Record<string, string>> = {
        run,
        name: 'note',
        digest: 'sha256:0',
        id: 'resp_1_0',
        model: 'workflow/work',
      }
      const path = pathOf(doc).replaceAll(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? '')
      for (const at of [path, path.replace('/api/v1', '/v1'), `${path}?stream=true`]) {
        const body = JSON.stringify(BODIES[doc.id] ?? {})
        const response = await server.app.request(at, {
          method: doc.method.toUpperCase(),
          headers: {
            'content-type': 'application/json',
            ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
          },
          ...(doc.method === 'get' ? {} : { body }),
        })
        asked += 1
        const { status } = response
        expect([at, status, status >= 400 && status < 500]).toEqual([at, status, true])
      }
    }
    expect(asked).toBeGreaterThan(50)
    const after = await ask('get', `/api/v1/runs/${run}`)
    expect([after['head'], after['reason']]).toEqual([started['head'], 'needs_client'])
  })
})
