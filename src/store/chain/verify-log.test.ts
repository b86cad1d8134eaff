import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Event } from '../../core/log/event.ts'
import { canonicalText, chainHash, chainStart } from './chain.ts'
import type { Damage } from './damage.ts'
import { sqliteStore } from '../sqlite.ts'
import { acquire } from '../store.contract.ts'
import type { ChainedLog, Store } from '../store.ts'
import { verifyLog } from './verify-log.ts'

/*
 * A real file, changed behind the store's back as somebody with SQLite would.
 */

const RUN = 'run_refund'
const HEAD = { workflow: 'w', digest: 'd', source: null, reason: null, step: null }
const LOG: readonly Event[] = readFileSync(
  new URL('../../../test/fixtures/logs/refund.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
const END = LOG.length

let folder: string
let store: Store
let database: DatabaseSync

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-tamper-'))
  store = sqliteStore(join(folder, 'runs.db'))
  const lease = await acquire(store, RUN)
  for (let expected = 0; expected < END; expected += 4) {
    const events = LOG.slice(expected, expected + 4)
    await store.append({ lease, expected, events, head: HEAD, sync: false })
  }
  await lease.release()
  database = new DatabaseSync(join(folder, 'runs.db'))
})

afterEach(async () => {
  database.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

async function chain(): Promise<ChainedLog> {
  const log = await store.readChain(RUN)
  if (log === null) throw new Error('the run is gone')
  return log
}

/** What is found, as `kind seq` or `kind from-to`. */
async function found(): Promise<readonly string[]> {
  return verifyLog(await chain()).map(placeOf)
}

function placeOf({ kind, seq, to = seq }: Damage): string {
  return to === seq ? `${kind} ${seq}` : `${kind} ${seq}-${to}`
}

function sql(...statements: readonly string[]): void {
  for (const statement of statements) database.exec(statement)
}

/** Moves rows to other places, over places that are free. */
function move(from: string, by: number): void {
  sql(
    `UPDATE events SET seq = seq + ${by} + 1000 WHERE seq ${from}`,
    'UPDATE events SET seq = seq - 1000 WHERE seq > 1000',
  )
}

const RENUMBER = "UPDATE events SET event = json_set(event, '$.seq', seq)"

test('a log that nobody touched is whole', async () => {
  expect(await found()).toEqual([])
})

test.each([2, 9, END])('a changed event is found: %i', async (seq) => {
  sql(`UPDATE events SET event = json_set(event, '$.at', 1) WHERE seq = ${seq}`)
  expect(await found()).toEqual([`changed ${seq}`])
})

test('so are two, each in its place', async () => {
  sql("UPDATE events SET event = json_set(event, '$.at', 1) WHERE seq IN (5, 9)")
  expect(await found()).toEqual(['changed 5', 'changed 9'])
})

test('a verdict that was turned is a changed event; its other spelling is none', async () => {
  const seq = LOG.findIndex((event) => event.type === 'call.judged') + 1
  const text = JSON.stringify(LOG[seq - 1])
  const spelt = JSON.stringify(JSON.parse(text), null, 1)
  database.prepare('UPDATE events SET event = ? WHERE seq = ?').run(spelt, seq)
  expect(await found()).toEqual([])
  const turned = text.replace('"verdict":"allow"', '"verdict":"refuse"')
  database.prepare('UPDATE events SET event = ? WHERE seq = ?').run(turned, seq)
  expect(await found()).toEqual([`changed ${seq}`])
})

test('a changed hash is told from a changed event', async () => {
  sql("UPDATE events SET hash = x'00' WHERE seq = 7")
  const [only] = verifyLog(await chain())
  expect(only?.message).toMatch(/^the hash of event 7 was changed/)
})

test('an event that was replaced with its hash shows at the one after it', async () => {
  const log = await chain()
  const text = JSON.stringify({ ...LOG[6], at: 1 })
  const hash = chainHash(log.events[5]?.hash ?? '', canonicalText(text))
  const update = database.prepare('UPDATE events SET event = ?, hash = ? WHERE seq = 7')
  update.run(text, Buffer.from(hash, 'hex'))
  const [only] = verifyLog(await chain())
  expect(only).toMatchObject({ kind: 'changed', seq: 8 })
  expect(only?.message).toContain('event 7 was replaced together with its hash')
})

test('a lost hash is no excuse', async () => {
  sql('UPDATE events SET hash = NULL WHERE seq <= 3')
  expect(await found()).toEqual(['changed 1-3'])
  sql('UPDATE runs SET chained_from = 4')
  expect(await found()).toEqual(['changed 4'])
})

test('a dropped event is found by the gap', async () => {
  sql('DELETE FROM events WHERE seq IN (5, 6, 9)')
  expect(await found()).toEqual(['dropped 5-6', 'dropped 9'])
})

test('by the numbers, when the rows closed up', async () => {
  sql('DELETE FROM events WHERE seq = 5')
  move('> 5', -1)
  sql('UPDATE runs SET head = head - 1')
  expect(await found()).toEqual(['dropped 5'])
})

test('and by the hashes, when the events were renumbered as well', async () => {
  sql('DELETE FROM events WHERE seq = 5')
  move('> 5', -1)
  sql(RENUMBER, 'UPDATE runs SET head = head - 1')
  const all = verifyLog(await chain())
  expect(all.map(placeOf)).toEqual(['dropped 5'])
  expect(all[0]?.message).toBe(
    'an event was dropped at 5, and those after it renumbered to hide it',
  )
})

test('the first event too', async () => {
  sql('DELETE FROM events WHERE seq = 1')
  expect(await found()).toEqual(['dropped 1'])
})

test('an inserted event is found, renumbered or not', async () => {
  const insert = (): void => {
    move('>= 5', 1)
    sql(
      "INSERT INTO events SELECT run, 5, json_set(event, '$.seq', 5), hash FROM events WHERE seq = 4",
    )
    sql('UPDATE runs SET head = head + 1')
  }
  insert()
  expect(await found()).toEqual(['inserted 5'])
  sql(RENUMBER)
  expect(await found()).toEqual(['inserted 5'])
})

test('an event that was added at the end does not fit, whatever it says', async () => {
  const added = JSON.stringify({ v: 1, seq: END + 1, at: 1, type: 'cancel.requested' })
  const insert = database.prepare(
    'INSERT INTO events SELECT run, ?, ?, hash FROM events WHERE seq = ?',
  )
  insert.run(END + 1, added, END)
  expect(await found()).toEqual([`changed ${END + 1}`, `inserted ${END + 1}`])
  sql('UPDATE runs SET head = head + 1')
  expect(await found()).toEqual([`changed ${END + 1}`])
})

test('events in another order are found: rows, texts, and texts renumbered', async () => {
  const swap = (column: string): void =>
    sql(
      `UPDATE events SET ${column} = (SELECT ${column} FROM events AS other
       WHERE other.seq = 15 - events.seq) WHERE seq IN (7, 8)`,
    )
  sql(
    'UPDATE events SET seq = 1000 WHERE seq = 7',
    'UPDATE events SET seq = 7 WHERE seq = 8',
    'UPDATE events SET seq = 8 WHERE seq = 1000',
  )
  const [rows] = verifyLog(await chain())
  expect(rows).toMatchObject({ kind: 'reordered', seq: 7, to: 8 })
  expect(rows?.message).toContain('8 stands at 7, 7 stands at 8')
  swap('hash')
  expect(await found()).toEqual(['reordered 7-8'])
  sql(RENUMBER)
  expect(await found()).toEqual(['changed 7-8'])
})

test('a log that was cut at its end is found by the row of its run', async () => {
  sql(`DELETE FROM events WHERE seq > ${END - 3}`)
  expect(await found()).toEqual([`truncated ${END - 2}-${END}`])
  sql(`UPDATE runs SET head = ${END - 3}`)
  expect(await found()).toEqual([`head ${END - 3}`])
  sql(`DELETE FROM events`)
  expect(await found()).toEqual([`truncated 1-${END - 3}`])
})

test('what does not read is named, and does not stop the rest', async () => {
  sql("UPDATE events SET event = 'torn {' WHERE seq = 3", 'DELETE FROM events WHERE seq = 9')
  expect(await found()).toEqual(['unreadable 3', 'dropped 9'])
  sql("UPDATE events SET event = '[1]' WHERE seq = 3")
  expect(await found()).toEqual(['unreadable 3', 'dropped 9'])
})

test('an event of a newer version is not taken for an old one', async () => {
  sql("UPDATE events SET event = json_set(event, '$.v', 9) WHERE seq = 3")
  expect(await found()).toEqual(['unreadable 3', 'changed 3'])
})

test('a whole chain over events that make no run is damage too', () => {
  const texts = [
    { v: 1, seq: 1, at: 1, type: 'turn.started', turn: 1, input: {} },
    { v: 1, seq: 2, at: 1, type: 'tool.returned', call: 'never made', output: 1 },
  ].map((event) => JSON.stringify(event))
  let hash = chainStart(RUN)
  const events = texts.map((text, index) => ({
    seq: index + 1,
    text,
    hash: (hash = chainHash(hash, canonicalText(text))),
  }))
  const log = { run: RUN, head: 2, headHash: hash, chainedFrom: 1, events }
  expect(verifyLog(log).map(placeOf)).toEqual(['senseless 2'])
})

test("a log is its run's own", async () => {
  sql("UPDATE runs SET run = 'run_other'")
  const log = await store.readChain('run_other')
  expect(log === null ? [] : verifyLog(log).map(placeOf)).toEqual(['changed 1'])
})

test('a log from before the chain is whole, and chained from its next event on', async () => {
  sql('UPDATE events SET hash = NULL', 'UPDATE runs SET hash = NULL, chained_from = head + 1')
  expect(await found()).toEqual([])
  const lease = await acquire(store, RUN)
  const next: Event = { v: 1, seq: END + 1, at: 2e12, type: 'turn.started', turn: 2, input: {} }
  await store.append({ lease, expected: END, events: [next], head: HEAD, sync: false })
  expect(await found()).toEqual([])
  sql(`UPDATE events SET event = json_set(event, '$.at', 1) WHERE seq = ${END + 1}`)
  expect(await found()).toEqual([`changed ${END + 1}`])
})
