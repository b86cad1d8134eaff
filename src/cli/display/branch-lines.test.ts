import { expect, test } from 'vitest'
import type { Entry, Event } from '../../core/log/event.ts'
import { showProgress } from './progress.ts'
import { createScreen } from './screen.ts'

function shown(...entries: readonly Entry[]): readonly string[] {
  let text = ''
  const screen = createScreen({ write: (piece: string) => (text += piece) }, {})
  const progress = showProgress(screen)
  entries.forEach((entry, index) => {
    const event: Event = { v: 1, seq: index + 1, at: 0, ...entry }
    progress.show(event)
  })
  return text.split('\n').filter((line) => line !== '')
}

const begin = (branch: string, item: number): Entry => ({
  type: 'branch.started',
  branch,
  parent: '',
  call: null,
  item,
  workflow: './sub.yaml',
  digest: '',
  input: { item },
  trusted: true,
  instructions: null,
})

const say = (call: number, branch: string, text: string): Entry => ({
  type: 'model.answered',
  branch,
  call,
  parts: [{ type: 'text', text }],
  finish: 'stop',
  usage: { input: 1_000 * call, output: 1, cached: 0 },
})

const end = (branch: string, reason: 'completed' | 'model_failed'): Entry => ({
  type: 'run.rested',
  branch,
  reason,
  message: reason === 'completed' ? 'done' : 'down',
})

test('lines of sub-runs side by side begin with their names, and their usage is their own', () => {
  expect(
    shown(
      { type: 'items.listed', step: 'look', items: [1, 2], trusted: true },
      begin('look#1/0', 1),
      begin('look#1/1', 2),
      say(2, 'look#1/1', 'two'),
      say(1, 'look#1/0', 'one'),
      end('look#1/1', 'completed'),
      end('look#1/0', 'model_failed'),
      {
        type: 'items.joined',
        step: 'look',
        outcomes: [
          { ok: false, reason: 'model_failed', message: 'down' },
          { ok: true, output: 'two' },
        ],
        message: '',
      },
    ),
  ).toEqual([
    '  ⇉ 2 items, a sub-run each',
    '  look#1/0 ▶ {"item":1}',
    '  look#1/1 ▶ {"item":2}',
    '  look#1/1   two',
    '  look#1/0   one',
    '  look#1/1   · 2,000 tokens in, 1 out, 1 model call',
    '  look#1/1 ✓ completed',
    '  look#1/0   · 1,000 tokens in, 1 out, 1 model call',
    '  look#1/0 ✗ model_failed down',
    '  ⇇ joined: 1 of 2 completed',
  ])
})
