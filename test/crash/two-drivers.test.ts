import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../../src/core/log/event.ts'
import { fold } from '../../src/core/log/fold/fold.ts'
import { createRuntime, type Runtime } from '../../src/drive/runtime.ts'
import type { Mind } from '../../src/mind/mind.ts'
import {
  deathsIn,
  expectOneDriver,
  expectSameFold,
  expectUnharmed,
  type Found,
} from './findings.ts'
import { createLab, pointsOf, sample, type Child, type Ended, type Lab } from './lab.ts'
import type { Outcome } from './order.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { Points, struckTools } from './struck.ts'

const TIMEOUT_MS = 300_000
const SEED = 41
/** Points of each workflow at which the first driver dies while another waits. */
const DEATHS = 4
const NAMES = ['refund', 'toolRetry', 'batches']

let lab: Lab

beforeEach(() => {
  lab = createLab()
})

afterEach(() => lab.close())

function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS[name]
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

/** The parent's own way to the runs of a scenario; its mind is never asked. */
function runtimeOf(name: string): Runtime {
  const mind: Mind = { answer: () => Promise.reject(new Error('the parent drives nothing')) }
  const points = new Points(null, '')
  const tools = struckTools({ scenario: scenarioOf(name), points, outside: '' })
  return createRuntime({ store: lab.store, mind, tools })
}

/** Lets the first die where it is held, but not before the second was told that the run is taken. */
async function killBeside(first: Child, second: Child): Promise<void> {
  await first.says('held')
  await second.says('busy')
  first.tell()
  expect((await first.ended).signal).toBe('SIGKILL')
}

async function expectLast(ended: Ended, name: string, undisturbed: Found): Promise<void> {
  expect(ended.errors).toBe('')
  const outcome = onlyOutcome(ended)
  const found = await find(outcome.run, name)
  expectSameFold(found, outcome)
  expectUnharmed(found, { undisturbed, deaths: deathsIn(found.notes) })
}

describe('a run with a second driver alive and waiting', () => {
  test.each(NAMES)(
    'is taken over when the first is killed, and has one driver at any time: %s',
    async (name) => {
      const normal = onlyOutcome(await lab.run(lab.order('undisturbed', name)))
      const undisturbed = await find('undisturbed', name)
      // Before its first append there is no run that another could wait for.
      const later = pointsOf(normal).filter(({ kind, n }) => kind !== 'append-before' || n > 1)
      for (const place of sample(later, DEATHS, SEED)) {
        const run = `${place.kind}-${place.n}`
        const strike = { how: 'kill-when-told', ...place } as const
        const first = lab.start(lab.order(run, name, { strike }))
        const second = lab.start(lab.order(run, name, { second: true }))
        await killBeside(first, second)
        await expectLast(await second.ended, name, undisturbed)
      }
    },
    TIMEOUT_MS,
  )

  test.each(NAMES)(
    'is left whole when the second is killed in its turn: %s',
    async (name) => {
      const normal = onlyOutcome(await lab.run(lab.order('undisturbed', name)))
      const undisturbed = await find('undisturbed', name)
      const early = pointsOf(normal).filter(({ kind, n }) => kind !== 'append-before' && n < 3)
      for (const place of sample(early, DEATHS / 2, SEED)) {
        const run = `${place.kind}-${place.n}`
        const strikes = [
          { how: 'kill-when-told', ...place },
          { how: 'kill', kind: 'append-after', n: 2 },
        ] as const
        const first = lab.start(lab.order(run, name, { strike: strikes[0] }))
        const second = lab.start(lab.order(run, name, { strike: strikes[1], second: true }))
        await killBeside(first, second)
        expect((await second.ended).signal).toBe('SIGKILL')
        await expectLast(await lab.run(lab.order(run, name)), name, undisturbed)
      }
    },
    TIMEOUT_MS,
  )

  test('tells others that it is busy, and they can still read it', async () => {
    const strike = { how: 'kill-when-told', kind: 'tool-middle', n: 1 } as const
    const child = lab.start(lab.order('busy', 'refund', { strike }))
    await child.says('held')
    const run = await runtimeOf('refund').open('busy')
    await expect(run.resume()).rejects.toMatchObject({ code: 'run_busy' })
    const seen: Event[] = []
    for await (const event of run.events()) seen.push(event)
    expect(seen).toEqual(await lab.store.read('busy', 0))
  }, 30_000)
})

