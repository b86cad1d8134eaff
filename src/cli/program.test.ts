import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { givenCli, type GivenCli } from './given-cli.ts'

/*
 * Every command, called in this process: what it prints, where, and its exit code.
 */

let cli: GivenCli
beforeEach(() => {
  cli = givenCli()
})
afterEach(() => cli.remove())

const reading = z.record(z.string(), z.unknown())
const read = (text: string): Record<string, unknown> => reading.parse(JSON.parse(text))

/** Makes the starter and says where its workflow is. */
async function starter(): Promise<string> {
  const dir = join(cli.folder, 'demo')
  await cli.call('init', dir)
  return join(dir, 'workflow.yaml')
}

const WANTED = 'A table for four on Friday, please'

describe('init', () => {
  test('the starter runs at once, with no key, and its wrong call is refused', async () => {
    const file = await starter()
    expect(readdirSync(join(cli.folder, 'demo')).toSorted()).toEqual(
      [
        '.gitignore',
        'README.md',
        'evals',
        'package.json',
        'script.yaml',
        'tools.ts',
        'workflow.yaml',
      ].toSorted(),
    )
    const run = await cli.call('run', file, '--input', WANTED)
    expect(run.exitCode).toBe(0)
    expect(run.stdout).toContain('script.yaml (no key for openai/gpt-5-mini)')
    expect(run.stdout).toContain(
      '✗ found: Only a table that find_tables has returned can be booked ("T1" at',
    )
    expect(run.stdout).toContain('✓ completed')
    const check = await cli.call('check', file)
    expect(check.stdout).toContain('✓ booking: fine')
    const evals = await cli.call('eval', file)
    expect(evals.exitCode).toBe(0)
    expect(evals.stdout).toContain('2 of 2 cases pass')
  })

  test('the command that it prints is the one that works', async () => {
    const { stdout } = await cli.call('init', join(cli.folder, 'demo'))
    const [, file = '', input = ''] = /lockstep run (\S+) --input '([^']+)'/.exec(stdout) ?? []
    expect((await cli.call('run', file, '--input', input)).exitCode).toBe(0)
  })

  test('a folder with something in it is left as it is', async () => {
    writeFileSync(join(cli.folder, 'mine.txt'), 'mine')
    const { stderr, exitCode } = await cli.call('init', cli.folder)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('is not empty (mine.txt)')
    expect(readdirSync(cli.folder)).toEqual(['mine.txt'])
  })
})

describe('check', () => {
  test('says file, line, column, path, what would be legal, and shows the line', async () => {
    const file = await starter()
    writeFileSync(file, readFileSync(file, 'utf8').replace('{ to: reply }', '{ to: replay }'))
    const { stdout, exitCode } = await cli.call('check', file)
    expect(exitCode).toBe(2)
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      `${file}:48:11 steps.look.next[1].to there is no step \`replay\`; did you mean reply?`,
    )
    const lines = stdout.split('\n')
    const shown = lines.findIndex((line) => line.includes('48 |       - { to: replay }'))
    expect(lines[shown + 1]?.indexOf('^')).toBe(lines[shown]?.indexOf('to: replay'))
  })

  test('--json prints one object, with errors or with what the workflow consists of', async () => {
    const file = await starter()
    const fine = await cli.call('check', file, '--json')
    expect(read(fine.stdout)).toMatchObject({
      ok: true,
      workflow: 'booking',
      steps: ['look', 'book', 'reply'],
      tools: ['book_table', 'find_tables'],
      gates: ['found', 'once', 'large'],
    })
    writeFileSync(file, 'workflow: 1')
    const broken = await cli.call('check', file, '--json')
    expect(broken.exitCode).toBe(2)
    expect(read(broken.stdout)).toMatchObject({ ok: false, errors: expect.any(Array) })
  })
})

