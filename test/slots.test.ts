import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { givenCli, type GivenCli } from '../src/cli/given-cli.ts'
import { createRuntime, defineTool, defineWorkflow, type Run, type Runtime } from '../src/index.ts'
import { sqliteStore } from '../src/sqlite.ts'
import { parseScript, scriptedMind } from '../src/testing.ts'

/*
 * Slots as their users meet them: a program through `createRuntime`, each time in another process,
 * and a person at the command line (S4.31, S4.33).
 */

const letter = defineWorkflow({
  workflow: 'letter',
  slots: {
    role: { type: 'text', question: 'Which role?', required: true },
    tone: { type: 'choice', question: 'Which tone?', options: ['formal', 'warm'], required: true },
  },
  gates: { role: { on: 'mail', from: { to: '$.slots.role' } } },
  steps: [{ name: 'write', prompt: 'Write.', tools: ['request_input', 'mail'] }],
})

const SCRIPT = [
  { call: 'mail', args: { to: 'nobody' } },
  { call: 'request_input' },
  { call: 'mail', args: { to: 'cook' } },
  { text: 'Sent.' },
]

let folder = ''
let mailed: unknown[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-slots-'))
  mailed = []
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A runtime as another process would make it: nothing is shared but the store. */
function runtime(entries: readonly object[] = SCRIPT): Runtime {
  const script = parseScript(entries)
  if (!script.ok) throw new Error(JSON.stringify(script.issues))
  const mail = defineTool({
    about: 'Mail it.',
    input: { type: 'object', properties: { to: { type: 'string' } } },
    effect: 'write',
    execute: (args: unknown) => {
      mailed.push(args)
      return { sent: true }
    },
  })
  return createRuntime({
    store: sqliteStore(join(folder, 'runs.db')),
    mind: scriptedMind(script.script),
    tools: { mail },
  })
}

async function inAnotherProcess<Result>(
  id: string,
  use: (run: Run) => Promise<Result>,
): Promise<Result> {
  const opened = runtime()
  try {
    return await use(await opened.open(id, { workflow: letter }))
  } finally {
    await opened.close()
  }
}

describe('a program', () => {
  it('that gives one of two slots is asked for the other, and goes on in another process', async () => {
    const first = runtime()
    const run = await first.start(letter, { input: { role: 'cook' } })
    const asked = await run.done
    await first.close()
    expect(asked).toMatchObject({
      reason: 'needs_input',
      message: 'Which tone? (1 formal, 2 warm)',
      pending: [{ slots: [{ name: 'tone', type: 'choice', options: ['formal', 'warm'] }] }],
    })
    expect(mailed).toEqual([])

    const again = await inAnotherProcess(run.id, (opened) => opened.send('loud'))
    expect(again).toMatchObject({
      reason: 'needs_input',
      pending: [{ slots: [{ name: 'tone', error: '"loud" is not among formal, warm' }] }],
    })
    const done = await inAnotherProcess(run.id, (opened) =>
      opened.send({ slots: { tone: 'Warm' } }),
    )
    expect(done).toMatchObject({ reason: 'completed', output: { text: 'Sent.' } })
    expect(mailed).toEqual([{ to: 'cook' }])
    expect(done.steps[0]?.tool_calls[1]).toMatchObject({
      name: 'request_input',
      result: { slots: { tone: 'warm' } },
    })
  })

  it('finds in the ledger who gave what, and what was not taken', async () => {
    const first = runtime()
    const run = await first.start(letter, { input: { role: 'cook' } })
    await run.done
    await run.send('loud')
    const { ledger } = await run.send('2')
    await first.close()
    const lines = ledger.filter(({ gate }) => gate === 'slots')
    expect(lines.map(({ by, verdict, reason }) => [by, verdict, reason])).toEqual([
      ['kernel', 'allow', 'role: taken from the input'],
      ['kernel', 'refuse', expect.stringContaining('tone (Which tone?)')],
      ['kernel', 'refuse', 'tone: "loud" is not among formal, warm'],
      ['user', 'allow', 'tone: the user answered'],
    ])
  })

  it('may give them with a later turn', async () => {
    const first = runtime([...SCRIPT, { text: 'Again.' }, { text: 'Warmer.' }])
    const run = await first.start(letter, { input: { role: 'cook', tone: 'formal' } })
    await run.done
    await run.send('warm: no slot is asked for, so these are words')
    const { reason } = await run.send({ tone: 'warm', message: 'Warmer' })
    const filled: unknown[] = []
    for await (const event of run.events()) {
      if (event.type === 'slots.filled') filled.push(event.values)
    }
    await first.close()
    expect(reason).toBe('completed')
    expect(filled).toEqual([{ role: 'cook', tone: 'formal' }, { tone: 'warm' }])
  })
})

const WORKFLOW = `
workflow: form
slots:
  name: { type: text, question: 'What is your name?', required: true }
  pages: { type: number, required: true, validation: { minimum: 1, maximum: 3 } }
artifacts: { note: {} }
steps:
  write: { prompt: 'For {{slots.name}}.', tools: [store_artifact], write: note }
`
const NOTE = `
- call: store_artifact
  args: { name: note, content: 'A short note for the reader.' }
- text: Stored.
`

describe('a person at the command line', () => {
  let cli: GivenCli
  beforeEach(() => {
    cli = givenCli()
    writeFileSync(join(cli.folder, 'form.yaml'), WORKFLOW)
    writeFileSync(join(cli.folder, 'form.script.yaml'), NOTE)
  })
  afterEach(() => cli.remove())

  it('is asked before a model is, and told the command that answers', async () => {
    const asked = await cli.call('run', join(cli.folder, 'form.yaml'))
    expect(asked.exitCode).toBe(3)
    expect(asked.stdout).toContain('name What is your name? (text)')
    expect(asked.stdout).toContain('pages What is pages? (a number, {"minimum":1,"maximum":3})')
    expect(asked.stdout).toMatch(
      /runs resume run_\S+ --input '\{"slots":\{"name":"your answer","pages":1\}\}'/,
    )
    expect(asked.stdout).not.toContain('model call')

    const half = await cli.call('runs', 'resume', 'last', '--input', '{"name":"Anna","pages":9}')
    expect(half.exitCode).toBe(3)
    expect(half.stdout).toContain('❯ {"name":"Anna","pages":9}')
    expect(half.stdout).toContain('9 does not fit: must be <= 3')
    expect(half.stdout).toMatch(/runs resume run_\S+ --input 1\n/)

    const done = await cli.call('runs', 'resume', 'last', '--input', '2')
    expect(done.exitCode).toBe(0)
    expect(done.stdout).toContain('❯ 2')
  })

  it('that names them on start is not asked at all', async () => {
    const file = join(cli.folder, 'form.yaml')
    const done = await cli.call('run', file, '-i', 'name=Anna', '-i', 'pages=2', '--json')
    expect(JSON.parse(done.stdout)).toMatchObject({ reason: 'completed' })
  })
})