describe('a cancel from another process', () => {
  test.each([
    { name: 'endlessRead', word: 'endless', warning: 'cancelled on request; under way' },
    { name: 'endlessWrite', word: 'endless', warning: 'cancelled on request; under way' },
    { name: 'endlessModel', word: 'asked', warning: 'cancelled on request' },
  ])('ends what is under way: $name', async ({ name, word, warning }) => {
    const driver = lab.start(lab.order('run', name))
    await driver.says(word)
    const run = await runtimeOf(name).open('run')
    await run.cancel()
    const ended = await driver.ended
    const found = await find('run', name)
    expectSameFold(found, onlyOutcome(ended))
    expectOneDriver(found.notes)
    expect(found.log.at(-1)).toMatchObject({ type: 'run.rested', reason: 'cancelled' })
    expect(found.log.at(-1)).toMatchObject({ message: expect.stringContaining(warning) })
    expect(found.notes.filter((note) => note.type === 'begun').length).toBeLessThanOrEqual(1)
    const again = await runtimeOf(name).open('run')
    await expect(again.resume()).rejects.toMatchObject({ code: 'not_waiting' })
    await expect(again.send('go on')).rejects.toMatchObject({ code: 'not_waiting' })
  })

  test.each(['endlessRead', 'endlessWrite'])(
    'outlives the driver that did not come to see it: %s',
    async (name) => {
      const strike = { how: 'kill-when-told', kind: 'tool-middle', n: 1 } as const
      const driver = lab.start(lab.order('run', name, { strike }))
      await driver.says('held')
      await (await runtimeOf(name).open('run')).cancel()
      driver.tell()
      await driver.ended
      const next = await lab.run(lab.order('run', name))
      expect(next.errors).toBe('')
      const { log, notes } = await find('run', name)
      expect(log.at(-1)).toMatchObject({ type: 'run.rested', reason: 'cancelled' })
      expect(notes.filter((note) => note.type === 'begun')).toHaveLength(1)
    },
  )

  test('ends a run whose write is in doubt', async () => {
    const strike = { how: 'kill', kind: 'tool-middle', n: 1 } as const
    await lab.run(lab.order('run', 'endlessWrite', { strike }))
    const run = await runtimeOf('endlessWrite').open('run')
    expect(await run.resume()).toMatchObject({ reason: 'tool_in_doubt' })
    expect(await run.cancel()).toMatchObject({
      reason: 'cancelled',
      message: expect.stringContaining('possibly done: work'),
    })
  })
})

describe('a write in doubt', () => {
  test.each([
    { executed: true, result: { ok: true, output: { sent: 1 } } },
    { executed: false, result: { ok: false, error: { code: 'NOT_EXECUTED' } } },
  ])('goes on with what a person says: executed $executed', async ({ executed, result }) => {
    const strike = { how: 'kill', kind: 'tool-before', n: 1 } as const
    await lab.run(lab.order('run', 'endlessWrite', { strike }))
    const run = await runtimeOf('endlessWrite').open('run')
    const { pending = [] } = await run.resume()
    const call = pending[0]?.call ?? ''
    await expect(run.resume()).rejects.toMatchObject({ code: 'not_waiting' })
    await expect(run.settle({ call: 'other', executed })).rejects.toMatchObject({
      code: 'not_waiting',
    })
    const answer = executed ? { call, executed, output: { sent: 1 } } : { call, executed }
    // The parent's mind gives no answer, and that is where this run rests then.
    expect(await run.settle(answer)).toMatchObject({ reason: 'model_failed' })
    const { log, scenario } = await find('run', 'endlessWrite')
    const { transcript } = fold(Object.keys(scenario.tools), log).branch
    expect(transcript.at(-1)).toMatchObject({ role: 'tool', results: [{ call, result }] })
  })
})
