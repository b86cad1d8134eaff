import { expect, it } from 'vitest'
import { call, NO_USAGE, planOf, started } from '../given.ts'
import { decide } from './decide.ts'
import type { Move } from './move.ts'
import type { EventBody } from '../log/event.ts'
import { fold } from '../log/fold/fold.ts'

const plan = planOf(
  { workflow: 'w', steps: { work: { prompt: 'Go.', tools: ['look'] } } },
  { look: { effect: 'read', retry: { BUSY: {} } } },
)
const error = { code: 'BUSY', message: 'busy', retryable: true }
const opening: readonly EventBody[] = [
  ...started(plan),
  { type: 'step.entered', step: 'work', visit: 1, message: null, prompt: 'Go.' },
  { type: 'model.called', call: 1, attempt: 1, step: 'work', closing: false },
]
const toolWait: readonly EventBody[] = [
  ...opening,
  {
    type: 'model.answered',
    call: 1,
    parts: [call('look', {}, 'l')],
    finish: 'tool-calls',
    usage: NO_USAGE,
  },
  { type: 'call.judged', call: 'l', tool: 'look', verdict: 'allow', gates: [] },
  { type: 'tool.dispatched', call: 'l', attempt: 1 },
  { type: 'tool.failed', call: 'l', attempt: 1, error },
  { type: 'tool.retried', call: 'l', delayMs: 30_000 },
]
const modelWait: readonly EventBody[] = [
  ...opening,
  { type: 'model.failed', call: 1, attempt: 1, error },
  { type: 'model.retried', call: 1, delayMs: 30_000 },
]

/** The move after the log's driver died and another took over at this time. */
function resumedAt(at: number, events: readonly EventBody[]): Move {
  const log = [...events, { type: 'run.resumed' } as const].map((event, index) => ({
    v: 1 as const,
    seq: index + 1,
    at: index === events.length ? at : 0,
    ...event,
  }))
  return decide(plan, fold(plan.histories, log))
}

it.each([
  ['tool', toolWait, 'l'],
  ['model', modelWait, 'model'],
])('a wait for a retry of a %s goes on after a crash for what is left of it', (_, log, wait) => {
  expect(resumedAt(10_000, log)).toEqual({
    type: 'perform',
    effects: [{ type: 'wait', wait, delayMs: 20_000 }],
  })
})

it('is not waited again once its time is over', () => {
  expect(resumedAt(30_000, toolWait)).toMatchObject({
    events: [{ type: 'tool.dispatched', attempt: 2 }],
  })
  expect(resumedAt(40_000, modelWait)).toMatchObject({
    events: [{ type: 'model.called', attempt: 2 }],
  })
})
