import { expect, test } from 'vitest'
import { logOf } from '../../core/given.ts'
import type { EventBody, FinishReason } from '../../core/log/event.ts'
import { createTurnReader, type Turn } from './turn.ts'

function readingOf(...bodies: readonly EventBody[]): Turn {
  const reader = createTurnReader()
  reader.read(logOf(bodies))
  return reader.turn()
}

function says(call: number, text: string, finish: FinishReason = 'stop'): EventBody {
  const usage = { input: 10, output: 2, cached: 1 }
  return { type: 'model.answered', call, parts: [{ type: 'text', text }], finish, usage }
}

const enters: EventBody = { type: 'step.entered', step: 's', visit: 1, message: null, prompt: null }

test('the text is the last step’s, all its answers together, and usage is everybody’s', () => {
  const turn = readingOf(enters, says(1, 'Thought.'), enters, says(2, 'One.'), says(3, 'Two.'))
  expect(turn.text).toBe('One.\n\nTwo.')
  expect(turn.usage).toEqual({ input: 30, output: 6, cached: 3 })
})

test('an answer that was sent back is no part of it; one that was cut short is remembered', () => {
  const rejected: EventBody = { type: 'output.rejected', step: 's', message: 'no JSON' }
  expect(readingOf(enters, says(1, 'hm'), rejected, says(2, '{}'))).toMatchObject({
    text: '{}',
    cut: null,
  })
  expect(readingOf(enters, says(1, '{"a', 'length'), rejected)).toMatchObject({
    text: '',
    cut: '{"a',
  })
})

test('a composer’s words are not the answer', () => {
  const composes: EventBody = {
    type: 'model.called',
    call: 2,
    attempt: 1,
    step: 's',
    closing: false,
    role: 'composer',
  }
  expect(readingOf(enters, says(1, 'Done.'), composes, says(2, 'A long page.')).text).toBe('Done.')
})

test('a failure stands until a model answers; a dispatch may have changed something', () => {
  const error = { code: '429', message: 'slow down', retryable: true }
  const failed: EventBody = { type: 'model.failed', call: 1, attempt: 1, error }
  const dispatched: EventBody = { type: 'tool.dispatched', call: 'c', attempt: 1 }
  expect(readingOf(failed)).toMatchObject({ failure: error, acted: false })
  expect(readingOf(failed, says(1, 'x'), dispatched)).toMatchObject({ failure: null, acted: true })
})
