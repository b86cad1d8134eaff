import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { givenCli } from '../given-cli.ts'

const cli = givenCli()
const file = join(cli.folder, 'workflow.yaml')
beforeAll(() =>
  writeFileSync(
    file,
    `workflow: w
decisions: native
slots: { tone: { type: text, question: How should it sound? } }
artifacts:
  letter:
    about: A letter to Ada.
    compose: { prompt: You write., model: openai/gpt-5, inputs: { tone: $.slots.tone } }
    rules: { min_chars: 10 }
    verify: { prompt: You score. }
  note: {}
steps:
  write: { prompt: Have it written., write: [letter, note], next: [{ to: end }] }
  end: { prompt: A later prompt., tools: [finish] }
`,
  ),
)
afterAll(() => cli.remove())

const WRITE = ['prompt', file, '-s', 'write'] as const

describe('S4.3, S4.4: a role is shown as it is asked', () => {
  test('a composer: its own prompt, the rules and its inputs; no tool, no transcript', async () => {
    const asked = ['--role', 'composer', '--artifact', 'letter', '-i', 'tone=warm']
    const { stdout } = await cli.call(...WRITE, ...asked, '--json')
    const sent = JSON.parse(stdout)
    expect(sent).toMatchObject({
      role: 'composer',
      model: 'openai/gpt-5',
      system: 'You write.',
      tools: [],
      legal: [],
    })
    const [{ text }] = sent.messages
    for (const part of ['A letter to Ada.', 'at least 10 characters', '### tone\n\nwarm']) {
      expect(text).toContain(part)
    }
    expect(stdout).not.toContain('Have it written')
  })

  test('a verifier: the content that is given, and the schema of its report', async () => {
    const content = join(cli.folder, 'letter.md')
    writeFileSync(content, 'Dear Ada')
    const asked = ['--role', 'verifier', '--artifact', 'letter', '--content', `@${content}`]
    const { stdout } = await cli.call(...WRITE, ...asked)
    expect(stdout).toContain('You score.')
    expect(stdout).toContain('## Content\n\nDear Ada')
    expect(stdout).toContain('"score"')
  })

  test.each([
    [['-s', 'write', '--role', 'composer'], 'step write writes several: letter, note'],
    [['-s', 'write', '--role', 'composer', '--artifact', 'leter'], 'did you mean letter?'],
    [['-s', 'write', '--role', 'verifier', '--artifact', 'note'], 'declares no `verify`'],
    [['-s', 'end', '--role', 'composer'], 'these do: write'],
    [['-s', 'write', '--role', 'poet'], 'planner, composer, verifier'],
    [
      ['-s', 'write', '--role', 'verifier', '--artifact', 'letter', '--content', '@/no/file'],
      'cannot read /no/file',
    ],
  ])('%j: says what would be legal', async (args, message) => {
    const { stderr, exitCode } = await cli.call('prompt', file, ...args)
    expect(stderr).toContain(message)
    expect(exitCode).toBe(2)
  })
})

test('S4.15: a planner that decides natively is shown with the schema that binds it', async () => {
  const { stdout } = await cli.call(...WRITE)
  expect(stdout).toContain('role        planner')
  expect(stdout).toContain('legal now   store_artifact')
  expect(stdout).toContain('"next_action"')
  expect(stdout).not.toContain('not legal yet')
})
