import { expect, test } from 'vitest'
import { judged, told } from '../given-shape.ts'
import { checkVerdicts } from './verdicts.ts'

const seen = [
  judged('pay', 'refuse', { gate: 'verified', reason: 'verified is not true' }),
  judged('look', 'allow'),
  judged('pay', 'allow'),
]

test('they are looked for in the order in which they were given', () => {
  const refused = { tool: 'pay', verdict: 'refuse' } as const
  const allowed = { tool: 'pay', verdict: 'allow' } as const
  expect(told(checkVerdicts([refused, allowed], seen))).toEqual([['verdicts', 'passed', 1]])
  expect(told(checkVerdicts([allowed, refused], seen))).toEqual([['verdicts', 'failed', 0.5]])
})

test('the gate and the words of its reason are part of it', () => {
  const wanted = { tool: 'pay', verdict: 'refuse', gate: 'verified' } as const
  expect(told(checkVerdicts([{ ...wanted, reason_has: 'not true' }], seen))[0]?.[1]).toBe('passed')
  expect(told(checkVerdicts([{ ...wanted, gate: 'once' }], seen))[0]?.[1]).toBe('failed')
  expect(checkVerdicts([{ ...wanted, reason_has: 'too late' }], seen)[0]).toMatchObject({
    result: 'failed',
    path: [0],
    expected: 'pay refuse by verified because of “too late”',
    actual: 'pay refuse (verified: verified is not true); pay allow',
  })
})

test('a tool that was never called says so', () => {
  expect(checkVerdicts([{ tool: 'ship', verdict: 'allow' }], seen)[0]?.actual).toBe(
    'no such call was judged',
  )
})
