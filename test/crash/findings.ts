/*
 * What must hold of every run, wherever its drivers died: its log, its notes and the undisturbed
 * run's log come in; expectations come out.
 */
import { expect } from 'vitest'
import type { Event } from '../../src/core/log/event.ts'
import { fold } from '../../src/core/log/fold/fold.ts'
import { runRecord } from '../../src/core/log/record/run-record.ts'
import type { State } from '../../src/core/log/state.ts'
import { plainState, type Outcome } from './order.ts'
import type { EffectNote, Note } from './outside.ts'
import type { Scenario } from './scenarios.ts'

/** A run as it is found when it rests for good. */
export interface Found {
  readonly scenario: Scenario
  readonly log: readonly Event[]
  readonly notes: readonly Note[]
}

/** Holds a run against the undisturbed one. `deaths` are its logs as they were found at each death. */
export function expectUnharmed(
  found: Found,
  {
    undisturbed,
    deaths,
  }: { readonly undisturbed: Found; readonly deaths: readonly (readonly Event[])[] },
): void {
  expectKept(found, deaths)
  expectEffectsOnce(found, undisturbed)
  expectDoubts(found, deaths)
  expectOneDriver(found.notes)
  expectArtifacts(found, undisturbed)
  const settledAsNotDone = found.log.some(
    (event) => event.type === 'call.failed' && event.error.code === 'NOT_EXECUTED',
  )
  if (settledAsNotDone) expect(endOf(found)).toEqual(endOf(undisturbed))
  else expect(factsOf(found)).toEqual(factsOf(undisturbed))
}

/** No version is stored twice, and none is published that no verifier accepted (S4.8). */
function expectArtifacts(found: Found, undisturbed: Found): void {
  expect(versionsOf(found)).toEqual(versionsOf(undisturbed))
  for (const { artifact, version } of runRecord(found.log).artifacts) {
    const verdicts = found.log.filter(
      (event) =>
        event.type === 'artifact.verified' &&
        event.artifact === artifact &&
        event.version === version,
    )
    const verifies = found.scenario.spec.artifacts?.[artifact]?.verify !== undefined
    expect(verdicts).toMatchObject(verifies ? [{ accepted: true }] : [])
  }
}

function versionsOf({ log }: Found): readonly unknown[] {
  return log.flatMap((event) =>
    event.type === 'artifact.stored' ? [[event.artifact, event.version, event.digest]] : [],
  )
}

/** What a child says that a log came to is what it comes to here (Law 9). */
export function expectSameFold(found: Found, outcome: Outcome): void {
  const { log, scenario } = found
  expect(outcome.state).toEqual(plainState(fold(Object.keys(scenario.tools), log)))
  expect(outcome.record).toEqual(runRecord(log))
}

/** Whatever was acknowledged, or found at a death, is still there: unchanged, without gaps (Law 5). */
function expectKept({ log, notes }: Found, deaths: readonly (readonly Event[])[]): void {
  expect(log.map((event) => event.seq)).toEqual(log.map((_, index) => index + 1))
  for (const note of notes) {
    if (note.type !== 'acknowledged') continue
    for (const event of note.events) expect(log[event.seq - 1]).toEqual(event)
  }
  for (const death of deaths) expect(log.slice(0, death.length)).toEqual(death)
}

/** No write without a key is begun more often than undisturbed; one with a key keeps it (Law 11). */
function expectEffectsOnce(found: Found, undisturbed: Found): void {
  const normal = begunOf(undisturbed)
  for (const [what, count] of begunOf(found)) {
    expect.soft(count, what).toBeLessThanOrEqual(normal.get(what) ?? 0)
  }
  const keys = new Map<string, string>()
  for (const { call, key } of effects(found)) {
    expect(keys.get(call) ?? key).toBe(key)
    keys.set(call, key)
  }
  expect(new Set(keys.values()).size).toBe(keys.size)
}

/** How often each write without a key was begun, by tool and arguments. */
function begunOf(found: Found): ReadonlyMap<string, number> {
  const begun = new Map<string, number>()
  for (const { type, tool, args } of effects(found)) {
    const { effect, idempotent } = found.scenario.tools[tool] ?? {}
    if (type !== 'begun' || effect === 'read' || idempotent === true) continue
    const what = `${tool} ${args}`
    begun.set(what, (begun.get(what) ?? 0) + 1)
  }
  return begun
}

