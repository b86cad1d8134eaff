import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

/*
 * The command line as a process: signals, exit codes, broken pipes.
 */

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const START = fileURLToPath(new URL('../../examples/start.ts', import.meta.url))

const WORKFLOW = `
workflow: slow
tools: { pay: { module: ./tools.mjs } }
steps: { pay: { prompt: Pay., tools: [pay], next: say }, say: { prompt: Say. } }
`
/** Counts its effects outside the process. */
const TOOLS = `
import { appendFileSync, existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
export const pay = {
  about: 'Pay.',
  effect: 'read',
  input: { type: 'object' },
  async execute() {
    appendFileSync(new URL('started', import.meta.url), 'x')
    while (!existsSync(new URL('go', import.meta.url))) await setTimeout(10)
    return { paid: true }
  },
}
`
const SCRIPT = `
- call: pay
- text: Paid.
- text: Bye.
`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-main-'))
  writeFileSync(join(folder, 'workflow.yaml'), WORKFLOW)
  writeFileSync(join(folder, 'tools.mjs'), TOOLS)
  writeFileSync(join(folder, 'script.yaml'), SCRIPT)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = new Set<ChildProcess>()
afterEach(() => {
  for (const child of open) child.kill('SIGKILL')
  open.clear()
})

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

function start(
  file: string,
  args: readonly string[],
): { child: ChildProcess; ended: Promise<Ended> } {
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [file, ...args], {
    cwd: folder,
    env: { PATH, HOME },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  open.add(child)
  const outputs = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (outputs.stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (outputs.stderr += String(chunk)))
  const ended = (async (): Promise<Ended> => {
    const [code, signal] = await once(child, 'close')
    open.delete(child)
    return { code, signal, ...outputs }
  })()
  return { child, ended }
}

async function call(...args: readonly string[]): Promise<Ended> {
  return start(MAIN, args).ended
}

const started = (): number => {
  try {
    return readFileSync(join(folder, 'started'), 'utf8').length
  } catch {
    return 0
  }
}

async function untilStarted(times: number): Promise<void> {
  while (started() < times) await wait(10)
}

const letGo = (): void => writeFileSync(join(folder, 'go'), '')

test('Ctrl-C parks the run once its tools are done, and says how to resume', async () => {
  const { child, ended } = start(MAIN, ['run', 'workflow.yaml'])
  await untilStarted(1)
  child.kill('SIGINT')
  // The same press comes more than once where npm and a parent process pass it on.
  child.kill('SIGINT')
  await wait(50)
  letGo()
  const parked = await ended
  expect(parked.code).toBe(130)
  expect(parked.stdout).toContain('Ctrl-C again leaves at once')
  expect(parked.stdout).toContain('← pay {"paid":true}')
  const [, id = ''] = /lockstep runs resume (run_\S+)/.exec(parked.stdout) ?? []
  const resumed = await call('runs', 'resume', id)
  expect(resumed.code).toBe(0)
  expect(resumed.stdout).toContain('Bye.')
  expect(started()).toBe(1)
})

test('Ctrl-C twice leaves at once, and the log goes on from where it was', async () => {
  const { child, ended } = start(MAIN, ['run', 'workflow.yaml'])
  await untilStarted(1)
  child.kill('SIGINT')
  await wait(600)
  child.kill('SIGINT')
  expect((await ended).code).toBe(130)
  letGo()
  expect((await call('runs', 'resume', 'last')).code).toBe(0)
})

test('a run whose process was killed goes on, and can be cancelled', async () => {
  for (const next of ['resume', 'cancel'] as const) {
    const before = started()
    const { child, ended } = start(MAIN, ['run', 'workflow.yaml'])
    await untilStarted(before + 1)
    child.kill('SIGKILL')
    expect((await ended).signal).toBe('SIGKILL')
    const { stdout } = await call('runs', 'list')
    expect(stdout).toContain('unfinished')
    if (next === 'resume') {
      letGo()
      expect((await call('runs', 'resume', 'last')).code).toBe(0)
      rmSync(join(folder, 'go'))
    } else {
      const cancelled = await call('runs', 'cancel', 'last')
      expect(cancelled.code).toBe(0)
      expect(cancelled.stdout).toContain('cancelled on request')
    }
  }
})

test('a run in another process is told to end', async () => {
  const { ended } = start(MAIN, ['run', 'workflow.yaml', '--json'])
  await untilStarted(1)
  const told = await call('runs', 'cancel', 'last')
  expect(told.code).toBe(0)
  expect(told.stdout).toContain('its driver was told to end it')
  const record = await ended
  expect(record.code).toBe(1)
  expect(JSON.parse(record.stdout)).toMatchObject({ reason: 'cancelled' })
})

test('--json: one object on stdout, nothing on stderr, no control codes in a pipe', async () => {
  letGo()
  const json = await call('run', 'workflow.yaml', '--json')
  expect(json.stderr).toBe('')
  expect(JSON.parse(json.stdout)).toMatchObject({ reason: 'completed' })
  const plain = await call('run', 'workflow.yaml')
  expect(plain.stderr).toBe('')
  expect(plain.stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
})

test('a reader that stops reading is no crash', async () => {
  letGo()
  const { child, ended } = start(MAIN, ['schema'])
  child.stdout?.destroy()
  const { code, stderr } = await ended
  expect(code).toBe(0)
  expect(stderr).toBe('')
})

test('npm start: three runs, their outcomes, and what to do next', async () => {
  const { code, stdout, stderr } = await start(START, []).ended
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toMatch(/Allowed +completed +1 +none/)
  expect(stdout).toMatch(/Not verified +completed +0 +verified/)
  expect(stdout).toMatch(/Above the threshold +handed_off +0 +small/)
  expect(stdout).toContain('OPENAI_API_KEY, ANTHROPIC_API_KEY, GOOGLE_GENERATIVE_AI_API_KEY')
  expect((await call('runs', 'show', 'last')).stdout).toContain('handed_off')
})
