import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { givenCli, type GivenCli } from './given-cli.ts'

const MAIN = new URL('main.ts', import.meta.url).pathname
const TOKEN = 'tok-live-4f9a-77d2'
const TRACES = [TOKEN, Buffer.from(TOKEN).toString('base64'), Buffer.from(TOKEN).toString('hex')]

const WORKFLOW = `
workflow: desk
input:
  type: object
  required: [token]
  properties: { token: { type: string, secret: true }, message: { type: string } }
tools:
  pay: { module: ./tools.ts }
gates:
  big: { on: pay, allow: "get('$.args.amount') < 10", else: approve }
handoff: { customer: $.input.token }
steps:
  act: { prompt: 'Pay with {{token}}.', tools: [pay, escalate_to_human] }
`

const TOOLS = `
import { appendFileSync } from 'node:fs'
export const pay = {
  about: 'Pay',
  input: {
    type: 'object',
    properties: { token: { type: 'string', secret: true }, amount: { type: 'number' } },
  },
  execute({ token, amount }) {
    appendFileSync(new URL('paid.txt', import.meta.url), token + ' ' + amount + '\\n')
    if (amount < 10) throw new Error('no money behind ' + token)
    return { paid: amount, url: 'https://pay.example/?token=' + encodeURIComponent(token) }
  },
}
`

const SCRIPT = `
- { text: 'I pay with ${TOKEN}', calls: [{ tool: pay, args: { token: ${TOKEN}, amount: 5 } }] }
- { call: pay, args: { token: ${TOKEN}, amount: 50 } }
- { call: escalate_to_human, args: { reason: 'cannot pay with ${TOKEN}' } }
`

let cli: GivenCli

beforeEach(() => {
  cli = givenCli()
  for (const [name, text] of Object.entries({
    'w.yaml': WORKFLOW,
    'tools.ts': TOOLS,
    'script.yaml': SCRIPT,
  })) {
    writeFileSync(join(cli.folder, name), text)
  }
})

afterEach(() => cli.remove())

function inFolder(name: string): string {
  return join(cli.folder, name)
}

/** Whatever of the secret can be found in a text or a folder. */
function traces(text: string): readonly string[] {
  return TRACES.filter((trace) => text.includes(trace))
}

function filesIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => statSync(name).isFile())
    .map((name) => readFileSync(name, 'latin1'))
    .join('\n')
}

function paid(): readonly string[] {
  return readFileSync(inFolder('paid.txt'), 'utf8').trim().split('\n')
}

async function runToApproval(...flags: readonly string[]): Promise<string> {
  const input = JSON.stringify({ token: TOKEN, message: `pay with ${TOKEN}` })
  const ran = await cli.call('run', inFolder('w.yaml'), '--input', input, ...flags)
  expect(ran.exitCode).toBe(3)
  return ran.stdout + ran.stderr
}

test('Law 17: what the command line prints, keeps and records holds no secret; a new process still pays', async () => {
  const record = inFolder('recording.yaml')
  const shown = await runToApproval('--record', record)
  expect(shown).toContain('secret:')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [MAIN, 'approve', 'last', '--as', 'ana', '--script', inFolder('script.yaml')],
    { env: { ...process.env, LOCKSTEP_HOME: inFolder('.lockstep') } },
  ).catch((error: unknown) => {
    // It rests for a person in the end, which is exit code 3.
    if (error instanceof Error && 'stdout' in error) return { stdout: String(error.stdout) }
    throw error
  })
  expect(paid()).toEqual([`${TOKEN} 5`, `${TOKEN} 50`])
  const printed = [shown, stdout]
  for (const args of [
    ['runs', 'show', 'last', '--json'],
    ['runs', 'show', 'last', '--events'],
    ['audit', 'export', 'last'],
    ['handoff', 'last'],
    ['handoff', 'last', '--json'],
    ['runs', 'list', '--json'],
    ['prompt', inFolder('w.yaml'), '--input', `token=${TOKEN}`],
  ]) {
    const called = await cli.call(...args)
    expect([args[0], called.exitCode]).toEqual([args[0], 0])
    printed.push(called.stdout, called.stderr)
  }
  expect(traces(printed.join('\n'))).toEqual([])
  expect(traces(readFileSync(record, 'utf8') + filesIn(inFolder('.lockstep')))).toEqual([])
  expect(statSync(inFolder('.lockstep/secret.key')).mode & 0o777).toBe(0o600)
})

test('Law 17: without the key that kept it nothing runs, and the run says why', async () => {
  await runToApproval()
  rmSync(inFolder('.lockstep/secret.key'))
  await cli.call('approve', 'last', '--as', 'ana', '--script', inFolder('script.yaml'))
  expect(paid()).toEqual([`${TOKEN} 5`])
  const { stdout } = await cli.call('runs', 'show', 'last', '--events')
  expect(stdout).toContain('cannot be read')
})
