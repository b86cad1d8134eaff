import { decide } from '../../src/core/decide/decide.ts'
import { effectKey, type Effect } from '../../src/core/decide/effect.ts'
import type { Entry, Event, Failure, Pending } from '../../src/core/log/event.ts'
import { createFold } from '../../src/core/log/fold/fold.ts'
import type { Message } from '../../src/core/log/message.ts'
import type { State } from '../../src/core/log/state.ts'
import type { Json } from '../../src/core/spec/json.ts'
import type { Plan } from '../../src/core/spec/plan.ts'
import { modelAnswer } from './model-answer.ts'
import { plan } from './plan.ts'

/*
 * A run against a world that does anything at any time: models, tools, checks, clients, people, the
 * clock and crashes. Numbers choose what; the same numbers give the same play.
 */

const CODES = ['BUSY', 'TIMEOUT', 'ABORTED', 'DENIED']
const PEOPLE = ['ben', 'cho', 'ana', 'Ben ', '']

/** Places taken among a run and its copies: by gate and key, whose they are. */
export type Claims = Map<string, Set<string>>

/** What a play did outside of the kernel, and where it ended. */
export interface RandomPlay {
  readonly events: readonly Event[]
  readonly state: State
  /** Each dispatch that was started, in order; `returned` once its result came back. */
  readonly deeds: readonly Deed[]
  /** What must never be, in words. */
  readonly wrongs: readonly string[]
}

export interface Deed {
  readonly tool: string
  readonly call: string
  readonly args: Json
  returned: boolean
}

export interface World {
  readonly choose: (choices: number) => number
  readonly state: State
  readonly events: readonly Event[]
  readonly claims: Claims
  /** What it goes by now. */
  plan: Plan
  readonly deeds: Deed[]
  readonly wrongs: string[]
  readonly underWay: Map<string, Effect>
  readonly add: (entries: readonly Entry[], passMs?: number) => void
}

const MAX_MOVES = 3_000

/** Plays until the numbers are used up and the run rests. */
export function playRandomly(numbers: readonly number[]): RandomPlay {
  let read = 0
  const choose = (choices: number): number => (numbers[read++] ?? 0) % choices
  const world = createWorld(choose, { plan, claims: new Map(), events: startOf(plan) })
  playOn(world, { moves: Infinity, isOver: () => read >= numbers.length })
  const { events, state, deeds, wrongs } = world
  return { events, state, deeds, wrongs }
}

/** The events with which every play begins. */
export function startOf({ name: workflow, digest }: Plan): readonly Entry[] {
  const input = { items: ['a', 'b', 'c'], message: 'hi' }
  const of = { run: 'r', workflow, digest, input, session: {}, instructions: null, by: 'ana' }
  return [
    { type: 'run.started', ...of },
    { type: 'turn.started', turn: 1, input: {} },
  ]
}

/** A run as its first events have it, and the world around it. */
export function createWorld(
  choose: World['choose'],
  of: { readonly plan: Plan; readonly claims: Claims; readonly events: readonly Entry[] },
): World {
  const { plan: first, claims } = of
  const fold = createFold(first.histories)
  const events: Event[] = []
  let at = 0
  let isCopying = true
  const world: World = {
    choose,
    state: fold.state,
    events,
    claims,
    plan: first,
    deeds: [],
    wrongs: [],
    underWay: new Map(),
    add(entries, passMs = 1) {
      for (const entry of entries) {
        at += passMs
        const event: Event = { ...entry, v: 1, seq: events.length + 1, at }
        if (!isCopying) release(world, event)
        fold.add(event)
        events.push(event)
      }
    },
  }
  world.add(of.events)
  isCopying = false
  return world
}

/** Plays until the run rests and nobody goes on with it, or its driver is gone after so many moves. */
export function playOn(
  world: World,
  until: { readonly moves: number; readonly isOver: () => boolean },
): void {
  for (let moves = 0; moves < until.moves; moves++) {
    if (moves > MAX_MOVES) world.wrongs.push('it does not come to rest')
    if (world.wrongs.length > 0) return
    const move = decide(world.plan, world.state)
    if (move.type === 'record') world.add(move.events)
    else if (move.type === 'perform') perform(world, move.effects)
    else {
      world.underWay.clear()
      if (world.state.rest === null) world.wrongs.push('it rests and its log does not say so')
      if (until.isOver() || !goOn(world)) return
    }
  }
}

