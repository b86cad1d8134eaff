import { inBranch } from '../../log/in-branch.ts'
import { argumentsHash } from '../../log/confirmation.ts'
import type { Branch, Checkpoint } from '../../log/branch.ts'
import type { WriteNamed } from '../../log/event-branch.ts'
import type { Entry, EventBody, Pending } from '../../log/event.ts'
import type { ApprovalRequest } from '../../log/event-person.ts'
import type { Approval, Rewind, State } from '../../log/state.ts'
import { legalNames } from '../../spec/issue.ts'
import type { Json } from '../../spec/json.ts'
import type { Plan, PlanStep } from '../../spec/plan.ts'
import { approvalRequest } from '../approval/approval-request.ts'
import { askPerson } from '../approval/ask-person.ts'
import { planOf } from '../branch-plan.ts'
import { record, type Move } from '../move.ts'
import { namedInWords } from './rewind-words.ts'
import { isWithin, named, writesSince } from './writes-since.ts'

/*
 * A wish to go back to a checkpoint (S1.13, S2.14): whether it can be done is said before anything
 * happens. Writes that cannot be taken back are named, and a person accepts that they stand; then
 * undoing.ts takes back the others.
 */

/** The newest checkpoint of a name; the bare name of a step means its newest visit. */
export function findCheckpoint(branch: Branch, name: string): Checkpoint | undefined {
  return branch.checkpoints.findLast(
    (each) => each.name === name || (each.step === name && each.name === `${name}#${each.visit}`),
  )
}

/** The events that name the place after a step, where its author gave one a name (S1.12). */
export function checkpointAfter(step: PlanStep): readonly EventBody[] {
  return step.checkpoint === null ? [] : [{ type: 'checkpoint.made', name: step.checkpoint }]
}

interface Wish {
  readonly rewind: Rewind
  readonly branch: Branch
  /** The plan of the branch that goes back. */
  readonly own: Plan
}

/**
 * Looks at a wish to go back that has not begun: refuses it, asks a person, or begins. Null when
 * there is none, or while it waits for an answer.
 */
export function decideRewind(plan: Plan, state: State): Move | null {
  const { rewind } = state
  if (rewind === null || rewind.position !== null || state.cancelRequested) return null
  const branch = state.branches.get(rewind.branch)
  if (branch === undefined || !state.active.includes(branch.id)) {
    return refuse(state, rewind, 'the sub-run that was to go back has ended')
  }
  if (plan.digest !== state.digest) {
    return refuse(state, rewind, 'the workflow was changed since the run began')
  }
  const checkpoint = findCheckpoint(branch, rewind.to)
  if (checkpoint === undefined) {
    const legal = [...new Set(branch.checkpoints.map(({ name }) => name))]
    const known = legalNames(rewind.to, legal)
    return refuse(state, rewind, `there is no checkpoint ${JSON.stringify(rewind.to)}; ${known}`)
  }
  const writes = writesSince(plan, state, { branch, position: checkpoint.seq })
  const keep = writes.filter(({ undo }) => !undo.ok).map(named)
  const undo = writes.filter((write) => write.undo.ok).map(named)
  const wish: Wish = { rewind, branch, own: planOf(plan, state, branch) }
  const begin = { to: rewind.to, position: checkpoint.seq, undo, keep }
  return keep.length === 0 ? start(wish, begin) : underApproval(state, wish, begin)
}

type Begin = Omit<Extract<EventBody, { type: 'rewind.started' }>, 'type'>

function start({ branch }: Wish, begin: Begin): Move {
  return record(inBranch({ type: 'rewind.started', ...begin }, branch.id))
}

