import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../../src/core/log/event.ts'
import { expectSameFold, expectUnharmed, type Found } from './findings.ts'
import { createLab, forEach, pointsOf, sample, type Ended, type Lab } from './lab.ts'
import type { Outcome, Strike } from './order.ts'
import { KILLED, type Scenario } from './scenarios.ts'

const TIMEOUT_MS = 300_000
const SEED = 20_260_711
const NAMES = Object.keys(KILLED)
/** Too many points for every change: `LOCKSTEP_CRASH=all` takes them all, of every workflow. */
const EVERY = process.env['LOCKSTEP_CRASH'] === 'all'
/** The workflow with all laws in it is killed at every point, the others at a seeded few. */
const WHOLE: string = 'refund'
const ONCE = EVERY ? Infinity : 10
const TWICE = EVERY ? Infinity : 2
const TWICE_WHOLE = EVERY ? Infinity : 8
/** Those that few appends take to their end. */
const HOPPED = EVERY ? NAMES : ['refund', 'toolRetry', 'modelRetry', 'batches']

function placesFor(name: string, most: number): string {
  return name === WHOLE || EVERY ? 'every point' : `up to ${most} points (seed ${SEED})`
}

let lab: Lab

beforeEach(() => {
  lab = createLab()
})

afterEach(() => lab.close())

function scenarioOf(name: string): Scenario {
  const scenario = KILLED[name]
  if (scenario === undefined) throw new Error(`There is no scenario ${name}`)
  return scenario
}

async function find(run: string, name: string): Promise<Found> {
  return { scenario: scenarioOf(name), log: await lab.store.read(run, 0), notes: lab.notes(run) }
}

function onlyOutcome(ended: Ended): Outcome {
  const [outcome] = ended.outcomes
  if (outcome === undefined) throw new Error(`The child gave no outcome: ${ended.errors}`)
  return outcome
}

/** Runs a workflow to its end with nobody in the way. */
async function runUndisturbed(name: string): Promise<{ found: Found; outcome: Outcome }> {
  const outcome = onlyOutcome(await lab.run(lab.order('undisturbed', name)))
  return { found: await find('undisturbed', name), outcome }
}

type Place = Omit<Strike, 'how'>

function placeName({ kind, n }: Place): string {
  return `${kind}-${n}`
}

/** Starts or goes on with a run in a process that kills itself, and gives the log as it was left. */
async function killAt(run: string, name: string, place: Place): Promise<readonly Event[] | null> {
  const ended = await lab.run(lab.order(run, name, { strike: { how: 'kill', ...place } }))
  expect(ended.errors).toBe('')
  return ended.signal === 'SIGKILL' ? lab.store.read(run, 0) : null
}

/** Drives what was left behind to its end, in one fresh process, and looks at all of it. */
async function resumeAll(
  name: string,
  left: ReadonlyMap<string, readonly (readonly Event[])[]>,
  undisturbed: Found,
): Promise<void> {
  const ended = await lab.run(...[...left.keys()].map((run) => lab.order(run, name)))
  expect(ended.errors).toBe('')
  expect(ended.code).toBe(0)
  for (const outcome of ended.outcomes) {
    const found = await find(outcome.run, name)
    try {
      expectSameFold(found, outcome)
      expectUnharmed(found, { undisturbed, deaths: left.get(outcome.run) ?? [] })
    } catch (cause) {
      throw new Error(`${name}, ${outcome.run}: ${String(cause)}`, { cause })
    }
  }
  expect(ended.outcomes).toHaveLength(left.size)
}

describe('a run whose driver is killed by SIGKILL', () => {
  test.each(NAMES.map((name) => ({ name, places: placesFor(name, ONCE) })))(
    'loses nothing and repeats no write: $name, at $places',
    async ({ name }) => {
      const { found, outcome } = await runUndisturbed(name)
      expectSameFold(found, outcome)
      const left = new Map<string, readonly (readonly Event[])[]>()
      const all = pointsOf(outcome)
      await forEach(name === WHOLE ? all : sample(all, ONCE, SEED), async (place) => {
        const death = await killAt(placeName(place), name, place)
        expect(death, placeName(place)).not.toBeNull()
        left.set(placeName(place), death === null ? [] : [death])
      })
      await resumeAll(name, left, found)
    },
    TIMEOUT_MS,
  )

  test.each(NAMES)(
    'does so when the next driver is killed at such a point as well: %s',
    async (name) => {
      const { found, outcome } = await runUndisturbed(name)
      const all = pointsOf(outcome)
      const some = sample(all, name === WHOLE ? TWICE_WHOLE : TWICE, SEED)
      const left = new Map<string, readonly (readonly Event[])[]>()
      await forEach(some, async (place) => {
        const run = placeName(place)
        const deaths = [await killAt(run, name, place), await killAt(run, name, { ...place, n: 1 })]
        left.set(
          run,
          deaths.filter((death) => death !== null),
        )
      })
      await resumeAll(name, left, found)
    },
    TIMEOUT_MS,
  )

  test(
    'comes to its end although no driver lives longer than two appends',
    async () => {
      await forEach(HOPPED, async (name) => {
        const normal = onlyOutcome(await lab.run(lab.order(`${name}-undisturbed`, name)))
        const deaths: (readonly Event[])[] = []
        const place: Place = { kind: 'append-after', n: 2 }
        for (let death = await killAt(name, name, place); death !== null;) {
          deaths.push(death)
          death = await killAt(name, name, place)
        }
        const found = await find(name, name)
        const undisturbed = await find(normal.run, name)
        expectUnharmed(found, { undisturbed, deaths })
      })
    },
    TIMEOUT_MS,
  )
})

describe('a run whose driver is asked to let go', () => {
  test.each(NAMES)(
    'goes on as if nothing had been, without a doubt: %s, at every point',
    async (name) => {
      const { found, outcome } = await runUndisturbed(name)
      const places = pointsOf(outcome)
      const parked = await lab.run(
        ...places.map((place) =>
          lab.order(placeName(place), name, { strike: { how: 'park', ...place } }),
        ),
      )
      expect(parked.errors).toBe('')
      const left = new Map<string, readonly (readonly Event[])[]>()
      for (const place of places) {
        const log = await lab.store.read(placeName(place), 0)
        const lost = log.some((event) => event.type === 'tool.doubted')
        expect(lost, placeName(place)).toBe(false)
        left.set(placeName(place), [log])
      }
      await resumeAll(name, left, found)
    },
    TIMEOUT_MS,
  )
})
