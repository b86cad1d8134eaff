import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeBaseline, regressionsOf } from '../src/eval/report/baseline.ts'
import { loadEvals } from '../src/eval/read/load-evals.ts'
import { runEvals } from '../src/eval/run-evals.ts'
import { MindError } from '../src/mind/mind.ts'

/*
 * The eval sets of all examples, as `lockstep eval examples --baseline examples/evals.baseline.json`
 * runs them: a gate criterion that fails, or a case that is there no more, blocks the change (S4.30).
 * A new folder needs no word here.
 */

const ROOT = import.meta.dirname
const noModel = (model: string): Promise<never> =>
  Promise.reject(
    new MindError(`no key for ${model} here`, { code: 'missing_key', retryable: false }),
  )

const { cases, issues, problems } = await loadEvals([ROOT], {})
const reports = await runEvals(cases, { repeat: 2, mindOf: noModel, env: {}, from: ROOT })

test('every eval file can be read', () => {
  expect({ issues, problems }).toEqual({ issues: [], problems: [] })
})

describe.each([...new Set(reports.map(({ file }) => file))])('%s', (file) => {
  const held = reports.filter((report) => report.file === file)

  test.each(held.map((report) => [report.case, report] as const))('%s', (_, report) => {
    expect(
      report.checks.filter(({ kind, result }) => kind === 'gate' && result === 'failed'),
    ).toEqual([])
    expect(report).toMatchObject({ result: 'passed', identical: true })
  })
})

test('nothing is worse than the baseline', () => {
  const read = decodeBaseline(readFileSync(join(ROOT, 'evals.baseline.json'), 'utf8'))
  if (!read.ok) throw new Error(read.message)
  expect(Object.keys(read.baseline.cases).length).toBeGreaterThan(20)
  expect(regressionsOf(reports, read.baseline, () => true)).toEqual([])
})
