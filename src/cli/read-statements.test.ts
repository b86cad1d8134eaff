import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { givenCli, type GivenCli } from './given-cli.ts'

let cli: GivenCli
beforeEach(() => {
  cli = givenCli({})
})
afterEach(() => cli.remove())

/** A workflow that cancels what the user named, and a script that tries. */
function shop(): string {
  const file = join(cli.folder, 'shop.yaml')
  writeFileSync(
    file,
    `
workflow: shop
tools: { cancel: { module: ./tools.ts, effect: write } }
gates: { named: { on: cancel, allow: "get('$.args.id') == get('$.user.order.latest.id')" } }
steps: [{ name: act, prompt: Act., tools: [cancel] }]
`,
  )
  writeFileSync(
    join(cli.folder, 'tools.ts'),
    `export const cancel = { about: 'Cancel', input: { type: 'object' }, execute: () => 'gone' }`,
  )
  const twice = ['o1', 'o2'].map(
    (id) => `- { call: cancel, args: { id: ${id} } }\n- { text: done }\n`,
  )
  writeFileSync(join(cli.folder, 'script.yaml'), twice.join(''))
  return file
}

function ranOf(stdout: string): readonly unknown[] {
  const record: { steps: { tool_calls: { result?: unknown }[] }[] } = JSON.parse(stdout)
  return record.steps.flatMap((step) => step.tool_calls.map((call) => call.result ?? 'not run'))
}

describe('--state', () => {
  test('is there before the first model call, and with the next message', async () => {
    const file = shop()
    const script = ['--script', join(cli.folder, 'script.yaml'), '--json']
    const started = await cli.call('run', file, '--state', 'order={"id":"o1"}', ...script)
    expect(ranOf(started.stdout)).toEqual(['gone'])
    const later = ['--state', 'order={"id":"o2"}', '--input', 'And the other']
    const resumed = await cli.call('runs', 'resume', 'last', ...later, ...script)
    expect(ranOf(resumed.stdout)).toEqual(['gone', 'gone'])
  })

  test('is needed: without it the gate says what is missing', async () => {
    const started = await cli.call('run', shop(), '--script', join(cli.folder, 'script.yaml'))
    expect(started.stdout).toContain('cannot be decided (nothing at $.user.order.latest.id)')
  })

  test('alone is recorded for a run that cannot go on, which rests as it did', async () => {
    const file = shop()
    const script = ['--script', join(cli.folder, 'script.yaml')]
    await cli.call('run', file, ...script)
    const resumed = await cli.call('runs', 'resume', 'last', '--state', 'order={}', ...script)
    expect(resumed).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test.each([
    ['order', /--state order: a kind is missing.*for example: --state 'order=\{/s],
    ['order={', /--state order: not JSON/],
    ['order=[1]', /--state order must be an object/],
  ])('%s is said to be wrong, with the form', async (given, expected) => {
    const started = await cli.call('run', shop(), '--state', given)
    expect(started.exitCode).toBe(2)
    expect(started.stderr).toMatch(expected)
  })
})