describe('run', () => {
  test('--json prints the run record and nothing else', async () => {
    const file = await starter()
    const { stdout, stderr, exitCode } = await cli.call('run', file, '-i', WANTED, '--json')
    expect(exitCode).toBe(0)
    expect(stderr).toBe('')
    expect(read(stdout)).toMatchObject({
      workflow: 'booking',
      reason: 'completed',
      step: 'reply',
      usage: { prompt_tokens: expect.any(Number) },
    })
  })

  test('a wrong workflow, input, script, model or option is exit 2, and nothing is written', async () => {
    const file = await starter()
    const bad = join(cli.folder, 'bad.yaml')
    writeFileSync(bad, '- cal: x')
    const wrong: readonly (readonly [args: readonly string[], says: string])[] = [
      [['run', join(cli.folder, 'none.yaml')], 'there is no workflow'],
      [['run', bad], 'cannot be used as it is'],
      [['run', file], "must have required property 'message'"],
      [['run', file, '-i', WANTED, '--script', bad], 'did you mean call?'],
      [['run', file, '-i', WANTED, '--script', 'none.yaml'], 'there is no script none.yaml'],
      [['run', file, '-i', WANTED, '--model', 'openai/gpt-5-mini'], 'OPENAI_API_KEY'],
      [['run', file, '-i', WANTED, '--model', 'gpt'], 'provider/model'],
      [['run', file, '--inputs', 'x'], 'Did you mean --input?'],
      [['chek'], 'Did you mean check?'],
      [['runs', 'lst'], 'Did you mean list?'],
      [['graph', file, '--format', 'svg'], 'Allowed choices are ascii, mermaid, dot'],
    ]
    for (const [args, says] of wrong) {
      const { stdout, stderr, exitCode } = await cli.call(...args)
      expect(exitCode, args.join(' ')).toBe(2)
      expect(stderr, args.join(' ')).toContain(says)
      expect(
        stdout
          .split('\n')
          .filter((line) => !line.startsWith('·'))
          .join(''),
      ).toBe('')
    }
    expect((await cli.call('runs', 'list')).stdout).toContain('no runs in')
  })

  test('with --json what is wrong is one object too, and never a stack', async () => {
    const { stdout, exitCode } = await cli.call('run', 'none.yaml', '--json')
    expect(exitCode).toBe(2)
    expect(read(stdout)).toMatchObject({ error: { message: 'there is no workflow none.yaml' } })
    expect(stdout).not.toContain('at ')
  })

  test('an id is taken once', async () => {
    const file = await starter()
    await cli.call('run', file, '-i', WANTED, '--id', 'mine')
    const again = await cli.call('run', file, '-i', WANTED, '--id', 'mine')
    expect(again.exitCode).toBe(2)
    expect(again.stderr).toContain('there is a run mine already')
    const shown = await cli.call('runs', 'show', 'mine', '--json')
    expect(read(shown.stdout)).toMatchObject({ reason: 'completed' })
  })

  test('what is recorded replays without a model', async () => {
    const file = await starter()
    const tape = join(cli.folder, 'tape.yaml')
    await cli.call('run', file, '-i', WANTED, '--record', tape)
    expect(parse(readFileSync(tape, 'utf8'))).toHaveLength(6)
    const again = await cli.call('run', file, '-i', WANTED, '--script', tape, '--json')
    expect(read(again.stdout)).toMatchObject({ reason: 'completed' })
  })
})

const WAITING = `
workflow: waiting
tools: { show: { client: true, about: Show it., input: { type: object } } }
steps: { ask: { prompt: Ask., tools: [request_input, show] } }
`
const WAITING_SCRIPT = `
- call: request_input
  args: { question: Which order? }
- call: show
- text: Done.
`

describe('runs', () => {
  test('a run that waits is gone on with by the command that it prints', async () => {
    const file = join(cli.folder, 'waiting.yaml')
    const script = join(cli.folder, 'waiting.script.yaml')
    writeFileSync(file, WAITING)
    writeFileSync(script, WAITING_SCRIPT)
    const asked = await cli.call('run', file)
    expect(asked.exitCode).toBe(3)
    expect(asked.stdout).toMatch(/runs resume run_\S+ --input 'your answer'/)

    const astray = await cli.call('runs', 'resume', 'last')
    expect(astray.exitCode).toBe(1)
    expect(astray.stderr).toContain('it rests needs_input: Which order?')
    expect(astray.stderr).toMatch(/runs resume run_\S+ --input 'your answer'/)

    const answered = await cli.call('runs', 'resume', 'last', '--input', 'Order 17')
    expect(answered.exitCode).toBe(3)
    expect(answered.stdout).toContain('← request_input {"answer":"Order 17"}')
    expect(answered.stdout).toContain('needs_client')

    const results = '[{"call":"call_2_1","output":{"seen":true}}]'
    const done = await cli.call('runs', 'resume', 'last', '--results', results, '--json')
    expect(done.exitCode).toBe(0)
    expect(read(done.stdout)).toMatchObject({ reason: 'completed', output: { text: 'Done.' } })
  })

  test('nobody to answer is said with what would help', async () => {
    const file = join(cli.folder, 'waiting.yaml')
    const script = join(cli.folder, 'elsewhere.yaml')
    writeFileSync(file, WAITING)
    writeFileSync(script, WAITING_SCRIPT)
    const asked = await cli.call('run', file, '--script', script)
    expect(asked.stdout).toContain(`--script ${script} --input 'your answer'`)
    const { stderr, exitCode } = await cli.call('runs', 'resume', 'last', '--input', 'x')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('nobody is there to answer')
    expect(stderr).toContain('--script FILE')
    expect(stderr.replace(/\s+/g, ' ')).toContain('anthropic: ANTHROPIC_API_KEY')
  })

  test('list and show read the log alone: a changed workflow does not hide what happened', async () => {
    const file = await starter()
    await cli.call('run', file, '-i', WANTED)
    writeFileSync(join(cli.folder, 'demo', 'tools.ts'), 'broken(')
    const list = await cli.call('runs', 'list')
    expect(list.stdout).toMatch(/RUN +STATE +WORKFLOW/)
    expect(list.stdout).toMatch(/run_\S+ +completed +booking/)
    const shown = await cli.call('runs', 'show', 'last')
    expect(shown.stdout).toContain('✗ found:')
    expect(shown.stdout).toContain('found refuse ×1')
    const events = await cli.call('runs', 'show', 'last', '--events', '--json')
    const log = z
      .array(z.object({ seq: z.number(), type: z.string() }))
      .parse(JSON.parse(events.stdout))
    expect(log[0]).toMatchObject({ seq: 1, type: 'run.started' })
    expect(log.at(-1)?.type).toBe('run.rested')
  })

  test('the beginning of an id is enough where it is the only one', async () => {
    const file = await starter()
    for (const id of ['run_aaa1', 'run_aaa2', 'run_bbb1']) {
      await cli.call('run', file, '-i', WANTED, '--id', id)
    }
    expect((await cli.call('runs', 'show', 'run_b')).exitCode).toBe(0)
    expect((await cli.call('runs', 'show', 'bbb')).exitCode).toBe(0)
    const both = await cli.call('runs', 'show', 'run_aaa')
    expect(both.exitCode).toBe(2)
    expect(both.stderr).toContain('2 runs begin with run_aaa: run_aaa2, run_aaa1')
    expect((await cli.call('runs', 'show', 'zzz')).stderr).toContain('there is no run zzz')
  })

  test('what is over cannot be cancelled', async () => {
    const file = await starter()
    await cli.call('run', file, '-i', WANTED)
    const { exitCode, stderr } = await cli.call('runs', 'cancel', 'last')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('it rests completed')
    const shown = await cli.call('runs', 'show', 'last', '--json')
    expect(read(shown.stdout)).toMatchObject({ reason: 'completed' })
  })
})

