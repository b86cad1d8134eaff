import { describe, expect, test } from 'vitest'
import { createRuntime, defineTool, memoryStore } from '../src/index.ts'
import type { Event, JsonObject, Mind, Run, RunRecord, WorkflowSpec } from '../src/index.ts'
import { memoryArtifacts } from '../src/store/artifact/memory-artifacts.ts'
import { parseScript, scriptedMind } from '../src/testing.ts'

/*
 * Attacks on composers, verifiers, slots and envelopes through the real runtime: drivers that stop in
 * the middle of them, answers that cannot be used, secrets in every place.
 */

const LETTER: WorkflowSpec = {
  workflow: 'letter',
  artifacts: {
    letter: {
      compose: { prompt: 'Write.', model: 'a/composer' },
      verify: { prompt: 'Score.', pass: 7 },
    },
  },
  steps: [{ name: 'write', prompt: 'Write it.', write: 'letter' }],
}
const STORE = { call: 'store_artifact', args: { name: 'letter' } }
const WORDS = { text: 'Dear Ms Grey, the parcel was sent on 3 March.' }
const GOOD = { text: '{"score":9,"feedback":"fine"}' }
const DONE = { text: 'done' }

function scripted(entries: readonly object[]): Mind {
  const parsed = parseScript(entries)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return scriptedMind(parsed.script)
}

async function eventsOf(run: Run): Promise<readonly Event[]> {
  const events: Event[] = []
  for await (const event of run.events()) events.push(event)
  return events
}

/** Answers as scripted, but does something first when a role is asked for the first time. */
function interrupted(inner: Mind, role: string, act: () => Promise<void> | void): Mind {
  let done = false
  return {
    async answer(request, context) {
      if (request.role === role && !done) {
        done = true
        await act()
        // A model that is slow, and gives up when it is told to.
        await new Promise<void>((resolve) => {
          context.signal.addEventListener('abort', () => resolve(), { once: true })
          if (context.signal.aborted) resolve()
        })
        throw new Error('aborted')
      }
      return inner.answer(request, context)
    },
  }
}

describe.each(['composer', 'verifier'])('a driver that stops while the %s is asked', (role) => {
  test('leaves nothing published, and another goes on with another model (Laws 5, 11)', async () => {
    const park = new AbortController()
    const store = memoryStore()
    const artifacts = memoryArtifacts()
    const script = scripted([STORE, WORDS, GOOD, DONE])
    const first = createRuntime({
      store,
      env: {},
      artifacts,
      mind: interrupted(script, role, () => park.abort()),
    })
    const parked = await first.start(LETTER, { id: 'r', signal: park.signal })
    const record = await parked.done
    expect(record.reason).toBeNull()
    expect(record.artifacts).toEqual([])
    const asked: (string | null)[] = []
    const mind: Mind = {
      answer(request, context) {
        asked.push(`${request.role} ${request.model}`)
        return script.answer(request, context)
      },
    }
    const second = createRuntime({ store, env: {}, artifacts, mind })
    const resumed = await second.open('r', { workflow: LETTER, model: 'b/other' })
    const end = await resumed.resume()
    expect(end).toMatchObject({ reason: 'completed', artifacts: [{ version: 1, score: 9 }] })
    const events = await eventsOf(resumed)
    expect(events.filter(({ type }) => type === 'artifact.stored')).toHaveLength(1)
    expect(asked.length).toBe(role === 'composer' ? 3 : 2)
  })

  test('and is cancelled: nothing is published, and the run says so (Law 7)', async () => {
    let started: (run: Run) => void = () => {}
    const running = new Promise<Run>((resolve) => (started = resolve))
    const cancel = async (): Promise<void> => void (await running).cancel()
    const mind = interrupted(scripted([STORE, WORDS, GOOD, DONE]), role, cancel)
    const run = await createRuntime({ env: {}, mind }).start(LETTER, {})
    started(run)
    const record = await run.done
    expect(record).toMatchObject({ reason: 'cancelled', artifacts: [] })
  })
})

