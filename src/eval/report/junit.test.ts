import { expect, test } from 'vitest'
import { caseWith, checkWith } from '../given-evals.ts'
import { toJUnit } from './junit.ts'
import { makeReport } from './make-report.ts'
import type { CaseReport } from './report.ts'

function junitOf(
  cases: readonly CaseReport[],
  regressions: Parameters<typeof makeReport>[1]['regressions'] = [],
) {
  return toJUnit(makeReport(cases, { loaded: [], regressions, ms: 20 }))
}

test('cases are testcases, their failed gates failures, all with place', () => {
  const checks = [checkWith(), checkWith({ name: 'reason', result: 'failed', actual: 'refused' })]
  const failed = caseWith({ case: 'two', result: 'failed', passes: 0, checks })
  const skipped = caseWith({ case: 'three', result: 'skipped', notice: 'no key', checks: [] })
  expect(junitOf([caseWith(), failed, skipped])).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="lockstep eval" tests="3" failures="1" skipped="1" time="0.020">
  <testsuite name="evals/a.yaml" tests="3" failures="1" skipped="1" time="0.036">
    <testcase name="one" classname="desk" file="evals/a.yaml" line="1" time="0.012"/>
    <testcase name="two" classname="desk" file="evals/a.yaml" line="1" time="0.012"><failure type="reason" message="reason: refused">evals/a.yaml:3:5&#10;expected: a&#10;actual: refused</failure></testcase>
    <testcase name="three" classname="desk" file="evals/a.yaml" line="1" time="0.012"><skipped message="no key"/></testcase>
  </testsuite>
</testsuites>
`)
})

test('what a model wrote cannot leave its place', () => {
  const actual = `</failure><x a="1">'&\u0000\u001B[31m\uD800]]>`
  const hostile = caseWith({ result: 'failed', checks: [checkWith({ result: 'failed', actual })] })
  const xml = junitOf([hostile])
  expect(xml).toContain('&lt;/failure&gt;&lt;x a=&quot;1&quot;&gt;&apos;&amp;[31m\uFFFD]]&gt;')
  expect(xml).not.toContain('<x')
  expect(Array.from(xml).every((mark) => mark === '\n' || mark >= ' ')).toBe(true)
})

test('regressions are failures of their own, and soft ones only told', () => {
  const softly = checkWith({ name: 'tone', kind: 'soft', result: 'failed', score: 0.2 })
  const lost = { kind: 'case_vanished', case: 'evals/a.yaml#x', message: 'gone' } as const
  const xml = junitOf([caseWith({ checks: [softly] })], [lost])
  expect(xml).toContain('tests="2" failures="1"')
  expect(xml).toContain('<system-out>tone (soft) failed: a</system-out>')
  expect(xml).toContain('<failure type="case_vanished" message="gone"/>')
})
