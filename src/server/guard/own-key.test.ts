import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { MindRequest } from '../../mind/mind.ts'
import { memoryStore } from '../../store/memory.ts'
import { createLog } from '../operation/access-log.ts'
import { createServer, type LockstepServer } from '../create-server.ts'
import { ownKeyMind, ownProvider } from './own-key.ts'

const KEY = 'sk-callers-own-0123456789abcdef'
const SERVERS_OWN = 'sk-servers-own-0123456789abcdef'

/** A provider that remembers who asked, and quotes the key that it refuses. */
let provider: Server
let asked: IncomingMessage[] = []
let address = ''
let answer: (body: string) => { readonly status: number; readonly body: object }

beforeAll(async () => {
  provider = createHttpServer((request, response) => {
    asked.push(request)
    let text = ''
    request.on('data', (data) => (text += String(data)))
    request.on('end', () => {
      const { status, body } = answer(text)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => {
    provider.listen(0, '127.0.0.1', resolve)
  })
  const at = provider.address()
  address = `http://127.0.0.1:${typeof at === 'object' ? at?.port : ''}/v1`
})
afterAll(() => provider.close())
beforeEach(() => {
  asked = []
  answer = () => ({
    status: 401,
    body: {
      error: { message: `Incorrect API key provided: ${KEY}`, type: 'x', code: 'invalid_api_key' },
    },
  })
})

function given() {
  const lines: string[] = []
  const log = createLog({ level: 'debug', output: { write: (line) => void lines.push(line) } })
  const store = memoryStore()
  const env = { OPENAI_BASE_URL: address, OPENAI_API_KEY: SERVERS_OWN, DEEPSEEK_BASE_URL: address }
  const server = createServer({ store, log, runtime: { env } })
  return { server, lines, store }
}

function ask(server: LockstepServer, path: string, body: object) {
  return server.app.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

describe('a caller’s own key', () => {
  test.each([
    ['/v1/responses', { steps: [{ prompt: 'Hello' }] }],
    ['/v1/responses', { input: 'Hello' }],
    ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Hello' }] }],
  ])('%s %j: reaches its provider alone, and nothing else has it', async (path, body) => {
    const { server, lines, store } = given()
    const own = { provider: 'openai', model: 'gpt-5-mini', llm_api_key: KEY }
    const response = await ask(server, path, { ...body, ...own })
    const text = await response.text()
    expect(asked.length).toBeGreaterThan(0)
    for (const { headers } of asked) expect(headers.authorization).toBe(`Bearer ${KEY}`)
    const kept = await Promise.all(
      (await store.list({ limit: 10 })).map(({ run }) => store.read(run, 0)),
    )
    for (const all of [text, lines.join(''), JSON.stringify(kept)]) expect(all).not.toContain(KEY)
  })

  test('goes to other providers by their addresses', async () => {
    const { server } = given()
    await ask(server, '/v1/responses', {
      input: 'Hello',
      provider: 'deepseek',
      model: 'deepseek-chat',
      llm_api_key: KEY,
    })
    expect(asked[0]?.headers.authorization).toBe(`Bearer ${KEY}`)
    expect(asked[0]?.url).toBe('/v1/chat/completions')
  })

  test('is never sent to a provider that it is not for, nor the server’s in its place', async () => {
    const mind = ownKeyMind(
      { provider: 'anthropic', model: 'claude', apiKey: KEY },
      { OPENAI_BASE_URL: address, OPENAI_API_KEY: SERVERS_OWN, ANTHROPIC_BASE_URL: address },
    )
    const request: MindRequest = {
      run: 'acme~1',
      call: 1,
      step: 'step-1',
      role: 'main',
      branch: '',
      item: null,
      model: 'openai/gpt-5-mini',
      system: null,
      messages: [],
      tools: [],
      legal: [],
      scope: 'strict',
      choose: 'auto',
      output: null,
      settings: {},
      closing: false,
      asked: [],
    }
    const context = { signal: new AbortController().signal, onText: () => {} }
    await expect(mind.answer(request, context)).rejects.toThrow(/key is for anthropic/)
    expect(asked).toEqual([])
  })

  test('an unknown provider is told what there is', async () => {
    const { server } = given()
    const response = await ask(server, '/v1/responses', {
      input: 'Hello',
      provider: 'nobody',
      model: 'x',
      llm_api_key: KEY,
    })
    const text = await response.text()
    expect(response.status).toBe(400)
    expect(text).toMatch(/openai.*deepseek.*openrouter/)
    expect(text).not.toContain(KEY)
  })

  test('provider names have more than one spelling', () => {
    expect([' OpenAI ', 'bedrock', 'gemini', 'xai'].map(ownProvider)).toEqual([
      'openai',
      'amazon-bedrock',
      'google',
      'xai',
    ])
    expect(() => ownProvider('__proto__')).toThrow(/none of them/)
  })
})
