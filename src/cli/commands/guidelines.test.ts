import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { givenCli } from '../given-cli.ts'

const cli = givenCli()
const folder = join(cli.folder, 'guidelines')
const file = join(cli.folder, 'workflow.yaml')

beforeAll(() => {
  mkdirSync(folder)
  const voice = '---\ntitle: Brand voice\ntags: [email]\nenforced_by: { 900 letters: short }\n---\n'
  writeFileSync(join(folder, 'brand-voice.md'), `${voice}- At most 900 letters.\n- Be kind.`)
  writeFileSync(join(folder, 'facts.md'), '---\nalways: true\n---\nOnly facts.')
  const tools = '{ send: { client: true, input: { type: object } } }'
  const gates = `{ short: { on: send, allow: "length(get('$.args.body')) <= 900" } }`
  writeFileSync(
    file,
    `workflow: w\nguidelines: [brand-voice]\ntools: ${tools}\ngates: ${gates}\nsteps: [{ prompt: x, tools: [send] }]`,
  )
})
afterAll(() => cli.remove())

test('list shows what a folder has', async () => {
  const { stdout } = await cli.call('guidelines', 'list', '--folder', folder)
  expect(stdout).toMatch(/ID +PRIORITY +TOKENS +TAGS +TITLE\n/)
  expect(stdout).toMatch(/brand-voice +normal +\d+ +email +Brand voice/)
  expect(stdout).toMatch(/facts +normal, always/)
  const { stdout: json } = await cli.call('guidelines', 'list', '--folder', folder, '--json')
  expect(JSON.parse(json)).toMatchObject({
    guidelines: [{ id: 'brand-voice' }, { id: 'facts', always: true, text: 'Only facts.' }],
  })
})

test('match says what a run about a task is told', async () => {
  const args = ['guidelines', 'match', 'write an email', '--folder', folder]
  const { stdout } = await cli.call(...args)
  expect(stdout).toMatch(/brand-voice +\d\.\d\d +whole +Brand voice/)
  expect(stdout).toMatch(/facts +0\.00 +whole, always/)
  const { stdout: json } = await cli.call(...args, '--json')
  expect(JSON.parse(json)).toMatchObject({
    match: 'balanced',
    applied: { ids: ['facts', 'brand-voice'], left_out: [] },
    text: expect.stringContaining('Be kind.'),
  })
})

test('what is wrong is told with its place and exit code 2', async () => {
  const bad = join(cli.folder, 'bad')
  mkdirSync(bad)
  writeFileSync(join(bad, 'a.md'), '---\ntitle: x\nprority: critical\n---\nx')
  const { stdout, exitCode } = await cli.call('guidelines', 'list', '--folder', bad)
  expect(stdout).toContain('a.md:3:1')
  expect(stdout).toMatch(/did you mean\s+priority\?/)
  expect(exitCode).toBe(2)
  const missing = await cli.call('guidelines', 'match', 'x', '--folder', join(bad, 'no'), '--json')
  expect(missing.exitCode).toBe(2)
  expect(JSON.parse(missing.stdout)).toMatchObject({ ok: false, errors: [{ severity: 'error' }] })
  const how = await cli.call('guidelines', 'match', 'x', '--folder', folder, '--match', 'loose')
  expect(how.exitCode).toBe(2)
  expect(how.stderr).toContain('legal: balanced, strict, broad')
})

test('check labels each rule as guided, or enforced by its gates', async () => {
  const { stdout } = await cli.call('check', file)
  expect(stdout).toContain('3 rules: 1 enforced by a gate, 2 guided')
  expect(stdout).toMatch(/enforced At most 900 letters\. +\[short\]/)
  expect(stdout).toMatch(/guided +Be kind\./)
  const { stdout: json } = await cli.call('check', file, '--json')
  expect(JSON.parse(json).guidelines).toEqual([
    {
      id: 'brand-voice',
      title: 'Brand voice',
      applied: 'named',
      rules: [
        { rule: 'At most 900 letters.', label: 'enforced', gates: ['short'] },
        { rule: 'Be kind.', label: 'guided', gates: [] },
      ],
    },
    {
      id: 'facts',
      title: 'facts',
      applied: 'always',
      rules: [{ rule: 'facts', label: 'guided', gates: [] }],
    },
  ])
})

test('a run shows what it was told', async () => {
  const script = join(cli.folder, 'script.yaml')
  writeFileSync(script, '- text: Done.')
  const { stdout } = await cli.call('run', file, '--script', script)
  expect(stdout).toMatch(/guidelines brand-voice, facts, about \d+ of 10000 tokens/)
})
