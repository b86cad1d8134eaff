import { expect, test } from 'vitest'
import { runRecord, type RunRecord } from '../../core/log/record/run-record.ts'
import { capture } from '../given-cli.ts'
import { showOutcome } from './outcome.ts'
import { createScreen } from './screen.ts'

function shown(pending: NonNullable<RunRecord['pending']>): string {
  const output = capture()
  const record: RunRecord = { ...runRecord([]), run: 'r1', reason: 'needs_approval', pending }
  const place = { command: 'lockstep', flags: '', log: 'here' }
  showOutcome(createScreen(output, {}), record, place)
  return output.text()
}

test('what waits is shown with its exact arguments and its call', () => {
  const text = shown([{ call: 'call_1', tool: 'pay', args: { to: 'x' }, request: 'apr_1' }])
  expect(text).toContain('waits pay {"to":"x"} (call_1)')
})

test('a rewind that waits is shown by where it goes: the reason has said the rest', () => {
  const args = { to: 'safe', position: 3, take_back: [], cannot_undo: [{ call: 'call_1' }] }
  const text = shown([{ call: '', tool: 'rewind', args, request: 'apr_1' }])
  expect(text).toMatch(/waits rewind to safe\n/)
  expect(text).toContain('lockstep approve r1 --request apr_1 --as YOU')
})
