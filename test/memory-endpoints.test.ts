import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inMemoryBank } from '../src/index.ts'
import type { MemoryBank, MindRequest } from '../src/index.ts'
import { createLog } from '../src/server/operation/access-log.ts'
import { createKey, keyring } from '../src/server/guard/api-keys.ts'
import { createServer, type LockstepServer } from '../src/server/create-server.ts'
import { postgresMemory } from '../src/postgres.ts'
import { parseScript, scriptedMind } from '../src/testing.ts'
import { noPostgres, startPostgres, type PostgresServer } from './postgres-server.ts'

/*
 * Memory over HTTP (S0.21, S0.23, S0.25): what a request of Personize's shape keeps, later ones on
 * either endpoint and on another machine are reminded of, and no other record or tenant.
 */

const KEYS = {
  acme: createKey({ tenant: 'acme', scopes: ['run'], now: Date.now() }),
  globex: createKey({ tenant: 'globex', scopes: ['run'], now: Date.now() }),
}
const LOOK = ['recall_pro', 'web_search', 'smart_guidelines']
/** A model that asks each of them for the colour. */
const LOOKING = [
  { calls: LOOK.map((tool) => ({ tool, args: { query: 'colour teal' } })) },
  { text: 'Done.' },
]
const VOICE = { id: 'voice', title: 'Colour', text: 'Say colour, never color.' }

let postgres: PostgresServer
let url = ''
beforeAll(async () => {
  if (noPostgres !== null) return
  postgres = await startPostgres()
  url = await postgres.createDatabase()
})
afterAll(() => postgres?.stop())

/** One machine, and what its model was asked. */
interface Machine {
  readonly asked: MindRequest[]
  readonly post: (
    path: '/api/v1/responses' | '/api/v1/chat/completions',
    body: object,
    tenant?: keyof typeof KEYS,
  ) => Promise<string>
}

function machine(memory: MemoryBank, answers: readonly unknown[]): Machine {
  const script = parseScript([...answers])
  if (!script.ok) throw new Error('no script')
  const inner = scriptedMind(script.script)
  const asked: MindRequest[] = []
  const server: LockstepServer = createServer({
    mind: {
      answer(request, context) {
        asked.push({ ...request, messages: [...request.messages] })
        return inner.answer(request, context)
      },
    },
    model: 'openai/gpt-5-mini',
    keys: keyring(Object.values(KEYS).map(({ record }) => record)),
    log: createLog({ level: 'silent' }),
    runtime: {
      memory,
      search: () => Promise.resolve({ hits: ['Colours of the web'] }),
      guidelines: [VOICE],
    },
  })
  return {
    asked,
    async post(path, body, tenant = 'acme') {
      const headers = {
        'content-type': 'application/json',
        authorization: `Bearer ${KEYS[tenant].secret}`,
      }
      const init = { method: 'POST', headers, body: JSON.stringify(body) }
      const answer = await server.app.request(path, init)
      const text = await answer.text()
      expect([answer.status, text]).toEqual([200, text])
      return text
    },
  }
}

const RESPONSES = '/api/v1/responses'
const CHAT = '/api/v1/chat/completions'
const says = (content: string): object[] => [{ role: 'user', content }]

describe.each([
  ['in memory', null],
  ['in Postgres', noPostgres],
])('%s', (name, missing) => {
  describe.skipIf(missing !== null)('notes', () => {
    /** The memory as two machines see it. */
    const open = (): readonly [MemoryBank, MemoryBank] => {
      const bank = inMemoryBank()
      if (name === 'in memory') return [bank, bank]
      const options = { connectionString: url }
      return [postgresMemory(options), postgresMemory(options)]
    }

    test.each([
      [RESPONSES, CHAT],
      [CHAT, RESPONSES],
    ] as const)('kept over %s are recalled over %s', async (keeping, recalling) => {
      const record_id = `customer-${keeping.length}`
      const banks = open()
      const keeper = machine(banks[0], [{ text: 'Noted.' }])
      const memorize = { memory: { record_id }, memorize: { record_id } }
      await keeper.post(keeping, { messages: says('I like teal.'), personize: memorize })
      const asking = (of: string): object => ({
        messages: says('Which colour do I like?'),
        personize: { memory: { record_id: of, recall: true } },
      })
      const other = machine(banks[1], [{ text: 'Teal.' }])
      await other.post(recalling, asking(record_id))
      expect(JSON.stringify(other.asked[0]?.messages)).toContain('I like teal.')
      await other.post(recalling, asking('customer-0'))
      await other.post(recalling, asking(record_id), 'globex')
      expect(other.asked).toHaveLength(3)
      expect(JSON.stringify(other.asked.slice(1))).not.toContain('teal')
      for (const bank of banks) await bank.close()
    })

    test('are found by recall_pro, named like web_search and smart_guidelines', async () => {
      const [bank, other] = open()
      const record_id = 'company-123'
      const keeper = machine(bank, [{ text: 'Their colour is teal.' }])
      const personize = { memory: { record_id }, memorize: { record_id } }
      await keeper.post(RESPONSES, { steps: [{ prompt: 'Note it.' }], personize })
      const finder = machine(other, LOOKING)
      const steps = [{ prompt: 'Look it up.', tools: LOOK }]
      const found = await finder.post(RESPONSES, { steps, personize: { memory: { record_id } } })
      expect(finder.asked[0]?.legal?.toSorted()).toEqual(LOOK.toSorted())
      expect(found).toContain('Their colour is teal.')
      expect(found).toContain('Colours of the web')
      expect(found).toContain(VOICE.text)
      const elsewhere = machine(bank, LOOKING)
      const none = await elsewhere.post(
        RESPONSES,
        { steps, personize: { memory: { record_id } } },
        'globex',
      )
      expect(none).not.toContain('Their colour')
      for (const each of [bank, other]) await each.close()
    })
  })
})
