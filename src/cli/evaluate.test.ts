import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { givenFolder, type GivenFolder } from '../eval/given-evals.ts'
import { createCli } from './cli.ts'
import { capture, givenCli } from './given-cli.ts'
import { runCli } from './program.ts'

let folder: GivenFolder | undefined
afterEach(() => folder?.remove())

function evalCase(name: string, path: string, more = ''): string {
  return `- case: ${name}
  input: { message: hi }
  script: [{ output: { intent: buy } }, { text: Yours. }]
  criteria: { path: [${path}]${more} }
`
}

const GOOD = evalCase('sells', 'triage, sell')
const BAD = evalCase('answers', 'triage, answer')

/** A folder with these cases, and a way to evaluate it. */
function given(text: string, env: Readonly<Record<string, string>> = {}) {
  const made = givenFolder({ 'evals/a.yaml': text })
  folder = made
  const call = async (...args: readonly string[]) => {
    const cli = givenCli(env)
    const called = await cli.call('eval', made.path, ...args)
    cli.remove()
    return called
  }
  return {
    call,
    at: (file: string) => join(made.path, file),
    write: (file: string, text: string) => made.write(file, text),
  }
}

describe('lockstep eval', () => {
  test('0 when every gate holds; the table is plain in a pipe', async () => {
    const { stdout, stderr, exitCode } = await given(GOOD).call()
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain('✓ sells  triage → sell')
    expect(stdout).toContain('store_artifact_loop_abort: 0 of 1 runs (0%)')
    expect(stdout).toMatch(/✓ 1 of 1 case passes, 1 run in \d+ ms/)
    expect(stdout).not.toContain('\u001B')
    expect(stdout).not.toContain('\r')
  })

  test('1 when one fails, with place, expected and actual', async () => {
    const { stdout, exitCode } = await given(GOOD + BAD).call()
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/✗ path {2}\S*evals\/a\.yaml:8:15/)
    expect(stdout).toContain('expected triage → answer')
    expect(stdout).toContain('actual   triage → sell')
    expect(stdout).toContain('✗ 1 of 2 cases pass, 1 fails, 2 runs')
  })

  test('2 when a file is broken, and nothing is run', async () => {
    const { stdout, stderr, exitCode } = await given(`${GOOD}- cse: x\n`).call()
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain('evals/a.yaml:5:3')
    expect(stderr).toContain('did you mean case?')
  })

  test.each([
    [['--repeat', '0'], 'whole number from 1 to 1000'],
    [['--baseline', 'nowhere.json'], 'there is no baseline nowhere.json'],
    [['--save-baseline', 'workflow.yaml'], '--save-baseline takes a .json file'],
    [['--model', 'acme/one'], 'acme'],
  ])('2 for %j', async (args, why) => {
    const { stderr, exitCode } = await given(GOOD).call(...args)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(why)
  })

  test('2 where there are no evals', async () => {
    folder = givenFolder()
    const cli = givenCli()
    const { stderr, exitCode } = await cli.call('eval', folder.path)
    cli.remove()
    expect(exitCode).toBe(2)
    expect(stderr).toContain('has no evals/')
  })

  test('--json is one object, and nothing else', async () => {
    const { stdout, stderr, exitCode } = await given(GOOD + BAD).call('--json', '--repeat', '2')
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({
      v: 1,
      ok: false,
      totals: { cases: 2, passed: 1, failed: 1, runs: 4 },
      loop_aborts: { runs: 4, aborts: 0, rate: 0 },
      cases: [
        { case: 'sells', identical: true, passes: 2 },
        { case: 'answers', passes: 0 },
      ],
      prompts: [{ role: 'planner', of: 'triage', lines: 1 }, { of: 'sell' }, { of: 'answer' }],
    })
  })

  test('forty columns are enough', async () => {
    const long = evalCase('a case with a rather long name, as people write them', 'triage, answer')
    const { stdout } = await given(long, { COLUMNS: '40' }).call()
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40)
  })

  test('on a terminal it says what runs, and takes it back', async () => {
    const { at } = given(GOOD)
    const stdout = capture({ isTTY: true, columns: 80, hasColors: () => false })
    const cli = createCli({ stdout, stderr: capture(), env: {} })
    await runCli(cli, ['eval', at('.')])
    expect(stdout.text()).toContain('  · sells …\r\u001B[2K')
    expect(stdout.text()).not.toContain('\u001B[3')
  })

  test('--junit writes XML', async () => {
    const { call, at } = given(BAD)
    await call('--junit', at('out/evals.xml'))
    expect(readFileSync(at('out/evals.xml'), 'utf8')).toContain('<failure type="path"')
  })
})

describe('a baseline', () => {
  test('that a run kept is met by the same run', async () => {
    const { call, at } = given(GOOD + BAD)
    expect(await call('--save-baseline', at('b.json'))).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('its 1 failing case is kept as failing'),
    })
    const again = await call('--baseline', at('b.json'))
    expect(again.stdout).not.toContain('regression')
  })

  test('is not met when a case vanished, though all that is left passes', async () => {
    const { call, at, write } = given(GOOD + evalCase('more', 'triage, sell'))
    await call('--save-baseline', at('b.json'))
    write('evals/a.yaml', GOOD)
    const { stdout, exitCode } = await call('--baseline', at('b.json'))
    expect(exitCode).toBe(1)
    expect(stdout).toContain('regression: case vanished evals/a.yaml#more')
  })

  test('keeps other cases when a part is run, and asks only for that part', async () => {
    const { call, at, write } = given(GOOD)
    write('evals/b.yaml', evalCase('other', 'triage, sell'))
    await call('--save-baseline', at('b.json'))
    const cli = givenCli()
    const part = await cli.call(
      'eval',
      at('evals/a.yaml'),
      '--baseline',
      at('b.json'),
      '--save-baseline',
    )
    cli.remove()
    expect(part.exitCode).toBe(0)
    expect(readFileSync(at('b.json'), 'utf8')).toContain('evals/b.yaml#other')
  })

  test('is not written over a file that is none', async () => {
    const { call, at, write } = given(GOOD)
    const text = '{"name":"package"}'
    write('package.json', text)
    const { exitCode, stderr } = await call('--save-baseline', at('package.json'))
    expect(exitCode).toBe(2)
    expect(stderr).toContain('is no baseline')
    expect(readFileSync(at('package.json'), 'utf8')).toBe(text)
    expect(existsSync(at('evals.baseline.json'))).toBe(false)
  })
})
