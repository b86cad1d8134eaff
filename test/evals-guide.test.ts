import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadEvals } from '../src/eval/read/load-evals.ts'
import { runEvals } from '../src/eval/run-evals.ts'

/*
 * What docs/evals.md shows is true: its cases pass on the refund example.
 */

const ROOT = join(import.meta.dirname, '..')
const workflow = join(ROOT, 'examples/02-refund/workflow.yaml')
const guide = readFileSync(join(ROOT, 'docs/evals.md'), 'utf8')
const blocks = [...guide.matchAll(/```yaml evals\n([\s\S]*?)```/g)].map(([, block = '']) => block)
const folder = mkdtempSync(join(tmpdir(), 'lockstep-guide-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each(blocks.map((block, index) => [index, block] as const))(
  'block %i of the guide holds',
  async (index, block) => {
    const file = join(folder, `${index}.yaml`)
    writeFileSync(
      file,
      block
        .replace(/^(- )?case:/m, `$1workflow: ${workflow}\n$1case:`)
        .replace(/\n- case:/, '\n  case:'),
    )
    const { cases, issues } = await loadEvals([file], {})
    expect(issues).toEqual([])
    const mindOf = (): Promise<never> => Promise.reject(new Error('no model'))
    const reports = await runEvals(cases, { repeat: 1, mindOf, env: {}, from: folder })
    expect(reports).toHaveLength(1)
    expect(
      reports.flatMap(({ checks }) => checks).filter(({ result }) => result !== 'passed'),
    ).toEqual([])
  },
)

test('the guide has cases, and at most 150 lines', () => {
  expect(blocks.length).toBeGreaterThan(1)
  expect(guide.split('\n').length).toBeLessThanOrEqual(150)
})