/** Gives places back for what is known not to have happened, or was taken back, as a journal does. */
function release({ state, claims }: World, event: Event): void {
  if (state.family === null) return
  const branch = state.branches.get(event.branch ?? '') ?? state.branch
  const free =
    event.type === 'call.failed' && event.error.executed === false
      ? event.call
      : event.type === 'tool.returned'
        ? branch.batch[branch.batchIndex.get(event.call) ?? -1]?.undoes
        : null
  for (const holders of claims.values()) holders.delete(`${state.run}/${free ?? ''}`)
}

function claim({ state, claims }: World, effect: Extract<Effect, { type: 'claim-places' }>): Entry {
  const { call: id, places } = effect
  const own = `${state.run}/${id}`
  const holdersOf = (place: { readonly gate: string; readonly key: string }): Set<string> => {
    const name = JSON.stringify([place.gate, place.key])
    const holders = claims.get(name) ?? new Set()
    claims.set(name, holders)
    return holders
  }
  const full = places.find((place) => {
    return [...holdersOf(place)].filter((each) => each !== own).length >= place.calls
  })
  if (full !== undefined) {
    const { gate, key } = full
    return { type: 'places.refused', call: id, place: { gate, key }, message: 'x' }
  }
  for (const place of places) holdersOf(place).add(own)
  return { type: 'places.claimed', call: id }
}

/** Starts what is not under way, then lets one thing come back, or the driver die. */
function perform(world: World, effects: readonly Effect[]): void {
  for (const effect of effects) {
    const key = effectKey(effect)
    if (world.underWay.has(key)) continue
    world.underWay.set(key, effect)
    if (effect.type === 'call-model' && effect.role === 'planner')
      lookAtTranscript(world, effect.branch)
    if (effect.type !== 'run-tool') continue
    const { tool, call: id, args } = effect
    world.deeds.push({ tool, call: id, args, returned: false })
  }
  const keys = [...world.underWay.keys()]
  if (keys.length === 0) {
    world.wrongs.push('nothing is under way, and it does not rest')
    return
  }
  if (world.choose(12) === 11) {
    world.underWay.clear()
    world.add([
      { type: 'run.resumed' },
      ...(world.choose(6) === 5 ? [{ type: 'cancel.requested' } as const] : []),
    ])
    return
  }
  const key = keys[world.choose(keys.length)] ?? ''
  const effect = world.underWay.get(key)
  world.underWay.delete(key)
  if (effect === undefined) return
  const event = comeBack(world, effect)
  world.add([effect.branch === undefined ? event : { ...event, branch: effect.branch }])
}

/** Each call of the history has exactly one result before a model is asked again (Law 6). */
function lookAtTranscript({ state, wrongs }: World, branch = ''): void {
  const messages: readonly Message[] = state.branches.get(branch)?.transcript ?? []
  const open = new Set<string>()
  for (const message of messages) {
    if (message.role === 'assistant') {
      for (const part of message.parts) if (part.type === 'call') open.add(part.id)
    }
    if (message.role !== 'tool') continue
    for (const { call: id } of message.results)
      if (!open.delete(id)) wrongs.push(`two results of ${id}`)
  }
  if (open.size > 0) wrongs.push(`no result of ${[...open].join(', ')}`)
}

function comeBack(world: World, effect: Effect): Entry {
  const { choose } = world
  switch (effect.type) {
    case 'call-model':
      return modelAnswer(effect, { choose, branch: world.state.branch.id })
    case 'wait':
      return { type: 'wait.ended', wait: effect.wait }
    case 'store-artifact': {
      const { call: id, artifact, version, publish: published } = effect
      if (choose(4) === 3) {
        const message = 'x'
        const why = { reason: 'placeholder', findings: [], message } as const
        return { type: 'artifact.rejected', call: id, artifact, ...why }
      }
      const stored = { artifact, version, published, media: 'text/plain', chars: 1, bytes: 1 }
      return { type: 'artifact.stored', call: id, digest: `sha256:${version}`, ...stored }
    }
    case 'run-check': {
      const { call: id, gate } = effect
      if (choose(5) === 4) {
        return { type: 'check.failed', call: id, gate, error: { code: 'X', message: 'x' } }
      }
      return { type: 'check.answered', call: id, gate, holds: choose(4) > 0, reason: '' }
    }
    case 'claim-places':
      return claim(world, effect)
    case 'recall-memory':
      return { type: 'memory.recalled', record: effect.record, items: [] }
    case 'keep-memory':
      return { type: 'memory.kept', record: effect.record, ids: [], upTo: effect.upTo }
    case 'deliver-handoff':
      return { type: 'handoff.delivered', attempt: effect.attempt }
    case 'run-tool': {
      const { call: id, attempt } = effect
      if (choose(4) === 3) return { type: 'tool.failed', call: id, attempt, error: failure(world) }
      for (const deed of world.deeds) if (deed.call === id) deed.returned = true
      return { type: 'tool.returned', call: id, output: { id: choose(3) } }
    }
  }
}

