import { expect, test } from 'vitest'
import { compare } from './compare.ts'

test('the three failures of one prompt show in its record, and not in that of the steps (S0.42)', async () => {
  const table = await compare()
  const rows = table.split('\n').map((line) => line.split(' | ').map((cell) => cell.trim()))
  const row = (start: string): string[] | undefined =>
    rows.find(([left]) => left?.startsWith(start))
  expect(row('rushing')).toEqual([
    'rushing: WRONG, Michael Torres came from no lookup',
    'rushing: no, Sarah Chen was looked up',
  ])
  expect(row('search ran in mid-draft')).toEqual([
    'search ran in mid-draft: WRONG, 1 time',
    'search ran in mid-draft: no',
  ])
  expect(row('tools in scope at once')).toEqual([
    'tools in scope at once: 10',
    'tools in scope at once: 2',
  ])
  expect(row('steps to look into')).toEqual(['steps to look into: 1', 'steps to look into: 4'])
})

test('the table is the same at every run', async () => {
  expect(await compare()).toBe(await compare())
})
