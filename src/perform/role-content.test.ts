import { describe, expect, it } from 'vitest'
import { createRuntime } from '../drive/runtime.ts'
import type { Event } from '../core/log/event.ts'
import type { RunRecord } from '../core/log/record/run-record.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import type { Mind, MindAnswer, MindRequest } from '../mind/mind.ts'

const spec: WorkflowSpec = {
  workflow: 'note',
  instructions: 'Be brief.',
  locale: { language: 'de-CH' },
  artifacts: {
    note: {
      about: 'A note.',
      compose: { prompt: 'You write notes.' },
      rules: { min_chars: 5 },
      verify: { prompt: 'You score notes.', attempts: 2 },
    },
  },
  steps: [{ prompt: 'Have it written.', write: 'note' }],
}

const usage = { input: 1, output: 1, cached: 0 }

function said(text: string, finish: MindAnswer['finish'] = 'stop'): MindAnswer {
  return { parts: [{ type: 'text', text }], finish, usage }
}

const store: MindAnswer = {
  parts: [{ type: 'call', id: '', tool: 'store_artifact', args: {} }],
  finish: 'tool-calls',
  usage,
}

/** Plays the workflow: each role answers what it was given, in order. */
async function play(answers: Readonly<Record<string, readonly MindAnswer[]>>): Promise<{
  readonly record: RunRecord
  readonly events: readonly Event[]
  readonly asked: readonly MindRequest[]
}> {
  const asked: MindRequest[] = []
  const events: Event[] = []
  const left = new Map(Object.entries(answers).map(([role, list]) => [role, [...list]]))
  const mind: Mind = {
    answer(request) {
      asked.push({ ...request, messages: [...request.messages] })
      const next = left.get(request.role)?.shift()
      return next === undefined ? Promise.reject(new Error('no answer')) : Promise.resolve(next)
    },
  }
  const clock = { now: () => 0, sleep: () => Promise.resolve() }
  const onEvents = (more: readonly Event[]): void => void events.push(...more)
  const run = await createRuntime({ mind, clock }).start(spec, { onEvents })
  return { record: await run.done, events, asked }
}

const good = said('{"score":8,"feedback":""}')

describe('a composer', () => {
  it('sees its own prompt, the rules and the last critique, and neither transcript nor tools', async () => {
    const { asked } = await play({
      planner: [store, store, said('done')],
      composer: [said('a first note'), said('a second note')],
      verifier: [said('{"score":2,"feedback":"too dry"}'), good],
    })
    const [first, second] = asked.filter(({ role }) => role === 'composer')
    expect(first).toMatchObject({ tools: [], legal: [], output: null })
    expect(first?.system).toMatch(/^You write notes\.\n\nWrite in the language de-CH/)
    expect(JSON.stringify(first?.messages)).toContain('at least 5 characters')
    expect(JSON.stringify(first?.messages)).not.toContain('Have it written')
    expect(JSON.stringify(second?.messages)).toContain('too dry')
    expect(JSON.stringify(second?.messages)).toContain('a first note')
  })
  it('is not heard when it calls a tool or is cut off', async () => {
    const calls: MindAnswer = { ...store, parts: [...store.parts, ...said('a note').parts] }
    const { record } = await play({
      planner: [store, said('done')],
      composer: [calls],
      verifier: [good],
    })
    expect(record.steps[0]?.tool_calls).toHaveLength(1)
    const cut = await play({ planner: [store], composer: [said('a no', 'length')] })
    expect(cut.record).toMatchObject({ reason: 'model_failed', artifacts: [] })
  })
})

describe('a verifier', () => {
  it('sees the criteria and what was stored, and answers by its schema', async () => {
    const { asked } = await play({
      planner: [store, said('done')],
      composer: [said('a note')],
      verifier: [good],
    })
    const [request] = asked.filter(({ role }) => role === 'verifier')
    expect(request?.output).toMatchObject({ required: ['score', 'feedback'] })
    expect(JSON.stringify(request?.messages)).toContain('a note')
    expect(request?.tools).toEqual([])
  })
  it('is asked once more for a report that is none', async () => {
    const { record } = await play({
      planner: [store, said('done')],
      composer: [said('a note')],
      verifier: [said('```json\n{"score":9,"feedback":""}\n```'), good],
    })
    expect(record).toMatchObject({ reason: 'completed', artifacts: [{ version: 1, score: 8 }] })
  })
})