function effects(found: Found): readonly EffectNote[] {
  return found.notes.filter((note) => 'key' in note)
}

/** A write that was cut off rests in doubt at once; nothing else ever does (Law 11). */
function expectDoubts({ log, scenario }: Found, deaths: readonly (readonly Event[])[]): void {
  const cut = new Set(deaths.flatMap((death) => cutWrites(death, scenario)))
  const doubted = log.filter((event) => event.type === 'tool.doubted')
  expect(new Set(doubted.map((event) => event.call))).toEqual(cut)
  expect(doubted).toHaveLength(cut.size)
  for (const doubt of doubted) {
    expect(log[doubt.seq]).toMatchObject({
      type: 'run.rested',
      reason: 'tool_in_doubt',
      pending: [{ call: doubt.call }],
    })
  }
}

/** The calls of a log that were dispatched to a write without a key and did not come back. */
function cutWrites(log: readonly Event[], scenario: Scenario): readonly string[] {
  const state = fold(Object.keys(scenario.tools), log)
  if (state.rest !== null) return []
  const { batch } = state.branch
  return batch.flatMap((call) => {
    const { effect, idempotent } = scenario.tools[call.tool] ?? {}
    const lost = call.status === 'dispatched' && effect === 'write' && idempotent !== true
    return lost ? [call.id] : []
  })
}

/** Whoever appends or acts holds the lease, and nobody else does until it lets go or dies (Law 18). */
export function expectOneDriver(notes: readonly Note[]): void {
  let holder: number | null = null
  for (const note of notes) {
    switch (note.type) {
      case 'leased':
        expect(holder).toBeNull()
        holder = note.pid
        break
      case 'released':
      case 'killed':
        if (holder === note.pid) holder = null
        break
      case 'appending':
      case 'acknowledged':
      case 'asked':
      case 'busy':
      case 'begun':
      case 'done':
      case 'declined':
        expect(note.pid).toBe(holder)
    }
  }
}

/** The log at each death, as far as it was acknowledged. */
export function deathsIn(notes: readonly Note[]): readonly (readonly Event[])[] {
  const kept: Event[] = []
  return notes.flatMap((note) => {
    if (note.type === 'acknowledged') kept.push(...note.events)
    return note.type === 'killed' ? [[...kept]] : []
  })
}

/** All that a model, a rule or a reader of the record can tell a run by; not how often it was tried. */
export function factsOf(found: Found): unknown {
  const { log } = found
  const { run: _run, events: _events, ledger, ...record } = runRecord(log)
  return {
    record,
    // Verdicts alone: a dispatch is in the ledger as often as it was tried.
    ledger: ledger
      .filter(({ kind }) => kind === 'call.judged')
      .map(({ seq: _seq, at: _at, facts: _facts, ...entry }) => entry),
    state: lasting(fold(Object.keys(found.scenario.tools), log)),
  }
}

function lasting(state: State): unknown {
  const { branch, rest, turn, modelCalls, asked, reservations } = state
  const { spend, transcript, successes, tools, steps, output, visits, iterations } = branch
  const histories = Object.entries(tools).map(([name, history]) => [name, withoutPlaces(history)])
  const facts = {
    rest,
    turn,
    tokens: spend.run.input + spend.run.output,
    modelCalls,
    asked: asked.map(({ attempts: _attempts, ...call }) => call),
    transcript,
    steps,
    output,
    iterations,
    visits: [...visits],
    successes: Object.fromEntries(successes),
    histories,
    reservations: [...reservations].map(([gate, places]) => [gate, [...places]]),
  }
  return JSON.parse(JSON.stringify(facts))
}

function withoutPlaces(history: unknown): unknown {
  return JSON.parse(
    JSON.stringify(history, (key, value: unknown) => (key === 'seq' ? undefined : value)),
  )
}

/** What stays the same even where a write turned out not to have happened. */
function endOf({ log }: Found): unknown {
  const { reason, step, steps, output } = runRecord(log)
  return { reason, step, steps: steps.map(({ name, text }) => ({ name, text })), output }
}
