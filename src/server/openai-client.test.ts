import {
  APIError,
  AuthenticationError,
  OpenAI,
  PermissionDeniedError,
  RateLimitError,
} from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadWorkflow } from '../drive/load/load-workflow.ts'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { memoryStore } from '../store/memory.ts'
import { createLog } from './operation/access-log.ts'
import { createKey, keyring } from './guard/api-keys.ts'
import { createServer, type LockstepServer } from './create-server.ts'

/*
 * The whole server, as OpenAI's own client meets it: keys, answers, and errors that it knows.
 */

const holder = createKey({ tenant: 'acme', scopes: ['run', 'read'], now: Date.now() })
const reader = createKey({ tenant: 'acme', scopes: ['read'], now: Date.now() })
const slow = createKey({ tenant: 'acme', scopes: ['run'], now: Date.now(), rate_per_minute: 1 })

let server: LockstepServer
let baseURL = ''
beforeAll(async () => {
  const script = parseScript([{ text: 'Good day.' }])
  const loaded = await loadWorkflow({ workflow: 'greet', steps: [{ prompt: '{{message}}' }] })
  if (!script.ok || !loaded.ok) throw new Error('not as it was given')
  server = createServer({
    workflows: [loaded.workflow],
    store: memoryStore(),
    mind: scriptedMind(script.script),
    keys: keyring([holder, reader, slow].map(({ record }) => record)),
    log: createLog({ level: 'silent' }),
  })
  baseURL = `${(await server.listen({ port: 0 })).url}/v1`
})
afterAll(() => server.close({ graceMs: 1_000, parkMs: 1_000 }))

function client(apiKey: string): OpenAI {
  return new OpenAI({ apiKey, baseURL, maxRetries: 0 })
}

const chat = { model: 'workflow/greet', messages: [{ role: 'user' as const, content: 'Hi.' }] }

describe('OpenAI’s client', () => {
  test('gets its answers, whole and in pieces', async () => {
    const openai = client(holder.secret)
    const whole = await openai.chat.completions.create(chat)
    expect(whole.choices[0]?.message.content).toBe('Good day.')
    let text = ''
    for await (const chunk of await openai.chat.completions.create({ ...chat, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe('Good day.')
    const response = await openai.responses.create({ model: 'workflow/greet', input: 'Hi.' })
    expect(response.output_text).toBe('Good day.')
    const stream = openai.responses.stream({ model: 'workflow/greet', input: 'Hi.' })
    expect((await stream.finalResponse()).output_text).toBe('Good day.')
  })

  test('knows each error for what it is', async () => {
    const fails = async (apiKey: string, body: object = {}): Promise<unknown> =>
      client(apiKey)
        .chat.completions.create({ ...chat, ...body })
        .then(
          () => null,
          (error: unknown) => error,
        )
    expect(await fails('sk-wrong')).toBeInstanceOf(AuthenticationError)
    expect(await fails(reader.secret)).toBeInstanceOf(PermissionDeniedError)
    expect(await fails(slow.secret)).toBeNull()
    expect(await fails(slow.secret)).toBeInstanceOf(RateLimitError)
    const missing = await fails(holder.secret, { model: 'workflow/none' })
    expect(missing).toBeInstanceOf(APIError)
    expect(Object(missing).requestID).toMatch(/^req_/)
    expect(Object(missing).status).toBeLessThan(500)
  })
})
