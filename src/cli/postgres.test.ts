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
