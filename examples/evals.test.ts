import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadEvals } from '../src/eval/load-evals.ts'
import { runEvals } from '../src/eval/run-evals.ts'
import { MindError } from '../src/mind/mind.ts'

/*
 * Every folder beside this file that has `evals/` is run here, as `lockstep eval examples` does: a
 * gate criterion that fails blocks the change (S4.30). A new folder needs no word here.
 */

const ROOT = import.meta.dirname
const folders = readdirSync(ROOT).filter((name) => {
  const evals = join(ROOT, name, 'evals')
  return existsSync(evals) && readdirSync(evals).some((file) => file.endsWith('.yaml'))
})
const noModel = (model: string): Promise<never> =>
  Promise.reject(
    new MindError(`no key for ${model} here`, { code: 'missing_key', retryable: false }),
  )

describe.each(folders)('%s', async (folder) => {
  const { cases, issues, problems } = await loadEvals([join(ROOT, folder)], {})

  test('its eval files can be read', () => {
    expect({ issues, problems }).toEqual({ issues: [], problems: [] })
    expect(cases.length).toBeGreaterThan(0)
  })

  test.each(cases.map((each) => [each.eval.name, each] as const))('%s', async (_, each) => {
    const options = { repeat: 2, mindOf: noModel, env: {}, from: ROOT }
    const [report] = await runEvals([each], options)
    const failed = report?.checks.filter(({ result }) => result === 'failed')
    expect(failed).toEqual([])
    expect(report).toMatchObject({ result: 'passed', identical: true })
  })
})

test('there are examples with evals', () => {
  expect(folders.length).toBeGreaterThan(2)
})