describe('an answer that cannot be used', () => {
  const priced: WorkflowSpec = {
    ...LETTER,
    prices: { 'a/*': { input: 1, output: 1 }, 'b/*': { input: 1, output: 1 } },
    model: 'b/planner',
  }
  test('is paid for all the same: a verifier that gives no report', async () => {
    const usage = { input: 100, output: 50, cached: 0 }
    const entries = [
      STORE,
      WORDS,
      { text: 'Nine out of ten!' },
      { text: 'I said nine.' },
      GOOD,
      DONE,
    ]
    const mind = scripted(entries.map((entry) => ({ ...entry, usage })))
    const noted: Mind = {
      answer: async (request, context) => ({ ...(await mind.answer(request, context)), usage }),
    }
    const clock = { now: () => Date.now(), sleep: () => Promise.resolve() }
    const run = await createRuntime({ env: {}, mind: noted, clock }).start(priced, {})
    const record = await run.done
    const asked = (await eventsOf(run)).filter(
      ({ type }) => type === 'model.answered' || type === 'model.failed',
    )
    expect(record.usage).toMatchObject({
      prompt_tokens: 100 * asked.length,
      completion_tokens: 50 * asked.length,
    })
    expect(asked.some(({ type }) => type === 'model.failed')).toBe(true)
  })
})

describe('a secret (Law 17)', () => {
  const KEY = Buffer.alloc(32, 7).toString('base64')
  const WORD = 'hunter2-hunter2'
  const secret: JsonObject = { type: 'string', secret: true }
  const input: JsonObject = {
    type: 'object',
    properties: { token: secret, message: { type: 'string' } },
  }
  const SLOTS: WorkflowSpec = {
    workflow: 'ask',
    input,
    slots: {
      token: { type: 'text', required: true },
      city: { type: 'text', required: true },
    },
    steps: [{ prompt: 'Ask and pay.', tools: ['request_input', 'pay'] }],
  }
  const ASK = [{ call: 'request_input' }, { call: 'pay', args: { token: 'ref:slot/token' } }, DONE]

  async function play(
    spec: WorkflowSpec,
    on: {
      readonly script: readonly object[]
      readonly input: JsonObject
      readonly say?: string | JsonObject
    },
  ): Promise<{
    readonly log: string
    readonly record: RunRecord
    readonly paid: readonly string[]
  }> {
    const paid: string[] = []
    const pay = defineTool({
      about: 'Pay',
      input: { type: 'object', properties: { token: secret } },
      execute({ token }: { readonly token: string }) {
        paid.push(token)
        return { paid: true }
      },
    })
    const mind = scripted(on.script)
    const runtime = createRuntime({ env: {}, secretKey: KEY, mind, tools: { pay } })
    const run = await runtime.start(spec, { input: on.input })
    await run.done
    const record = on.say === undefined ? await run.done : await run.send(on.say)
    return { log: JSON.stringify([await eventsOf(run), record]), record, paid }
  }

  test.each([
    `token: ${WORD}\ncity: Bern`,
    `{"token":"${WORD}","city":"Bern"}`,
    { token: WORD, city: 'Bern' },
    { slots: { token: WORD, city: 'Bern' } },
    { message: `token=${WORD}\ncity=Bern` },
  ])('that the user answers to a slot is a reference, and reaches its tool: %j', async (say) => {
    const { log, record, paid } = await play(SLOTS, { script: ASK, input: { message: 'Hi' }, say })
    expect(record.reason).toBe('completed')
    expect(paid).toEqual([WORD])
    expect(log).not.toContain(WORD)
  })
  test.each([WORD, `city: Bern\n${WORD}`, { answer: WORD }])(
    'that nobody can tell from the other words is hidden with them, and asked for again: %j',
    async (say) => {
      const { log, record } = await play(SLOTS, { script: ASK, input: { message: 'Hi' }, say })
      expect(record.reason).toBe('needs_input')
      expect(log).not.toContain(WORD)
    },
  )
  test('is answered in bare words where it alone is asked for', async () => {
    const one = { ...SLOTS, slots: { token: { type: 'text', required: true } } } as const
    const on = { script: ASK, input: { message: 'Hi' }, say: WORD }
    const { log, paid } = await play(one, on)
    expect(paid).toEqual([WORD])
    expect(log).not.toContain(WORD)
  })
  test.each([
    [{ type: 'text', validation: { secret: true } }, 'nothing is kept secret here'],
    [{ type: 'number' }, 'is secret in the input'],
    [{ type: 'text', validation: { maxLength: 3 } }, 'is secret in the input'],
  ] as const)('a slot that could not keep it does not compile: %j', async (token, why) => {
    const spec: WorkflowSpec = { ...SLOTS, slots: { token } }
    await expect(play(spec, { script: ASK, input: {} })).rejects.toThrow(why)
  })
  test('that a composer or a verifier says is stored and logged as a reference', async () => {
    const spec: WorkflowSpec = { ...LETTER, input }
    const script = [
      { call: 'store_artifact', args: { name: 'letter', notes: `with ${WORD}` } },
      { text: `Dear Ms Grey, your word is ${WORD}, as you said.` },
      { text: `{"score":9,"feedback":"${WORD} is in it"}` },
      DONE,
    ]
    const { log, record } = await play(spec, { script, input: { token: WORD } })
    expect(record.reason).toBe('completed')
    expect(log).not.toContain(WORD)
  })
})