function failure({ choose }: World): Failure {
  const code = CODES[choose(CODES.length)] ?? ''
  return { code, message: code, ...(choose(3) === 2 ? { executed: false } : {}) }
}

/** Somebody does something with a run at rest; false when there is nothing that may be done. */
function goOn(world: World): boolean {
  const { choose, state, add } = world
  const pending = state.rest?.pending ?? []
  const about = pending[choose(Math.max(1, pending.length))]
  switch (choose(10)) {
    case 0:
    case 1:
    case 2:
      return about !== undefined && answer(world, about)
    case 3: {
      const names = ['start', 'worked', 'nowhere', 'work#1', 'look']
      const branches = [...state.branches.keys()]
      const branch = branches[choose(branches.length)] ?? ''
      const { rewind } = state
      if (rewind !== null && rewind.position !== null && rewind.branch !== branch) return false
      const wish: Entry = { type: 'rewind.requested', to: names[choose(5)] ?? '', by: 'ana' }
      add([branch === '' ? wish : { ...wish, branch }])
      return true
    }
    case 4: {
      const args = about?.confirm === true ? about.args : { id: choose(3), question: 'q' }
      add([{ type: 'user.confirmed', tool: 'pay', args }])
      return true
    }
    case 5:
      if (state.rest?.reason !== 'completed') return false
      add([{ type: 'turn.started', turn: state.turn + 1, input: { message: 'more' } }])
      return true
    case 6:
      add([{ type: 'run.resumed' }], [1, 90_000_000][choose(2)])
      return true
    case 7:
      add([{ type: 'run.resumed' }, { type: 'cancel.requested' }])
      return true
    case 8:
      return answerAnything(world)
    case 9:
      add([{ type: 'user.stated', kind: 'order', facts: { id: choose(3) } }])
      return true
  }
  return false
}

/** What a person or a client says to what the run waits for. */
function answer(world: World, about: Pending): boolean {
  const { choose, state, add } = world
  const { call: id, request } = about
  const inBranch = (entry: Entry): Entry =>
    about.branch === undefined ? entry : { ...entry, branch: about.branch }
  if (request !== undefined) return answerRequest(world, request)
  const reason =
    about.branch === undefined || !state.active.includes(about.branch)
      ? state.rest?.reason
      : state.branches.get(about.branch)?.rest?.reason
  switch (reason) {
    case 'needs_client':
      add([
        inBranch(
          choose(4) === 3
            ? { type: 'tool.failed', call: id, attempt: 1, error: failure(world) }
            : { type: 'tool.returned', call: id, output: { id: choose(3) } },
        ),
      ])
      return true
    case 'needs_input':
      add([
        { type: 'turn.started', turn: state.turn + 1, input: {} },
        inBranch({ type: 'tool.returned', call: id, output: { answer: 'yes' } }),
      ])
      return true
    case 'tool_in_doubt': {
      const error = { code: 'NOT_EXECUTED', message: 'x', executed: false }
      add([
        inBranch(
          choose(2) === 0
            ? { type: 'tool.returned', call: id, output: {} }
            : { type: 'call.failed', call: id, error },
        ),
      ])
      return true
    }
    default:
      return false
  }
}

/** Somebody answers a request that may long be over. */
function answerAnything(world: World): boolean {
  const requests = [...world.state.approvals.keys(), 'apr_forged']
  return answerRequest(world, requests[world.choose(requests.length)] ?? '')
}

function answerRequest({ choose, add }: World, request: string): boolean {
  add(
    Array.from({ length: 1 + choose(2) }, () => ({
      type: 'approval.answered' as const,
      request,
      decision: choose(6) === 5 ? ('deny' as const) : ('approve' as const),
      by: PEOPLE[choose(PEOPLE.length)] ?? '',
      roles: [],
      reason: '',
    })),
  )
  return true
}
