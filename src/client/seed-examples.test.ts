import { afterEach, describe, expect, test } from 'vitest'
import { createClient, lockstep } from '../client.ts'
import { givenServer, type GivenServer } from './given-server.ts'

/*
 * Seed 0's own examples, word for word; only where `personize` comes from is ours (S0.38-S0.41).
 */

let server: GivenServer | null = null
const servesNothing = 'http://127.0.0.1:9'

afterEach(async () => {
  delete process.env['LOCKSTEP_BASE_URL']
  await server?.close()
  server = null
})

const tools = {
  web_search: {
    about: 'Search the web',
    effect: 'read',
    input: { type: 'object', properties: { query: { type: 'string' } } },
    execute: ({ query }: { query: string }) => ({ results: [`${query}: Acme raised a Series B`] }),
  },
  recall_pro: {
    about: 'What is remembered of a record',
    effect: 'read',
    input: { type: 'object', properties: { record_id: { type: 'string' } } },
    execute: () => ({ memories: ['They use Kafka'] }),
  },
} as const

describe.each([
  [
    'of the environment',
    (url: string) => {
      process.env['LOCKSTEP_BASE_URL'] = url
      return lockstep
    },
  ],
  ['made for one server', (url: string) => createClient({ baseURL: url })],
])('with a client %s', (_, clientOf) => {
  test('the CRM: a tool of the caller (S0.41)', async () => {
    server = await givenServer([
      { call: 'crm_lookup', args: { email: 'sarah@acme.example' } },
      { text: 'Hi Sarah, following up on our call.' },
    ])
    const personize = clientOf(server.url)
    const db = {
      contacts: {
        async findByEmail(email: string | undefined) {
          return { email, name: 'Sarah Chen' }
        },
      },
    }
    // The seed, word for word.
    const result = await personize.responses.create({
      steps: [{ prompt: 'Look up this lead in our CRM and draft a follow-up' }],
      tools: {
        crm_lookup: {
          description: 'Find a contact in our CRM',
          parameters: { type: 'object', properties: { email: { type: 'string' } } },
          execute: async (args) => {
            // This runs on YOUR server, not ours
            return await db.contacts.findByEmail(args.email)
          },
        },
      },
    })
    expect(result.status).toBe('completed')
    expect(result.steps[0]).toMatchObject({
      text: 'Hi Sarah, following up on our call.',
      tool_calls: [{ result: { email: 'sarah@acme.example', name: 'Sarah Chen' } }],
    })
  })
})

test('the sales outreach: four steps with their tools (S0.40)', async () => {
  server = await givenServer(
    [
      { call: 'web_search', args: { query: 'Acme Corp tech stack' } },
      { text: 'Acme Corp is a Series B startup building…' },
      { text: 'The VP of Engineering is Sarah Chen…' },
      { text: 'Dear Sarah …' },
      { text: 'Score: 8' },
    ],
    { runtime: { tools } },
  )
  const personize = createClient({ baseURL: server.url })
  const result = await personize.responses.create({
    steps: [
      {
        prompt:
          'Research {{company}}. Find their tech stack, recent funding, and key technical challenges.',
        tools: ['web_search', 'recall_pro'],
      },
      {
        prompt:
          'Find the VP of Engineering or equivalent technical leader. Look up their recent LinkedIn activity and publications.',
        tools: ['web_search'],
      },
      {
        prompt:
          'Draft a personalized cold email referencing specific details from your research. Follow the brand voice guidelines.',
      },
      {
        prompt:
          'Evaluate the draft against compliance rules. Score 1-10. If below 7, revise and re-score.',
      },
    ],
    personize: {
      governance: { guideline_ids: ['brand-voice', 'outreach-compliance'] },
      memory: { record_id: 'company-123', recall: true },
    },
  })
  expect(result.steps.map(({ order, text }) => [order, text])).toEqual([
    [1, 'Acme Corp is a Series B startup building…'],
    [2, 'The VP of Engineering is Sarah Chen…'],
    [3, 'Dear Sarah …'],
    [4, 'Score: 8'],
  ])
  expect(result.steps[0]?.tool_calls[0]).toMatchObject({ name: 'web_search' })
  expect(result.steps[0]?.usage.prompt_tokens).toBeGreaterThan(0)
})

test('without a server the error says where it was looked for', async () => {
  const personize = createClient({ baseURL: servesNothing, maxRetries: 0 })
  await expect(personize.responses.create({ input: 'x' })).rejects.toMatchObject({
    code: 'connection_failed',
    message: expect.stringContaining(servesNothing),
  })
})
