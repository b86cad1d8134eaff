import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sqliteStore } from '../src/sqlite.ts'
import { bareLoop } from './bare-loop.ts'
import { lockstepLoop } from './lockstep-loop.ts'
import { openRowLog } from './row-log.ts'
import type { Row, Table } from './table.ts'
import { inTemporaryFolder } from './temporary-folder.ts'
import { pingPong } from './workload.ts'
import { zeroModel } from './zero-model.ts'

const TEXT_BYTES = 2_048
const LENGTHS = [10, 50, 100, 200, 1_000]
const MOST_WRITTEN = 8
const MOST_KEPT = 2.5
/** How far from the shortest run's a longer run's share may be to count as flat. */
const FLAT = 1.1

interface Spent {
  /** Bytes handed to write calls, WAL and checkpoint included. */
  readonly written: number
  /** Bytes of the file once closed. */
  readonly kept: number
  /** Bytes of the events as JSON, for Lockstep. */
  readonly events: number
}

/** What n steps of 2 KB of text cost on disk, as multiples of the text itself. */
export async function bytes(): Promise<Table> {
  const floor = await inTemporaryFolder((folder) => writeRows(folder, 100))
  const ours = new Map<number, Spent>()
  for (const length of LENGTHS) {
    ours.set(length, await inTemporaryFolder((folder) => writeRun(folder, length)))
  }
  const rows = [...ours].flatMap(([length, { events, kept, written }]): readonly Row[] => {
    const because = `its events alone are ${share(events, length).toFixed(2)} × the text; the rest are pages, their index and the run's row`
    const whole = { unit: '× the text', because }
    return [
      {
        what: `n = ${length}: written`,
        value: share(written, length),
        target: { atMost: MOST_WRITTEN },
        ...whole,
      },
      {
        what: `n = ${length}: kept`,
        value: share(kept, length),
        target: { atMost: MOST_KEPT },
        ...whole,
      },
    ]
  })
  const [first = 0, last = 0] = [ours.get(10), ours.get(1_000)].map((spent, index) =>
    share(spent?.written ?? Number.NaN, index === 0 ? 10 : 1_000),
  )
  return {
    title: 'Bytes for n steps of 2 KB of text, SQLite',
    method:
      'wchar of /proc/self/io from opening the store to closing it (WAL and checkpoint); file size afterwards',
    rows: [
      {
        what: 'one row a step, n = 100: written',
        value: share(floor.written, 100),
        unit: '× the text',
        target: null,
      },
      {
        what: 'one row a step, n = 100: kept',
        value: share(floor.kept, 100),
        unit: '× the text',
        target: null,
      },
      ...rows,
      {
        what: 'flat: written at n = 1000 / at n = 10',
        value: last / first,
        unit: '×',
        target: { atMost: FLAT },
        because: `${first.toFixed(2)} × the text at 10 steps, ${last.toFixed(2)} at 1000`,
      },
    ],
  }
}

/** As a multiple of the text of so many steps. */
function share(spent: number, length: number): number {
  return spent / (length * TEXT_BYTES)
}

async function writeRun(folder: string, length: number): Promise<Spent> {
  const path = join(folder, 'runs.db')
  const workload = pingPong(length - 1, 'x'.repeat(TEXT_BYTES))
  // The store is made and filled with a first run, so that what is counted is the run alone.
  const before = sqliteStore(path)
  await (
    await lockstepLoop(pingPong(1), {
      model: zeroModel({ answers: pingPong(1).answers }),
      store: before,
    })
  )()
  await before.close()
  const empty = statSync(path).size
  const from = bytesWritten()
  const store = sqliteStore(path)
  const run = await lockstepLoop(workload, {
    model: zeroModel({ answers: workload.answers }),
    store,
  })
  const record = await run()
  const events = JSON.stringify(await store.read(record.run, 0)).length
  await store.close()
  return { written: bytesWritten() - from, kept: statSync(path).size - empty, events }
}

async function writeRows(folder: string, length: number): Promise<Spent> {
  const path = join(folder, 'rows.db')
  const workload = pingPong(length - 1, 'x'.repeat(TEXT_BYTES))
  const from = bytesWritten()
  const log = openRowLog(path, 'NORMAL')
  await bareLoop(workload, { model: zeroModel({ answers: workload.answers }), keep: log.keep })()
  log.close()
  return { written: bytesWritten() - from, kept: statSync(path).size, events: 0 }
}

/** What this process handed to write calls so far; NaN where the system does not tell. */
function bytesWritten(): number {
  try {
    const found = /^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))
    return Number(found?.[1] ?? Number.NaN)
  } catch {
    return Number.NaN
  }
}
