import { describe, expect, it } from 'vitest'
import { planOf } from '../../given.ts'
import type { SlotSpec } from '../../spec/chain-spec.ts'
import type { Json } from '../../spec/json.ts'
import { readSlot, type ReadSlot } from './slots-read.ts'

function read(spec: SlotSpec, given: Json, numbered = true): ReadSlot {
  const plan = planOf({ workflow: 'w', slots: { it: spec }, steps: [{ prompt: 'x' }] })
  const slot = plan.slots.get('it')
  if (slot === undefined) throw new Error('no slot')
  return readSlot(slot, given, { numbered })
}

const tone: SlotSpec = { type: 'choice', options: ['formal', 'very warm'] }
const days: SlotSpec = { type: 'multi_choice', options: ['Mon', 'Tue', 'Wed, noon'] }

describe('a value that fits', () => {
  it.each<[SlotSpec, Json, Json]>([
    [tone, 'formal', 'formal'],
    [tone, ' Very WARM ', 'very warm'],
    [tone, '2', 'very warm'],
    [tone, 2, 'very warm'],
    [{ type: 'choice', options: ['5', '10'] }, '10', '10'],
    [{ type: 'choice', options: ['5', '10'] }, 5, '5'],
    [days, ['Mon', 'Tue'], ['Mon', 'Tue']],
    [days, 'mon, tue, MON', ['Mon', 'Tue']],
    [days, 'Wed, noon', ['Wed, noon']],
    [days, '1,3', ['Mon', 'Wed, noon']],
    [{ type: 'text' }, ' Anna ', 'Anna'],
    [{ type: 'text' }, 8001, '8001'],
    [{ type: 'text' }, '{{slots.other}}', '{{slots.other}}'],
    [{ type: 'number' }, 12.5, 12.5],
    [{ type: 'number' }, ' -12.5 ', -12.5],
    [{ type: 'boolean' }, false, false],
    [{ type: 'boolean' }, 'Ja', true],
    [{ type: 'boolean' }, 'no', false],
    [{ type: 'boolean' }, 'nein', false],
    [{ type: 'file' }, 'ref:artifact/cv@1', 'ref:artifact/cv@1'],
    [{ type: 'file' }, { name: 'a.md', content: '' }, { name: 'a.md', content: '' }],
    [{ type: 'date' }, ' 2024-02-29 ', '2024-02-29'],
  ])('of %j: %j is %j', (spec, given, value) => {
    expect(read(spec, given)).toEqual({ ok: true, value })
  })
})

describe('a value that does not fit says what would', () => {
  it.each<[SlotSpec, Json, string]>([
    [tone, 'loud', '"loud" is not among formal, very warm'],
    [tone, '3', '"3" is not among formal, very warm'],
    [tone, '0', 'is not among'],
    [tone, ['formal'], 'is not among'],
    [{ type: 'choice', options: ['5', '10'] }, '1', '"1" is not among 5, 10'],
    [days, 'Mon, Sat', 'is not among Mon, Tue'],
    [days, ' , ', 'is not among'],
    [days, [], 'names none of Mon'],
    [days, { Mon: true }, 'is not among'],
    [{ type: 'text' }, '   ', 'is no text'],
    [{ type: 'text' }, ['a'], '["a"] is no text'],
    [{ type: 'text', validation: { minLength: 3 } }, 'ab', 'must NOT have fewer than 3 characters'],
    [{ type: 'number' }, 'many', '"many" is no number; write it like 12 or 12.5'],
    [{ type: 'number' }, '1,5', 'is no number'],
    [{ type: 'number' }, '0x10', 'is no number'],
    [{ type: 'number' }, '', 'is no number'],
    [{ type: 'number', validation: { maximum: 10 } }, '12', '"12" does not fit: must be <= 10'],
    [{ type: 'boolean' }, 'perhaps', 'is neither yes nor no'],
    [{ type: 'boolean' }, 1, 'is neither yes nor no'],
    [{ type: 'file' }, 'my CV', 'is no file; give { name, content }'],
    [{ type: 'file' }, { name: 'a.md' }, 'does not fit'],
    [{ type: 'date' }, '2026-02-30', 'is no date; write it like 2026-03-31'],
    [{ type: 'date' }, '31.3.2026', 'is no date'],
    [{ type: 'date' }, 20260331, 'is no date'],
  ])('of %j: %j', (spec, given, message) => {
    const said = read(spec, given)
    expect(said).toMatchObject({ ok: false, message: expect.stringContaining(message) })
  })
  it('and quotes no more of it than one reads', () => {
    const said = read({ type: 'number' }, 'x'.repeat(5000))
    expect(said.ok ? '' : said.message).toHaveLength(
      61 + ' is no number; write it like 12 or 12.5'.length,
    )
  })
})

it('takes no number for an option where none was shown', () => {
  expect(read(tone, '2', false).ok).toBe(false)
})
