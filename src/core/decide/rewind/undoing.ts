import type { Entry, EventBody } from '../../log/event.ts'
import type { BatchCall } from '../../log/call.ts'
import { focus, type Rewind, type State } from '../../log/state.ts'
import type { Plan } from '../../spec/plan.ts'
import { decideBatch } from '../batch.ts'
import { planOf } from '../branch-plan.ts'
import { transitionsSpent } from '../budget/budget.ts'
import type { Effect } from '../effect.ts'
import { record, rest, type Move } from '../move.ts'
import { isOwnWish, nextWrite } from './rewind.ts'
import { outcomeInWords } from './rewind-words.ts'
import { findWrite, type Write } from './writes-since.ts'

/*
 * Taking back what lies behind a checkpoint, the newest write first. Each undo is a call of the
 * kernel's own through the one door: judged, recorded, retried as its tool says, in doubt where its
 * driver died (Laws 1 and 11). The first that does not succeed ends it.
 */

/** The next move of a branch that is going back: another undo, the place it goes back to, or a stop. */
export function decideUndoing(plan: Plan, state: State): Move {
  const { rewind } = state
  if (rewind === null || rewind.branch !== state.branch.id) {
    return rest('fail_safe', 'a way back that nobody asked for')
  }
  const next = nextWrite(rewind)
  if (next === undefined) return arrive(plan, state, rewind)
  const root = rootOf(plan)
  const write = findWrite(root, state, next.call)
  if (write === null || !write.undo.ok) {
    const why = write === null || write.undo.ok ? 'it does not stand any more' : write.undo.why
    return stop(rewind, `${next.tool} cannot be taken back now: ${why}`)
  }
  const call = write.branch.batch.find(({ undoes }) => undoes === write.call)
  if (call === undefined) {
    const { tool, args } = write.undo
    const id = state.undos.get(write.call) ?? freeId(state, write.call)
    const called: EventBody = { type: 'undo.called', call: id, of: write.call, tool, args }
    return inWriteBranch(record(called), { write, rewind })
  }
  return follow(root, state, { rewind, write, call })
}

function rootOf(plan: Plan): Plan {
  return plan.outer === null ? plan : rootOf(plan.outer)
}

function freeId(state: State, of: string): string {
  let id = `undo_${of}`
  while (state.callIds.has(id)) id = `${id}_`
  return id
}

interface Undoing {
  readonly rewind: Rewind
  readonly write: Write
  readonly call: BatchCall
}

function follow(root: Plan, state: State, on: Undoing): Move {
  const { rewind, write, call } = on
  const plan = planOf(root, state, write.branch)
  // The scope of a step does not bind the kernel's own calls; it is named in what a refusal says.
  const step = plan.steps.get(write.branch.step ?? '') ?? plan.steps.get(plan.start)
  if (step === undefined) return stop(rewind, `the workflow has no step ${write.branch.step ?? ''}`)
  const move = decideBatch(plan, focus(state, write.branch.id), step)
  if (move !== null) return inWriteBranch(move, on)
  const error = call.result?.ok === false ? call.result.error : null
  const why = error === null ? 'it gave no result' : `${error.code}: ${error.message}`
  return stop(rewind, `${call.tool} did not take ${write.tool} back: ${why}`)
}

/** What is said of a write of a sub-run belongs there; that the run waits for it, to who goes back. */
function inWriteBranch(move: Move, on: Pick<Undoing, 'write' | 'rewind'>): Move {
  const { id } = on.write.branch
  if (id === on.rewind.branch) return move
  switch (move.type) {
    case 'record':
      return record(
        ...move.events.map((event): Entry => {
          if (event.type !== 'run.rested') return { ...event, branch: id }
          return {
            ...event,
            pending: (event.pending ?? []).map((each) => ({ ...each, branch: id })),
          }
        }),
      )
    case 'perform':
      return {
        type: 'perform',
        effects: move.effects.map((effect): Effect => ({ ...effect, branch: id })),
      }
    case 'rest':
      return move
  }
}

/** Everything is taken back: the branch stands at its checkpoint, and goes on. */
function arrive(plan: Plan, state: State, rewind: Rewind): Move {
  const { to, undo, undone, keep, before } = rewind
  const rewound: EventBody = {
    type: 'run.rewound',
    to,
    position: rewind.position ?? 0,
    undone: undo.slice(0, undone).map(({ call }) => call),
    kept: keep.map(({ call }) => call),
  }
  if (!isOwnWish(rewind) || before.where.at !== 'failed') return record(rewound)
  const { reason, message: why } = before.where
  const name = state.branch.step ?? ''
  // The error's words may be a tool's: quoted, they stay data (Law 16).
  const message = `Step ${name} failed (${reason}): ${JSON.stringify(why)}. What it did since ${to} is undone: ${outcomeInWords(rewind)}.`
  const told = { ...rewound, message }
  const fail = plan.steps.get(name)?.fail
  const step = fail?.type === 'rewind' ? fail.step : null
  if (step === null || transitionsSpent(plan, state) !== null) return record(told)
  return record(told, { type: 'transition.taken', from: name, to: step, rule: null, when: null })
}

/** An undo that does not succeed ends the way back: the run rests and says what stands. */
function stop(rewind: Rewind, reason: string): Move {
  const { to, branch } = rewind
  const message = `could not go back to ${to}: ${reason}; ${outcomeInWords(rewind)}`
  const refused: Entry = { type: 'rewind.refused', to, reason }
  const rested: EventBody = { type: 'run.rested', reason: 'tool_failed', message }
  // A person's wish rests the run; a step's own ends its sub-run.
  return record(refused, isOwnWish(rewind) || branch === '' ? rested : { ...rested, branch: '' })
}
