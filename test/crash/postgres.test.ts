import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noPostgres, startPostgres, type PostgresServer } from '../postgres-server.ts'
import {
  deathsIn,
  expectOneDriver,
  expectSameFold,
  expectUnharmed,
  type Found,
} from './findings.ts'
import { createLab, pointsOf, sample, type Ended, type Lab } from './lab.ts'
import type { Outcome } from './order.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'

/*
 * The crash tests of one driver and of two, on Postgres: there the lock is the server's, and so is
 * the word that its holder is gone.
 */

const TIMEOUT_MS = 300_000
const SEED = 43
const DEATHS = 4

let server: PostgresServer
let lab: Lab

beforeAll(async () => {
  if (noPostgres === null) server = await startPostgres()
})

afterAll(() => server?.stop())

beforeEach(async () => {
  if (noPostgres === null) lab = createLab(await server.createDatabase())
})

afterEach(() => lab?.close())

function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS[name]
  if (scenario === undefined) throw new Error(`There is no scenario ${name}`)
  return scenario
}

async function find(run: string, name: string): Promise<Found> {
  return { scenario: scenarioOf(name), log: await lab.store.read(run, 0), notes: lab.notes(run) }
}

function onlyOutcome({ outcomes: [outcome], errors }: Ended): Outcome {
  if (outcome === undefined) throw new Error(`The child gave no outcome: ${errors}`)
  return outcome
}

describe.skipIf(noPostgres !== null)('a run on Postgres whose driver is killed', () => {
  test.each(['refund', 'toolRetry'])(
    'is taken over by one that waits, and comes to the same: %s',
    async (name) => {
      const normal = onlyOutcome(await lab.run(lab.order('undisturbed', name)))
      const undisturbed = await find('undisturbed', name)
      // Before its first append there is no run that another could wait for.
      const later = pointsOf(normal).filter(({ kind, n }) => kind !== 'append-before' || n > 1)
      const places = sample(later, DEATHS, SEED)
      expect(places).toHaveLength(DEATHS)
      for (const place of places) {
        const run = `${place.kind}-${place.n}`
        const strike = { how: 'kill-when-told', ...place } as const
        const first = lab.start(lab.order(run, name, { strike }))
        const second = lab.start(lab.order(run, name, { second: true }))
        await first.says('held')
        await second.says('busy')
        first.tell()
        expect((await first.ended).signal).toBe('SIGKILL')
        const ended = await second.ended
        expect(ended.errors).toBe('')
        const found = await find(run, name)
        expectSameFold(found, onlyOutcome(ended))
        expectOneDriver(found.notes)
        expectUnharmed(found, { undisturbed, deaths: deathsIn(found.notes) })
      }
    },
    TIMEOUT_MS,
  )
})
