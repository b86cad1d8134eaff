import { createFold } from '../../src/core/log/fold/fold.ts'
import type { State } from '../../src/core/log/state.ts'
import { edited, plan } from './plan.ts'
import { createWorld, playOn, startOf, type Claims, type RandomPlay, type World } from './play.ts'

/*
 * A run and copies of it, made at any time that a copy may be made, each going on for a while before
 * another does; their definition is edited under them. They share places, and nothing else.
 */

/** Plays until the numbers are used up; the same numbers give the same plays. */
export function playFamily(numbers: readonly number[]): readonly RandomPlay[] {
  let read = 0
  const choose = (choices: number): number => (numbers[read++] ?? 0) % choices
  const isOver = (): boolean => read >= numbers.length
  const claims: Claims = new Map()
  const worlds = [createWorld(choose, { plan, claims, events: startOf(plan) })]
  while (!isOver()) {
    const world = worlds[choose(worlds.length)]
    if (world === undefined) break
    // Another driver takes it up, where the last one died.
    world.underWay.clear()
    const goesOn = world.events.length > 2 && world.state.rest === null
    if (goesOn) world.add([{ type: 'run.resumed' }])
    playOn(world, { moves: 5 + choose(60), isOver })
    const copy = worlds.length < 4 && choose(2) === 0 ? forkOf(world, worlds.length) : null
    if (copy !== null) worlds.push(copy)
    if (choose(4) === 0) adopt(world)
  }
  return worlds.map(({ events, state, deeds, wrongs }) => ({ events, state, deeds, wrongs }))
}

/** A copy at the end of the log or at a checkpoint, as forkRun makes it; null where it may not. */
function forkOf(world: World, count: number): World | null {
  const { state, claims, choose, events } = world
  const places = state.branch.checkpoints.map(({ seq }) => seq)
  const ends = state.rest === null ? places : [...places, state.seq, state.seq]
  const position = ends[choose(Math.max(1, ends.length))]
  if (position === undefined) return null
  const prefix = events.slice(0, position)
  const then = createFold(plan.histories)
  for (const event of prefix) then.add(event)
  if (isUnderWay(then.state)) return null
  if (state.family === null) claimAll(world)
  const [run, family] = [`copy${count}`, state.family ?? state.run]
  world.add([{ type: 'fork.made', run, position }])
  const forked = { type: 'run.forked', run, from: state.run, position, family, by: null } as const
  const copy = createWorld(choose, { plan, claims, events: [...prefix, forked] })
  copy.plan = copy.state.digest === edited.digest ? edited : plan
  return copy
}

function isUnderWay({ active, branches, branch }: State): boolean {
  const calls = active.flatMap((id) => branches.get(id)?.batch ?? [])
  const open = calls.filter(({ attempt, status }) => attempt > 0 && status !== 'settled')
  return branch.where.at === 'undoing' || open.some(({ tool }) => tool !== 'request_input')
}

function claimAll({ state, claims }: World): void {
  for (const [id, held] of state.places) {
    for (const { gate, key } of held) {
      const name = JSON.stringify([gate, key])
      claims.set(name, (claims.get(name) ?? new Set()).add(`${state.run}/${id}`))
    }
  }
}

/** The run goes by the other definition from now on, where no sub-run is under way. */
function adopt(world: World): void {
  const { state, add } = world
  if (state.active.length > 1 || state.rest === null) return
  const to = state.digest === plan.digest ? edited : plan
  add([
    {
      type: 'definition.adopted',
      from: state.digest,
      to: to.digest,
      differing: ['work'],
      by: 'ana',
    },
  ])
  world.plan = to
}
