import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { givenCli, type GivenCli } from '../given-cli.ts'

let cli: GivenCli
beforeEach(() => {
  cli = givenCli({ LOCKSTEP_USER: 'eve' })
})
afterEach(() => cli.remove())

/** A workflow whose payments need two of finance, and whose mails the user's word. */
function desk(script: string): string {
  const file = join(cli.folder, 'desk.yaml')
  writeFileSync(
    file,
    `
workflow: desk
tools:
  pay: { module: ./tools.ts, effect: write }
  mail: { module: ./tools.ts, effect: write }
gates:
  big: { on: pay, allow: "get('$.args.amount') < 10", else: approve, approval: { approvers: 2, by: [finance] } }
  sure: { on: mail, confirm: true }
steps:
  - { name: act, prompt: Act., tools: [pay, mail] }
`,
  )
  writeFileSync(
    join(cli.folder, 'tools.ts'),
    `const tool = (about) => ({ about, input: { type: 'object' }, execute: (args) => args })
export const pay = tool('Pay money out')
export const mail = tool('Send a mail')
`,
  )
  writeFileSync(join(cli.folder, 'script.yaml'), script)
  return file
}

test('approve shows what is asked, and lets the call go once two of the right people said yes', async () => {
  const file = desk('- { call: pay, args: { amount: 50 } }\n- { text: paid }\n')
  const started = await cli.call('run', file)
  expect(started.exitCode).toBe(3)
  expect(started.stdout).toMatch(/lockstep approve run_\w+ --as YOU\n/)

  const mine = await cli.call('approve', 'last', '--role', 'finance')
  expect(mine.exitCode).toBe(1)
  expect(mine.stdout).toContain(
    'the answer of eve does not count: eve started the run and cannot be one of its 2 approvers',
  )
  const plain = await cli.call('approve', 'last', '--as', 'ana')
  expect(plain.stderr).toContain('say which role you have with --role')
  expect((await cli.call('approve', 'last', '--as', '')).exitCode).toBe(2)
  const one = await cli.call('approve', 'last', '--as', 'ana', '--role', 'finance')
  expect(one.exitCode).toBe(3)
  expect(one.stdout).toMatch(/Run pay \(a write of low risk\): Pay money out\. It cannot be taken/)
  expect(one.stdout).toMatch(/args +\{"amount":50\}\n +gate +big\n +needs +2 of finance, until 20/)
  expect(one.stdout).toContain('✓ approved by ana; 1 more needed')
  const two = await cli.call('approve', 'last', '--as', 'ben', '--role', 'finance')
  expect(two.exitCode).toBe(0)
  expect(two.stdout).toMatch(/yes of +ana\n/)
  expect(two.stdout).toContain('← pay {"amount":50}')

  const late = await cli.call('approve', 'last', '--as', 'cy')
  expect(late.exitCode).toBe(1)
  expect(late.stderr).toContain('does not wait for an approval; it rests completed')
})

test('a denial goes to the model with its reason', async () => {
  const file = desk('- { call: pay, args: { amount: 50 } }\n- { text: not paid }\n')
  await cli.call('run', file)
  const denial = ['--deny', '--as', 'ana', '--role', 'finance', '--reason', 'no receipt']
  const denied = await cli.call('approve', 'last', ...denial, '--json')
  expect(denied.exitCode).toBe(0)
  expect(JSON.parse(denied.stdout)).toMatchObject({
    reason: 'completed',
    steps: [
      {
        tool_calls: [
          {
            name: 'pay',
            error: {
              code: 'denied',
              message: expect.stringContaining('by ana: no receipt. Legal'),
            },
          },
        ],
      },
    ],
  })
})

test('the user confirms what asks for their word, and only that', async () => {
  const file = desk(
    '- calls: [{ tool: mail, args: { to: x } }, { tool: pay, args: { amount: 50 } }]\n',
  )
  const started = await cli.call('run', file)
  expect(started.stdout).toMatch(/lockstep approve run_\w+ --confirm\n/)
  const confirmed = await cli.call('approve', 'last', '--confirm')
  expect(confirmed.stdout).toContain('← mail {"to":"x"}')
  expect(confirmed.exitCode).toBe(3)
  const refused = await cli.call('approve', 'last', '--confirm')
  expect(refused.exitCode).toBe(2)
  expect(refused.stderr).toContain("the user's word is not enough for pay: gate big asks")
})

test('`last` is the newest run: where that one does not wait, one that does is named', async () => {
  const file = desk('- { call: pay, args: { amount: 50 } }\n- { text: paid }\n')
  await cli.call('run', file, '--id', 'waiting')
  writeFileSync(join(cli.folder, 'script.yaml'), '- text: nothing to pay\n')
  await cli.call('run', file, '--id', 'newer')
  const { exitCode, stderr } = await cli.call('approve', 'last', '--as', 'ana')
  expect(exitCode).toBe(1)
  expect(stderr).toContain('lockstep approve waiting')
})

test('an answer under edited tools does not count, and says how to be asked anew', async () => {
  const file = desk('- { call: mail, args: { to: x } }\n- { text: sent }\n')
  await cli.call('run', file, '--id', 'r1')
  appendFileSync(join(cli.folder, 'tools.ts'), '// edited\n')
  const { exitCode, stdout, stderr } = await cli.call('approve', 'r1', '--as', 'ana')
  expect(exitCode).toBe(1)
  expect(stdout).toContain('the answer of ana does not count: the workflow was changed')
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain('lockstep runs resume r1 --migrate')
})
