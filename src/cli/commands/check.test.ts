import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { givenCli } from '../given-cli.ts'

const cli = givenCli()
afterAll(() => cli.remove())

function workflow(lines: number, rules: string): string {
  const file = join(cli.folder, 'workflow.yaml')
  const prompt = Array.from({ length: lines }, (_, index) => `      line ${index}`).join('\n')
  const text = `workflow: w
artifacts:
  letter:
    rules: ${rules}
    compose: { prompt: Write. }
    verify: { prompt: Score. }
steps:
  - name: write
    prompt: |
${prompt}
    write: letter
`
  writeFileSync(file, text)
  return file
}

test('S4.36: how long each role’s prompt is; one that fills more than a screen is marked', async () => {
  const fits = await cli.call('check', workflow(40, '{}'))
  expect(fits.stdout).toContain('prompts   planner: write 40 lines (')
  expect(fits.stdout).toContain('prompts   composer: letter 1 line (6)')
  expect(fits.stdout).toContain('prompts   verifier: letter 1 line (6)')
  expect(fits.stdout).not.toContain('!')
  const long = await cli.call('check', workflow(41, '{}'))
  expect(long.stdout).toContain('! planner write: 41 lines')
  expect(long.exitCode).toBe(0)
  const { prompts } = JSON.parse((await cli.call('check', workflow(41, '{}'), '--json')).stdout)
  expect(prompts).toMatchObject([
    { role: 'planner', of: 'write', lines: 41, exceeds: true },
    { role: 'composer', of: 'letter', exceeds: false },
    { role: 'verifier' },
  ])
})

test('S4.21: rules that no text passes and patterns that are none are said in their place', async () => {
  const file = workflow(1, `{ min_chars: 9, max_chars: 3, forbid: [fine, '(open'] }`)
  const { stdout, exitCode } = await cli.call('check', file)
  expect(exitCode).toBe(2)
  expect(stdout).toContain('workflow.yaml:4:14  artifacts.letter.rules.min_chars')
  expect(stdout).toContain('workflow.yaml:4:57  artifacts.letter.rules.forbid[1]')
  const run = await cli.call('run', file)
  expect(run).toMatchObject({ exitCode: 2, stdout: '' })
})
