import { expect, test } from 'vitest'
import { caseWith, checkWith } from '../given-evals.ts'
import { makeReport } from './make-report.ts'
import { passHats } from './pass-hat.ts'
import type { CaseReport } from './report.ts'

const nothing = { loaded: [], regressions: [], ms: 5 }

test('counts how often runs end in store_artifact_loop_abort', () => {
  const aborted = caseWith({ runs: 2, reasons: ['store_artifact_loop_abort', 'completed'] })
  const report = makeReport([caseWith(), aborted, caseWith({ runs: 0, reasons: [] })], nothing)
  expect(report.loop_aborts).toEqual({ runs: 3, aborts: 1, rate: 1 / 3 })
  expect(makeReport([], nothing).loop_aborts).toEqual({ runs: 0, aborts: 0, rate: 0 })
})

test('is fine where no gate failed and nothing is worse; what is skipped is counted', () => {
  const skipped = caseWith({ result: 'skipped', checks: [] })
  const judged = caseWith({
    checks: [checkWith({ name: 'judge', result: 'skipped', score: null })],
  })
  const report = makeReport([skipped, judged], nothing)
  expect(report).toMatchObject({
    ok: true,
    totals: { cases: 2, passed: 1, failed: 0, skipped: 1, skipped_criteria: 1 },
  })
  expect(makeReport([caseWith({ result: 'failed' })], nothing).ok).toBe(false)
  const lost = { kind: 'case_vanished', case: 'a#b', message: 'gone' } as const
  expect(makeReport([caseWith()], { ...nothing, regressions: [lost] }).ok).toBe(false)
})

test('pass^k is over the cases that ran', () => {
  const none = caseWith({ result: 'skipped', runs: 0, pass_k: [] })
  const half = caseWith({ runs: 2, passes: 1, pass_k: passHats(1, 2) })
  const whole = caseWith({ runs: 2, passes: 2, pass_k: passHats(2, 2) })
  const passed = (...cases: readonly CaseReport[]): readonly number[] =>
    makeReport([none, ...cases], nothing).pass_k.map(({ estimate }) => estimate)
  expect(passed(half, whole)).toEqual([0.75, 0.5])
  // Where a model answered, what scripts did says nothing.
  expect(passed({ ...half, scripted: false }, whole)).toEqual([0.5, 0])
})
