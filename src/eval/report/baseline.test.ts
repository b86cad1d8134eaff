import { describe, expect, test } from 'vitest'
import { decodeBaseline, encodeBaseline, regressionsOf, type Baseline } from './baseline.ts'
import { caseWith, checkWith } from '../given-evals.ts'
import type { CaseReport } from './report.ts'

function baselineOf(...cases: readonly CaseReport[]): Baseline {
  const read = decodeBaseline(encodeBaseline(cases, {}))
  if (!read.ok) throw new Error(read.message)
  return read.baseline
}

/** What is worse in the second than in the first. */
function worse(before: readonly CaseReport[], now: readonly CaseReport[], looked = true) {
  const found = regressionsOf(now, baselineOf(...before), () => looked)
  return found.map(({ kind, case: id, criterion }) => [kind, id, criterion])
}

const soft = (score: number | null) =>
  caseWith({ checks: [checkWith({ name: 'tone', kind: 'soft', score })] })

describe('a baseline', () => {
  test('the same is no regression, nor is what is better or new', () => {
    const before = [soft(0.5)]
    const better = caseWith({ checks: [...soft(0.6).checks, checkWith({ name: 'new' })] })
    expect(worse(before, before)).toEqual([])
    expect(worse(before, [better, caseWith({ id: 'evals/a.yaml#two' })])).toEqual([])
  })

  test('a case that vanished is one, where it should have been seen', () => {
    expect(worse([caseWith()], [])).toEqual([['case_vanished', 'evals/a.yaml#one', undefined]])
    expect(worse([caseWith()], [], false)).toEqual([])
  })

  test('a criterion that is gone, or measured nothing, lost its metric', () => {
    const gone = caseWith({ checks: [] })
    const unmeasured = caseWith({ checks: [checkWith({ result: 'skipped', score: null })] })
    expect(worse([caseWith()], [gone])).toEqual([
      ['criterion_vanished', 'evals/a.yaml#one', 'path'],
    ])
    expect(worse([caseWith()], [unmeasured])).toEqual([['metric_lost', 'evals/a.yaml#one', 'path']])
    expect(worse([soft(0.5)], [soft(null)])).toEqual([['metric_lost', 'evals/a.yaml#one', 'tone']])
  })

  test('a case that nobody could answer any more loses all of them', () => {
    const skipped = caseWith({ result: 'skipped', notice: 'no key', checks: [], runs: 0 })
    expect(worse([caseWith()], [skipped])).toEqual([
      ['criterion_vanished', 'evals/a.yaml#one', 'path'],
    ])
  })

  test('a gate that passed and fails now; one that was open is nothing lost', () => {
    const failing = caseWith({ checks: [checkWith({ result: 'failed', score: 0.5 })] })
    expect(worse([caseWith()], [failing])).toEqual([['gate_failed', 'evals/a.yaml#one', 'path']])
    expect(worse([failing], [failing])).toEqual([])
    expect(worse([failing], [caseWith({ checks: [] })])).toEqual([])
  })

  test('a soft score that sank, by more than rounding', () => {
    expect(worse([soft(0.5)], [soft(0.49)])).toEqual([['score_sank', 'evals/a.yaml#one', 'tone']])
    expect(worse([soft(1 / 3)], [soft(1 / 3)])).toEqual([])
  })

  test('a gate that was made soft', () => {
    const softened = caseWith({ checks: [checkWith({ kind: 'soft' })] })
    expect(worse([caseWith()], [softened])).toEqual([['gate_softened', 'evals/a.yaml#one', 'path']])
  })
})

describe('its file', () => {
  test('has one line per criterion, sorted, and no times', () => {
    const two = caseWith({ id: 'evals/a.yaml#2', checks: [checkWith({ name: 'b' }), checkWith()] })
    expect(encodeBaseline([two], {})).toBe(`{
  "v": 1,
  "cases": {
    "evals/a.yaml#2": {
      "result": "passed",
      "criteria": {
        "b": { "kind": "gate", "result": "passed", "score": 1 },
        "path": { "kind": "gate", "result": "passed", "score": 1 }
      }
    }
  }
}
`)
  })

  test('keeps what was not looked at', () => {
    const kept = baselineOf(caseWith({ id: 'other/evals/b.yaml#x' })).cases
    const read = decodeBaseline(encodeBaseline([caseWith()], kept))
    expect(read.ok && Object.keys(read.baseline.cases)).toEqual([
      'evals/a.yaml#one',
      'other/evals/b.yaml#x',
    ])
  })

  test.each([
    ['{', 'JSON'],
    ['{"v":2,"cases":{}}', 'must be 1'],
    ['{"v":1,"cases":{"a":{"result":"ok","criteria":{}}}}', 'passed, skipped'],
    ['[]', 'must be a map'],
  ])('%s is none', (text, why) => {
    const read = decodeBaseline(text)
    expect(read.ok ? '' : read.message).toContain(why)
  })
})