test('an envelope that is nested too deeply is sent back, and ends no driver (Laws 1, 7)', async () => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  const envelope = (members: string): object => ({
    text: `{${members},"confidence":1,"risk_level":"low","success_criteria_met":true}`,
  })
  const mind = scripted([
    envelope(`"next_action":"final_answer","answer":${deep}`),
    envelope('"next_action":"final_answer","answer":"done"'),
  ])
  const spec: WorkflowSpec = {
    workflow: 'deep',
    decisions: 'native',
    steps: [{ prompt: 'Go.' }],
  }
  const run = await createRuntime({ env: {}, mind }).start(spec, {})
  const record = await run.done
  expect(record.reason).toBe('completed')
  expect((await eventsOf(run)).map(({ type }) => type)).toContain('decision.rejected')
})

test('a version is over with its own time, though the same text is kept for another artifact', async () => {
  let now = 1_700_000_000_000
  const clock = { now: () => now, sleep: () => Promise.resolve() }
  const spec: WorkflowSpec = {
    workflow: 'kept',
    artifacts: { backup: { ttl: 60 } },
    steps: [
      {
        name: 'keep',
        prompt: 'Keep.',
        tools: ['store_artifact', 'artifact_create', 'request_input'],
      },
      { name: 'read', prompt: 'Read.', tools: ['artifact_read'] },
    ],
  }
  const content = 'What was there before, in full.'
  const mind = scripted([
    { call: 'store_artifact', args: { name: 'backup', content } },
    { call: 'artifact_create', args: { name: 'copy', content } },
    { call: 'request_input', args: { question: 'Go on?' } },
    DONE,
    {
      calls: [
        { tool: 'artifact_read', args: { name: 'backup' } },
        { tool: 'artifact_read', args: { name: 'copy' } },
      ],
    },
    DONE,
  ])
  const run = await createRuntime({ env: {}, mind, clock }).start(spec, {})
  await run.done
  now += 61_000
  const record = await run.send('yes')
  const read = record.steps.flatMap(({ tool_calls: calls }) => calls).slice(-2)
  expect(read).toMatchObject([
    { error: { code: 'NOT_FOUND', message: expect.stringContaining('is not kept any more') } },
    { result: { text: content } },
  ])
})
