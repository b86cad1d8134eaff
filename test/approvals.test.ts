import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { auditRun } from '../src/index.ts'
import { openStore } from './fixtures/open-store.ts'
import { noPostgres, startPostgres, type PostgresServer } from './postgres-server.ts'

/*
 * Runs that wait for a person survive kill -9, and two clients that approve them all at once let
 * each write happen exactly once (Law 8).
 */

const RUNS = 200
const CHILD = join(import.meta.dirname, 'fixtures/approval-process.ts')
const folder = mkdtempSync(join(tmpdir(), 'lockstep-approvals-'))
let server: PostgresServer | null = null
let database: string
let outside: string
beforeAll(async () => {
  if (noPostgres === null) server = await startPostgres()
})
afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true })
})
beforeEach(({ task }) => {
  outside = join(folder, `outside-${task.id}.txt`)
})

function child(mode: string, argument: string): ChildProcess {
  return spawn(process.execPath, [CHILD, mode, database, outside, argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function isWaiting(process: ChildProcess): Promise<void> {
  let text = ''
  for await (const piece of process.stdout ?? []) {
    text += String(piece)
    if (text.includes('waiting')) return
  }
  throw new Error('the process ended before its runs waited')
}

const SQLITE = 'SQLite'
const STORES = noPostgres === null ? [SQLITE, 'Postgres'] : [SQLITE]

const SENTENCE =
  '200 runs wait, their process is killed, two clients approve all: each write once, on %s'

test.each(STORES)(
  SENTENCE,
  async (name) => {
    database = name === SQLITE ? join(folder, 'runs.db') : ((await server?.createDatabase()) ?? '')
    const first = child('start', String(RUNS))
    await isWaiting(first)
    first.kill('SIGKILL')
    await once(first, 'exit')

    const clients = [child('approve', 'ana'), child('approve', 'ben')]
    const codes = await Promise.all(clients.map(async (client) => once(client, 'exit')))
    expect(codes.map(([code]) => code)).toEqual([0, 0])

    const paid = readFileSync(outside, 'utf8').trim().split('\n')
    expect(paid).toHaveLength(RUNS)
    expect(new Set(paid).size).toBe(RUNS)

    const store = openStore(database)
    const rows = await store.list({ limit: RUNS + 1 })
    expect(rows).toHaveLength(RUNS)
    for (const { run, reason } of rows) {
      expect(reason, run).toBe('completed')
      const events = await store.read(run, 0)
      const kinds = events.map(({ type }) => type)
      expect(
        kinds.filter((type) => type === 'approval.granted'),
        run,
      ).toHaveLength(1)
      expect(
        kinds.filter((type) => type === 'tool.dispatched'),
        run,
      ).toHaveLength(1)
      const answered = kinds.filter((type) => type === 'approval.answered').length
      const refused = kinds.filter((type) => type === 'approval.refused').length
      expect(refused, run).toBe(answered - 1)
      expect((await auditRun(store, { run }))?.damage, run).toEqual([])
    }
    await store.close()
  },
  300_000,
)
