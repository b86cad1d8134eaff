import { expect, test } from 'vitest'
import type { AskedSlot, Pending } from '../../core/log/event.ts'
import { capture } from '../given-cli.ts'
import { createScreen } from './screen.ts'
import { answerShape, showSlots } from './slot-lines.ts'

function slot(more: Partial<AskedSlot> & Pick<AskedSlot, 'type'>): AskedSlot {
  return { name: 'it', question: 'Which?', required: true, ...more }
}

function pending(...slots: readonly AskedSlot[]): Pending {
  return { call: 'call_1', tool: 'request_input', args: {}, slots }
}

test.each<[AskedSlot, string, string]>([
  [slot({ type: 'text' }), 'it Which? (text)', "'your answer'"],
  [slot({ type: 'choice', options: ['a b', 'c'] }), '(one of a b, c)', "'a b'"],
  [slot({ type: 'multi_choice', options: ['a', 'b', 'c'] }), '(any of a, b, c)', 'a,b'],
  [slot({ type: 'number', validation: { minimum: 3 } }), '(a number, {"minimum":3})', '3'],
  [slot({ type: 'boolean', required: false }), '(yes or no, optional)', 'yes'],
  [slot({ type: 'date' }), '(a date: YYYY-MM-DD)', '2026-03-31'],
  [
    slot({ type: 'file' }),
    'ref:artifact/NAME)',
    '\'{"slots":{"it":{"name":"notes.md","content":"…"}}}\'',
  ],
])('%j is shown with what it takes, and an answer to paste', (asked, shown, answer) => {
  const output = capture()
  showSlots(createScreen(output, {}), pending(asked))
  expect(output.text()).toContain(shown)
  expect(answerShape([pending(asked)])).toBe(answer)
})

test('several are answered by name; a wrong answer and the sub-run that asks are shown', () => {
  const two = pending(
    slot({ type: 'text' }),
    slot({ name: 'b', type: 'boolean', error: 'is neither' }),
  )
  expect(answerShape([two])).toBe('\'{"slots":{"it":"your answer","b":true}}\'')
  const output = capture()
  showSlots(createScreen(output, {}), { ...two, branch: 'look#1/0' })
  expect(output.text()).toContain('it for look#1/0 Which?')
  expect(output.text()).toContain('wrong b is neither')
})

test('what a slot says of itself steers no terminal (Law 16)', () => {
  const output = capture()
  showSlots(
    createScreen(output, {}),
    pending(slot({ type: 'text', question: 'a\u001b[2Jb\n? fake' })),
  )
  expect(output.text()).toBe('  asks  it ab ? fake (text)\n')
})

test('a free question has no shape', () => {
  expect(answerShape([{ call: 'c', tool: 'request_input', args: {}, question: 'Hm?' }])).toBeNull()
})
