import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isJsonObject } from '../core/spec/json.ts'
import { loadWorkflow } from '../drive/load/load-workflow.ts'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { memoryStore } from '../store/memory.ts'
import { createKey, keyring, type KeyRecord } from './guard/api-keys.ts'
import { createLog } from './operation/access-log.ts'
import { createServer, type LockstepServer } from './create-server.ts'
import { openapiDocument } from './openapi/openapi-document.ts'

/*
 * Every route that the OpenAPI document has, as somebody calls it who may not.
 */

interface Route {
  readonly method: string
  readonly path: string
}

const routes: readonly Route[] = Object.entries(openapiDocument()['paths'] ?? {}).flatMap(
  ([path, methods]) =>
    Object.keys(isJsonObject(methods) ? methods : {})
      .filter((method) => method !== 'parameters')
      .map((method) => ({ method: method.toUpperCase(), path })),
)
/** Everybody may read these: they are the same for every server. */
const PUBLIC = new Set(['/openapi.json', '/docs', '/healthz', '/readyz'])
const guarded = routes.filter(({ path }) => !PUBLIC.has(path))

const keyOf = (more: Partial<KeyRecord> = {}) =>
  createKey({ tenant: 'acme', scopes: ['run', 'read'], now: Date.now(), ...more })
const owner = keyOf({ scopes: ['admin'] })
const stranger = keyOf({ tenant: 'other', scopes: ['admin'] })
const approver = keyOf({ scopes: ['approve'] })
const reader = keyOf({ scopes: ['read'] })
const runner = keyOf({ scopes: ['run'] })
const gone = keyOf({ revoked: '2020-01-01T00:00:00Z' })
const old = keyOf({ expires: '2020-01-01T00:00:00Z' })

let server: LockstepServer
let run = ''
beforeAll(async () => {
  const loaded = await loadWorkflow({
    workflow: 'greet',
    steps: [{ prompt: 'Greet them.', tools: ['request_input'] }],
  })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  const script = parseScript([{ call: 'request_input', args: { question: 'secret-of-acme?' } }])
  if (!script.ok) throw new Error(JSON.stringify(script.issues))
  const all = [owner, stranger, approver, reader, runner, gone, old]
  server = createServer({
    workflows: [loaded.workflow],
    store: memoryStore(),
    mind: scriptedMind(script.script),
    keys: keyring(all.map(({ record }) => record)),
    log: createLog({ level: 'silent' }),
  })
  const started = await ask('POST', '/api/v1/runs', owner.secret, { workflow: 'greet', input: {} })
  const body: unknown = JSON.parse(started.text)
  const id: unknown = typeof body === 'object' && body !== null && Reflect.get(body, 'id')
  if (typeof id !== 'string') throw new Error(started.text)
  run = id
})
afterAll(() => server.close({ graceMs: 1_000, parkMs: 1_000 }))

async function ask(method: string, path: string, secret: string | null, body: object = {}) {
  const key = secret === null ? {} : { authorization: `Bearer ${secret}` }
  const response = await server.app.request(path, {
    method,
    headers: { ...key, 'content-type': 'application/json' },
    ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, text: await response.text() }
}

function pathOf({ path }: Route): string {
  return path.replaceAll('{run}', run).replaceAll(/\{\w+\}/g, 'greet')
}

test('there are routes, and all of them are under both bases', async () => {
  expect(guarded.length).toBeGreaterThan(15)
  for (const route of guarded.filter(({ path }) => path.startsWith('/api/v1/'))) {
    const { status } = await ask(route.method, pathOf(route).replace('/api/v1', '/v1'), null)
    expect([route.path, status]).toEqual([route.path, 401])
  }
})

describe.each(guarded)('$method $path', (route) => {
  test.each([
    ['no key', null],
    ['a malformed one', 'lsk_1'],
    ['an unknown one', keyOf().secret],
    ['a revoked one', gone.secret],
    ['an expired one', old.secret],
  ])('with %s: never a 2xx', async (_, secret) => {
    const { status, text } = await ask(route.method, pathOf(route), secret)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(text).not.toContain('secret-of-acme')
  })

  test('with another scope: never a 2xx', async () => {
    const wrong = route.method === 'GET' ? [approver, runner] : [reader]
    for (const { secret } of wrong) {
      const { status } = await ask(route.method, pathOf(route), secret)
      expect(status).toBe(403)
    }
  })

  test.runIf(route.path.includes('{run}'))(
    'of another tenant: as if it were not there',
    async () => {
      const { status, text } = await ask(route.method, pathOf(route), stranger.secret)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
      if (route.method === 'GET') expect(status).toBe(404)
      expect(text).not.toContain('secret-of-acme')
    },
  )
})

test('lists are one tenant’s own', async () => {
  expect((await ask('GET', '/v1/runs', stranger.secret)).text).not.toContain(run)
  expect((await ask('GET', '/v1/runs', owner.secret)).text).toContain(run)
})
