import { expect, test } from 'vitest'
import { REASONS } from '../../core/log/event.ts'
import { runRecord, type RunRecord } from '../../core/log/record/run-record.ts'
import { adviceFor } from './advice.ts'
import { exitCodeOf } from './outcome.ts'

const caller = { command: 'lockstep', flags: '--script s.yaml' }

function record(reason: RunRecord['reason']): RunRecord {
  const pending = [{ call: 'call_1', tool: 'pay', args: {} }]
  return { ...runRecord([]), run: 'run_1', reason, pending }
}

test('whoever waits for somebody says with which command to go on', () => {
  expect(adviceFor(record('needs_input'), caller)?.commands).toEqual([
    "lockstep runs resume run_1 --script s.yaml --input 'your answer'",
  ])
  expect(adviceFor(record('needs_client'), caller)?.commands).toEqual([
    `lockstep runs resume run_1 --script s.yaml --results '[{"call":"call_1","output":{}}]'`,
  ])
  expect(adviceFor(record('tool_in_doubt'), caller)?.commands).toEqual([
    'lockstep runs resume run_1 --script s.yaml --executed call_1',
    'lockstep runs resume run_1 --script s.yaml --not-executed call_1',
  ])
  const asked = { call: 'call_1', tool: 'pay', args: {}, request: 'apr_1' }
  const waits = { ...record('needs_approval'), pending: [asked] }
  expect(adviceFor(waits, caller)?.commands).toEqual([
    'lockstep approve run_1 --as YOU --script s.yaml',
    "lockstep approve run_1 --as YOU --deny --reason 'why not' --script s.yaml",
  ])
  const two = { ...waits, pending: [asked, { ...asked, request: 'apr_2' }] }
  expect(adviceFor(two, caller)?.commands[2]).toBe(
    'lockstep approve run_1 --request apr_2 --as YOU --script s.yaml',
  )
  expect(adviceFor(record('expired'), caller)?.commands).toEqual([
    'lockstep runs resume run_1 --script s.yaml',
  ])
  expect(adviceFor(record(null), caller)?.commands).toEqual([
    'lockstep runs resume run_1 --script s.yaml',
  ])
})

test('Law 7: every reason has its exit code, and all but the good ends have advice', () => {
  const silent = new Set(['completed', 'cancelled', 'handed_off'])
  const waiting = REASONS.filter((reason) => exitCodeOf(reason) === 3)
  expect(waiting.toSorted()).toEqual(
    [
      'needs_client',
      'needs_input',
      'needs_approval',
      'escalated',
      'handed_off',
      'tool_in_doubt',
    ].toSorted(),
  )
  expect(REASONS.filter((reason) => exitCodeOf(reason) === 0)).toEqual(['completed'])
  for (const reason of REASONS) {
    expect(adviceFor(record(reason), caller) === null, reason).toBe(silent.has(reason))
  }
})

test('a script that is too short says what to do, and a spent budget how to go on', () => {
  const message = 'the script has no entry left for model call 3 (step a)'
  const short = adviceFor({ ...record('model_failed'), message }, caller)
  expect(short?.say).toContain('counts all model calls of a run')
  expect(adviceFor(record('model_failed'), caller)?.say).toContain('Once the model answers')
  expect(adviceFor(record('budget_exceeded'), caller)?.commands).toEqual([
    'lockstep runs show run_1',
    'lockstep runs resume run_1 --script s.yaml --workflow EDITED.yaml --migrate',
    'lockstep runs checkpoints run_1',
  ])
})
