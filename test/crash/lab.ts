/*
 * Where runs are killed: one database that all children of a test share, and a file of notes for
 * each run.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Store } from '../../src/store/store.ts'
import { openStore } from '../fixtures/open-store.ts'
import { decodeOutcome, type Order, type Orders, type Outcome, type Strike } from './order.ts'
import { readNotes, type Note } from './outside.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))
/** Children at once: what the smallest machine has cores. */
const AT_ONCE = 2

/** A driver in a process of its own. */
export interface Child {
  readonly pid: number
  /** Resolves when it says this word, counted from now; rejects when it ends before. */
  says(word: string): Promise<void>
  /** Lets it die where it is held. */
  tell(): void
  kill(): Promise<void>
  readonly ended: Promise<Ended>
}

export interface Ended {
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
  readonly errors: string
  readonly outcomes: readonly Outcome[]
}

export interface Lab {
  /** The parent's own view of the database. */
  readonly store: Store
  /** The folder of all runs' artifacts. */
  readonly artifacts: string
  order(run: string, scenario: string, change?: Partial<Order>): Order
  notes(run: string): readonly Note[]
  start(...orders: readonly Order[]): Child
  /** Starts a child and waits for its end. */
  run(...orders: readonly Order[]): Promise<Ended>
  close(): Promise<void>
}

/** A lab on a database: a connection string of Postgres, or a file of its own when left out. */
export function createLab(place?: string): Lab {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-crash-'))
  const database = place ?? join(folder, 'runs.db')
  const artifacts = join(folder, 'artifacts')
  const store = openStore(database)
  const children = new Set<Child>()
  function start(...orders: readonly Order[]): Child {
    const child = startChild({ database, artifacts, orders: [...orders] }, join(folder, 'compiled'))
    children.add(child)
    void child.ended.then(() => children.delete(child))
    return child
  }
  const outside = (run: string): string => join(folder, `${run}.notes`)
  return {
    store,
    artifacts,
    order: (run, scenario, change = {}) => ({
      run,
      scenario,
      outside: outside(run),
      strike: null,
      second: false,
      ...change,
    }),
    notes: (run) => readNotes(outside(run)),
    start,
    run: (...orders) => start(...orders).ended,
    async close() {
      for (const child of children) await child.kill()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function startChild(orders: Orders, compiled: string): Child {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(orders)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
  })
  const outcomes: Outcome[] = []
  const waiting = new Set<(line: string | null) => void>()
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    if (line.startsWith('outcome ')) outcomes.push(decodeOutcome(line.slice('outcome '.length)))
    for (const hear of waiting) hear(line)
  })
  child.stdin.on('error', () => {})
  async function end(): Promise<Ended> {
    const [errors] = await Promise.all([
      text(child.stderr),
      once(lines, 'close'),
      once(child, 'close'),
    ])
    for (const hear of waiting) hear(null)
    return { signal: child.signalCode, code: child.exitCode, errors, outcomes }
  }
  const ended = end()
  return {
    pid: child.pid ?? 0,
    says: (word) =>
      new Promise((resolve, reject) => {
        const hear = (line: string | null): void => {
          if (line !== word && line !== null) return
          waiting.delete(hear)
          if (line === null) reject(new Error(`The child ended before it said ${word}`))
          else resolve()
        }
        waiting.add(hear)
      }),
    tell: () => child.stdin.write('go\n'),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    ended,
  }
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

/** Every point that an undisturbed run passed. */
export function pointsOf({
  appends,
  tools,
  models,
  puts,
}: Outcome): readonly Omit<Strike, 'how'>[] {
  return [
    ...upTo(appends).flatMap((n) => [
      { kind: 'append-before' as const, n },
      { kind: 'append-after' as const, n },
    ]),
    ...upTo(tools).flatMap((n) => [
      { kind: 'tool-before' as const, n },
      { kind: 'tool-middle' as const, n },
      { kind: 'tool-after' as const, n },
    ]),
    ...upTo(models).map((n) => ({ kind: 'model' as const, n })),
    ...upTo(puts).flatMap((n) => [
      { kind: 'put-before' as const, n },
      { kind: 'put-after' as const, n },
    ]),
  ]
}

/** Does it for every item, a few at once; rejects with the first error after all have ended. */
export async function forEach<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = [...items]
  const failures: unknown[] = []
  async function takeTurns(): Promise<void> {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) {
      try {
        await work(item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, takeTurns))
  if (failures.length > 0) throw failures[0]
}

/** The same few of them each time. */
export function sample<Item>(items: readonly Item[], count: number, seed: number): readonly Item[] {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state
  }
  return items
    .map((item) => ({ item, rank: next() }))
    .toSorted((left, right) => left.rank - right.rank)
    .slice(0, count)
    .map(({ item }) => item)
}