/** What cannot be taken back is named to a person first; only their yes lets it stand. */
function underApproval(state: State, wish: Wish, begin: Begin): Move | null {
  const { rewind, branch } = wish
  const before = rewind.request === null ? undefined : state.approvals.get(rewind.request)
  switch (before?.status) {
    case undefined:
      return ask(state, wish, { begin, before })
    case 'granted': {
      // Granted is what was named then; should more stand in the way by now, it is asked again.
      const { hash, id } = before.request
      const same = hash === argumentsHash(argumentsOf(begin))
      return same ? start(wish, { ...begin, grant: id }) : ask(state, wish, { begin, before })
    }
    case 'denied':
      return refuse(state, rewind, 'a person denied it; nothing was taken back')
    case 'open':
    case 'expired':
    case 'void':
    case 'used': {
      // A person's wish holds the whole run, whatever the branch itself waits for.
      const rests = state.rest !== null || (isOwnWish(rewind) && branch.rest !== null)
      return rests ? null : ask(state, wish, { begin, before })
    }
  }
}

function argumentsOf({ to, position, undo, keep }: Begin): Json {
  return { to, position, take_back: undo.map(plain), cannot_undo: keep.map(plain) }
}

function plain({ call, tool, args, why }: WriteNamed): Json {
  return { call, tool, args, ...(why === undefined ? {} : { why }) }
}

function ask(
  state: State,
  wish: Wish,
  on: { readonly begin: Begin; readonly before: Approval | undefined },
): Move {
  const { begin, before } = on
  const asking = {
    call: '',
    tool: 'rewind',
    args: argumentsOf(begin),
    asked: [{ gate: 'rewind', rules: [] }],
    about: aboutRewind(begin),
    undo: null,
    approvals: [wish.own.approval],
    confirm: false,
  }
  return askPerson(state, {
    branch: wish.branch.id,
    before,
    request: () => approvalRequest(state, asking),
    rest: (request) => waits(wish, request, begin),
  })
}

function aboutRewind({ to, undo, keep }: Begin): string {
  const back = undo.length === 0 ? 'Nothing is taken back' : `Taken back: ${namedInWords(undo)}`
  return `Go back to ${to}. ${back}. Cannot be taken back, and will stand: ${namedInWords(keep)}.`
}

function waits(wish: Wish, request: ApprovalRequest, begin: Begin): Entry {
  const { rewind, branch } = wish
  const pending: Pending = {
    call: '',
    tool: 'rewind',
    args: request.args,
    gate: 'rewind',
    request: request.id,
  }
  const rest: EventBody = {
    type: 'run.rested',
    reason: 'needs_approval',
    message: `going back to ${begin.to} cannot take everything back: ${namedInWords(begin.keep)}`,
    pending: [branch.id === '' ? pending : { ...pending, branch: branch.id }],
  }
  return isOwnWish(rewind) ? inBranch(rest, branch.id) : rest
}

/** True for a step's own way back: then only its branch rests, and for the step's reason. */
export function isOwnWish({ before }: Rewind): boolean {
  return before.rest === null && before.where.at === 'failed'
}

/** Says no, in the ledger too; the run rests as it did, or for why its step failed. */
function refuse(state: State, rewind: Rewind, reason: string): Move {
  const { to, before } = rewind
  const refusal: Entry = { type: 'rewind.refused', to, reason }
  const refused = inBranch(refusal, rewind.branch)
  if (isOwnWish(rewind) && before.where.at === 'failed') {
    const { reason: why, message } = before.where
    const full = `${message} (and the step could not go back to ${to}: ${reason})`
    const rest: EventBody = { type: 'run.rested', reason: why, message: full }
    return record(refused, inBranch(rest, rewind.branch))
  }
  const { rest } = before
  const same = rest?.reason === state.rest?.reason && rest?.message === state.rest?.message
  return rest === null || same ? record(refused) : record(refused, { type: 'run.rested', ...rest })
}

/** True for a sub-run that has to wait because what it belongs to is going back. */
export function isSuspended(state: State, branch: Branch): boolean {
  const { rewind } = state
  if (rewind === null || rewind.position === null || branch.id === rewind.branch) return false
  const top = state.branches.get(rewind.branch)
  return top !== undefined && isWithin(state, branch, top)
}

/** What is to be taken back and was not yet, the newest first. */
export function nextWrite(rewind: Rewind): WriteNamed | undefined {
  return rewind.undo[rewind.undone]
}
