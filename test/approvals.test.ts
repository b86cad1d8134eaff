import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { auditRun } from '../src/index.ts'
import { sqliteStore } from '../src/sqlite.ts'

/*
 * Runs that wait for a person survive kill -9, and two clients that approve them all at once let
 * each write happen exactly once (Law 8).
 */

const RUNS = 200
const CHILD = join(import.meta.dirname, 'fixtures/approval-process.ts')
const folder = mkdtempSync(join(tmpdir(), 'lockstep-approvals-'))
const database = join(folder, 'runs.db')
const outside = join(folder, 'outside.txt')
afterAll(() => rmSync(folder, { recursive: true }))

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

test('200 runs wait, their process is killed, two clients approve all: each write once', async () => {
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

  const store = sqliteStore(database)
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
}, 300_000)
