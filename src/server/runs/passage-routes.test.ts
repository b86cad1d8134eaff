import { describe, expect, test } from 'vitest'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import type { Mind } from '../../mind/mind.ts'
import { givenRuns, type GivenRuns, textAt } from './given-runs.ts'

const WAIT = { headers: { prefer: 'wait=20' } }

const TWO: WorkflowSpec = {
  workflow: 'two',
  steps: [
    { name: 'look', prompt: 'Look.', checkpoint: 'known' },
    { name: 'act', prompt: 'Act.' },
  ],
}
const SCRIPT = [{ text: 'looked' }, { text: 'acted' }, { text: 'acted again' }]

async function ran(given: GivenRuns): Promise<string> {
  const { json } = await given.post('/v1/runs', { workflow: 'two' }, WAIT)
  return `/v1/runs/${textAt(json, 'id')}`
}

describe('checkpoints', () => {
  test('are listed, gone back to, and forked from', async () => {
    const given = await givenRuns({ workflow: TWO, script: SCRIPT })
    const run = await ran(given)
    const { json } = await given.get(`${run}/checkpoints`)
    expect(JSON.stringify(json)).toContain('"name":"known"')
    const fork = await given.post(`${run}/fork`, { at: 'known' })
    expect(fork.status).toBe(201)
    const place = fork.headers.get('location') ?? ''
    expect(place).toMatch(/^\/v1\/runs\/acme~run_[0-9a-f]{32}$/)
    expect(place).not.toBe(run)
    const resumed = await given.post(`${place}/resume`, {}, WAIT)
    expect(resumed.json).toMatchObject({ reason: 'completed' })
    const back = await given.post(`${run}/rewind`, { to: 'known' }, WAIT)
    expect([back.status, back.json['reason']]).toEqual([200, 'completed'])
  })

  test('that are not there are refused with what there is', async () => {
    const given = await givenRuns({ workflow: TWO, script: SCRIPT })
    const run = await ran(given)
    const back = await given.post(`${run}/rewind`, { to: 'nowhere' })
    expect(back.status).toBe(409)
    expect(back.json).toMatchObject({ error: { code: 'rewind_refused' } })
    const fork = await given.post(`${run}/fork`, { at: 'nowhere' })
    expect(fork.json).toMatchObject({ error: { code: 'not_forkable' } })
    expect(fork.text).toContain('known')
  })

  test('are made where a run rests between two steps', async () => {
    const given = await givenRuns({ workflow: TWO, script: SCRIPT })
    const run = await ran(given)
    const made = await given.post(`${run}/checkpoints`, { name: 'here' }, WAIT)
    expect(made.status).toBe(200)
    expect((await given.get(`${run}/checkpoints`)).text).toContain('"name":"here"')
    const nameless = await given.post(`${run}/checkpoints`, { name: '' })
    expect(nameless.status).toBe(400)
  })
})

describe('ending and going on', () => {
  test('a run that is under way is cancelled, and one that has ended is a conflict', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    const mind: Mind = {
      answer: (_, { signal }) => {
        resolve()
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')))
        })
      },
    }
    const given = await givenRuns({ workflow: TWO, mind })
    const { headers } = await given.post('/v1/runs', { workflow: 'two' })
    const run = headers.get('location') ?? ''
    await asked
    expect((await given.post(`${run}/input`, { message: 'x' })).json).toMatchObject({
      error: { code: 'run_busy' },
    })
    expect((await given.post(`${run}/cancel`, {})).status).toBe(202)
    await given.get(`${run}/events?stream=true`)
    expect((await given.get(run)).json).toMatchObject({ reason: 'cancelled', status: 'ended' })
    const again = await given.post(`${run}/cancel`, {})
    expect([again.status, again.json['error']]).toMatchObject([409, { code: 'not_waiting' }])
  })

  test('a run whose driver was stopped goes on where it was', async () => {
    let answers = 0
    const mind: Mind = {
      answer: async (_, { signal }) => {
        answers += 1
        if (answers > 1) return text('acted')
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')))
        })
      },
    }
    const first = await givenRuns({ workflow: TWO, mind })
    const { headers } = await first.post('/v1/runs', { workflow: 'two' })
    const run = headers.get('location') ?? ''
    expect(await first.background.park(10_000)).toBe(true)
    const next = await givenRuns({ workflow: TWO, mind, store: first.store })
    expect((await next.get(run)).json).toMatchObject({ status: 'running', reason: null })
    const { json } = await next.post(`${run}/resume`, {}, WAIT)
    expect(json).toMatchObject({ reason: 'completed' })
  })

  test('going on under an edited workflow takes an admin’s word', async () => {
    const ask: WorkflowSpec = {
      workflow: 'two',
      steps: [{ name: 'ask', prompt: 'Ask.', tools: ['request_input'] }],
    }
    const script = [{ call: 'request_input', args: { question: 'Which?' } }, { text: 'thanks' }]
    const before = await givenRuns({ workflow: ask, script })
    const run = await ran(before)
    const edited: WorkflowSpec = { ...ask, instructions: 'Be brief.' }
    const { get, post } = await givenRuns({ workflow: edited, script, store: before.store })
    const migrate = { migrate: true }
    expect((await post(`${run}/resume`, migrate)).status).toBe(403)
    const asked = await post(`${run}/resume`, migrate, { ...WAIT, scopes: ['admin'] })
    expect([asked.status, asked.json['reason']]).toEqual([200, 'needs_input'])
    const { json } = await get('/v1/workflows/two')
    expect(asked.json['digest']).toBe(json['digest'])
    const told = await post(`${run}/input`, { message: 'red' }, WAIT)
    expect(told.json).toMatchObject({ reason: 'completed' })
  })
})

function text(words: string): Awaited<ReturnType<Mind['answer']>> {
  return {
    parts: [{ type: 'text', text: words }],
    finish: 'stop',
    usage: { input: 0, output: 0, cached: 0 },
  }
}
