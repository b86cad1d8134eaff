import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { givenCli, type GivenCli } from '../given-cli.ts'

let cli: GivenCli
beforeEach(() => {
  cli = givenCli()
})
afterEach(() => cli.remove())

const REFUND = fileURLToPath(new URL('../../../examples/02-refund/', import.meta.url))
const reading = z.record(z.string(), z.unknown())
const read = (text: string): Record<string, unknown> => reading.parse(JSON.parse(text))

async function aboveThreshold(): ReturnType<GivenCli['call']> {
  return cli.call(
    'run',
    join(REFUND, 'workflow.yaml'),
    '--input',
    `@${join(REFUND, 'inputs/above-threshold.json')}`,
    '--script',
    join(REFUND, 'scripts/above-threshold.yaml'),
  )
}

test('a run that ends handed off says with which command the packet is read, and that reads it', async () => {
  const run = await aboveThreshold()
  expect(run.exitCode).toBe(3)
  const [, id = ''] = /lockstep handoff (\S+)/.exec(run.stdout) ?? []
  const { stdout, exitCode } = await cli.call('handoff', id)
  expect(exitCode).toBe(0)
  expect(stdout).toContain('# Handoff: Refund: I am ada@example.com. Order o-502 never came')
  expect(stdout).toContain('**Customer:** `c-1`')
  expect(stdout).toContain('Gate small holds process_refund')
  expect(stdout).toContain('## What was found')
  expect((await cli.call('handoff', id, '--markdown')).stdout).toBe(stdout)
  expect((await cli.call('runs', 'show', id)).stdout).toContain(`lockstep handoff ${id}`)
})

test('machines get the packet as one object, the same as in the run record', async () => {
  await aboveThreshold()
  const packet = read((await cli.call('handoff', 'last', '--json')).stdout)
  expect(packet).toMatchObject({ customer_id: 'c-1', urgency: 'high', missing: [], delivery: null })
  const record = read((await cli.call('runs', 'show', 'last', '--json')).stdout)
  expect(record['handoff']).toEqual(packet)
})

test('what a packet lacks is given on the command line; then the run is handed off', async () => {
  const file = join(cli.folder, 'desk.yaml')
  const script = join(cli.folder, 'script.yaml')
  writeFileSync(
    file,
    `workflow: desk
handoff:
  schema: { required: [policy], properties: { policy: { type: string, minLength: 3 } } }
steps: { serve: { prompt: Serve., tools: [escalate_to_human] } }
`,
  )
  const call = '{ call: escalate_to_human, args: { reason: They ask for a person. } }'
  writeFileSync(script, `- ${call}\n- ${call}\n`)
  const run = await cli.call('run', file, '--script', script)
  expect(run.stdout).toContain('escalated the handoff lacks policy')
  expect(run.stdout).toMatch(/lockstep handoff \S+ --set 'policy=…'/)
  const unnamed = await cli.call('handoff', 'last', '--set', 'fields.policy=none')
  expect(unnamed.exitCode).toBe(2)
  expect(unnamed.stderr).toContain('--set: fields.policy=none names no field')
  const short = await cli.call('handoff', 'last', '--set', 'policy=x')
  expect(short.exitCode).toBe(3)
  expect(short.stdout).toContain(
    '**Not complete.** It lacks fields: policy must NOT have fewer than 3',
  )
  const filled = await cli.call('handoff', 'last', '--set', 'policy=none', '--as', 'ana')
  expect(filled.stdout).not.toContain('Not complete')
  expect((await cli.call('runs', 'show', 'last')).stdout).toContain('handed_off')
  const again = await cli.call('handoff', 'last', '--set', 'policy=other')
  expect(again.stderr).toContain('does not wait for what a handoff lacks')
})

test('a run that was not handed over says how it stands', async () => {
  const file = join(cli.folder, 'w.yaml')
  const script = join(cli.folder, 'script.yaml')
  writeFileSync(file, 'workflow: w\nsteps: { a: { prompt: Say hello. } }\n')
  writeFileSync(script, '- text: Hello.\n')
  await cli.call('run', file, '--script', script)
  const { stderr, exitCode } = await cli.call('handoff', 'last')
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(/was not handed over[\s\S]*runs show/)
})
