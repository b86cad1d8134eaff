import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noPostgres, startPostgres, type PostgresServer } from '../../test/postgres-server.ts'
import { givenCli } from './given-cli.ts'

const SCRIPTED = [
  'examples/02-refund/workflow.yaml',
  '--script',
  'examples/02-refund/scripts/allowed.yaml',
  '--input',
  '@examples/02-refund/inputs/allowed.json',
]

let server: PostgresServer

beforeAll(async () => {
  if (noPostgres === null) server = await startPostgres()
})

afterAll(() => server?.stop())

describe.skipIf(noPostgres !== null)('a command line with LOCKSTEP_STORE', () => {
  test('keeps its runs in the database, and not beside it', async () => {
    const url = await server.createDatabase()
    const here = givenCli({ LOCKSTEP_STORE: url })
    const there = givenCli({ LOCKSTEP_STORE: url })
    const file = givenCli()
    try {
      expect((await here.call('doctor')).stdout).toMatch(/postgres:\/\/\/test_\d+ is writable/)
      const ran = await here.call('run', ...SCRIPTED, '--json')
      expect(ran.exitCode).toBe(0)
      expect((await there.call('runs', 'list')).stdout).toContain('completed')
      expect((await there.call('runs', 'show', 'last')).exitCode).toBe(0)
      expect((await there.call('audit', 'verify', 'last')).exitCode).toBe(0)
      expect((await file.call('runs', 'list')).stdout).toContain('no runs in')
    } finally {
      for (const cli of [here, there, file]) cli.remove()
    }
  })

  test('keeps its notes there too, for every machine', async () => {
    const url = await server.createDatabase()
    const here = givenCli({ LOCKSTEP_STORE: url })
    const there = givenCli({ LOCKSTEP_STORE: url })
    const workflow = join(here.folder, 'workflow.yaml')
    const script = join(here.folder, 'script.yaml')
    const memory = "memory: { record: 'customer-{{id}}', recall: true, memorize: true }"
    writeFileSync(workflow, `workflow: shop\n${memory}\nsteps: [{ prompt: Answer. }]`)
    writeFileSync(script, '- text: On Friday.')
    const run = ['run', workflow, '--script', script, '--input', 'id=1', 'message=My bicycle?']
    try {
      expect((await here.call(...run)).stdout).toContain('kept 2 notes of customer-1')
      expect((await there.call(...run)).stdout).toContain('recalled 2 notes of customer-1')
      expect((await there.call('memory', 'list')).stdout).toMatch(/customer-1 +4 /)
      expect((await there.call('memory', 'forget', 'customer-1')).stdout).toContain('deleted 4')
      expect((await here.call('memory', 'list')).stdout).toContain('there are no notes')
      expect(existsSync(join(here.folder, '.lockstep/memory.db'))).toBe(false)
    } finally {
      for (const cli of [here, there]) cli.remove()
    }
  })
})

test('a store that cannot be names the place, and never the password (Law 17)', async () => {
  const wrong = [
    { LOCKSTEP_STORE: 'mysql://ana:hunter2@host/db' },
    { LOCKSTEP_STORE: 'postgres://ana:hunter2@127.0.0.1:1/books' },
  ]
  for (const env of wrong) {
    const cli = givenCli(env)
    const list = await cli.call('runs', 'list')
    const doctor = await cli.call('doctor')
    cli.remove()
    expect([list.exitCode, doctor.exitCode]).toEqual([env === wrong[0] ? 2 : 1, 1])
    expect(list.stderr).toMatch(
      env === wrong[0] ? /LOCKSTEP_STORE takes postgres:/ : /nobody listens there/,
    )
    expect(`${list.stderr}${doctor.stdout}`).not.toMatch(/hunter2|\bana\b/)
  }
})