describe('prompt, graph, schema, doctor', () => {
  test('Law 14: prompt shows what is sent at a step, and no later step’s prompt', async () => {
    const file = await starter()
    const shown = await cli.call('prompt', file, '-s', 'look', '-i', WANTED)
    expect(shown.stdout).toContain(`A guest writes: ${WANTED}`)
    expect(shown.stdout).toContain('tool find_tables')
    expect(shown.stdout).not.toContain('Book one of the tables')
    const json = await cli.call(
      'prompt',
      file,
      '-s',
      'book',
      '-i',
      WANTED,
      '--outputs',
      '{"look":{"free":true}}',
      '--json',
    )
    expect(read(json.stdout)).toMatchObject({
      step: 'book',
      model: 'openai/gpt-5-mini',
      // Its gate needs find_tables, which was not called here.
      legal: [],
      messages: [
        { role: 'user', text: expect.stringContaining('A guest writes') },
        { role: 'assistant', parts: [{ type: 'text', text: '{"free":true}' }] },
        { role: 'user', text: 'Book one of the tables that were found.' },
      ],
    })
    const unknown = await cli.call('prompt', file, '-s', 'bok', '-i', WANTED)
    expect(unknown.exitCode).toBe(2)
    expect(unknown.stderr).toContain('did you mean book?')
  })

  test('every format of graph shows the steps, their conditions and the gates', async () => {
    const file = await starter()
    for (const format of ['ascii', 'mermaid', 'dot']) {
      const { stdout, exitCode } = await cli.call('graph', file, '--format', format)
      expect(exitCode).toBe(0)
      for (const part of ['look', 'reply', 'otherwise', 'found, once, large → approve']) {
        expect(stdout, format).toContain(part)
      }
    }
  })

  test('schema is JSON Schema', async () => {
    const { stdout } = await cli.call('schema')
    expect(read(stdout)).toMatchObject({ type: 'object', required: ['workflow', 'steps'] })
  })

  test('doctor names the keys that are set and never shows them (Law 17)', async () => {
    const secret = givenCli({ OPENAI_API_KEY: 'sk-very-secret' })
    try {
      const { stdout, exitCode } = await secret.call('doctor')
      expect(exitCode).toBe(0)
      expect(stdout).toContain('OPENAI_API_KEY set')
      expect(stdout).not.toContain('sk-very-secret')
      expect(stdout).toContain('is writable, SQLite 3.')
    } finally {
      secret.remove()
    }
  })

  test('doctor fails where the store cannot be written', async () => {
    const file = join(cli.folder, 'file')
    writeFileSync(file, '')
    const broken = givenCli({ LOCKSTEP_HOME: file })
    try {
      expect((await broken.call('doctor')).exitCode).toBe(1)
    } finally {
      broken.remove()
    }
  })
})

test('every command has help with examples, and every command in it is there', async () => {
  const names = [
    ['run'],
    ['check'],
    ['prompt'],
    ['graph'],
    ['runs'],
    ['init'],
    ['schema'],
    ['doctor'],
  ]
  const runs = ['list', 'show', 'resume', 'cancel'].map((name) => ['runs', name])
  for (const name of [[], ...names, ...runs]) {
    const { stdout, exitCode } = await cli.call(...name, '--help')
    expect(exitCode).toBe(0)
    expect(stdout, name.join(' ')).toContain('Examples:')
  }
  const manifest = read(
    readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8'),
  )
  expect((await cli.call('--version')).stdout.trim()).toBe(manifest['version'])
  expect(existsSync(join(cli.folder, '.lockstep'))).toBe(false)
})
