import { isJsonObject, type Json } from '../../spec/json.ts'
import { textOf, withOwnIds } from '../call-ids.ts'
import type { BranchDraft, Site } from './draft.ts'
import { noSpend } from './new-draft.ts'
import type { EventOf } from '../event.ts'
import { nearestItem } from './fold-branch.ts'
import { newCall } from './batch-call.ts'
import { inferDecision } from '../decision.ts'
import { foldDecided, foldRoleAnswered } from './fold-decision.ts'
import { makeCheckpoint, noteWay } from './fold-rewind.ts'
import { giveBackReserve, spend } from './spend.ts'

/*
 * How steps and model calls change the state.
 */

export function foldStepEntered({ draft, branch }: Site, event: EventOf<'step.entered'>): void {
  branch.step = event.step
  branch.visit = event.visit
  branch.visits.set(event.step, event.visit)
  branch.entries.push({ step: event.step, visit: event.visit, seq: event.seq })
  branch.iterations = 0
  branch.sentBack = null
  branch.spend.step = noSpend(draft.activeMs)
  if (event.message !== null) branch.transcript.push({ role: 'user', text: event.message })
  branch.messageSent = true
  if (event.prompt !== null) {
    branch.transcript.push({ role: 'user', text: event.prompt })
    branch.lastPrompt = event.prompt
  }
  branch.where = { at: 'ready' }
}

export function foldModelCalled(site: Site, event: EventOf<'model.called'>): void {
  const { draft, branch } = site
  const { call, attempt, closing, reserved, role = 'planner', tool = null } = event
  giveBackReserve(site)
  draft.modelCalls = Math.max(draft.modelCalls, call)
  const cuts = attempt === 1 ? 0 : (branch.model?.cuts ?? 0)
  const native = event.native === true
  branch.model = { call, attempt, role, native, tool, cuts, closing, reserved: reserved ?? null }
  noteAsked(site, event)
  if (reserved !== undefined) {
    spend(site, { reservedTokens: reserved.tokens, reservedUsd: reserved.usd })
  }
  branch.where = { at: 'model', cut: false }
}

/** Calls are numbered as they are made, so a call's place in the list is its number less one. */
function noteAsked({ draft, branch }: Site, event: EventOf<'model.called'>): void {
  const { call, step, attempt: attempts, role = 'planner' } = event
  const item = nearestItem(draft.branches, branch)
  const noted = { step, role, branch: branch.id, item, attempts, answered: false }
  if (draft.asked[call - 1] === undefined) draft.asked.push(noted)
  else draft.asked[call - 1] = noted
}

export function foldModelFailed(site: Site, event: EventOf<'model.failed'>): void {
  giveBackReserve(site)
  const { usage = null, usd = 0 } = event
  // An answer that cannot be used was paid for all the same.
  if (usage !== null) {
    spend(site, { input: usage.input, output: usage.output, cached: usage.cached, usd })
  }
  site.branch.where = { at: 'model-failed', error: event.error }
}

export function foldAnswered(site: Site, event: EventOf<'model.answered'>): void {
  const { draft, branch } = site
  const closing = branch.model?.closing === true
  giveBackReserve(site)
  const { input, output, cached } = event.usage
  spend(site, { input, output, cached, usd: event.usd ?? 0 })
  const asked = draft.asked[event.call - 1]
  if (asked !== undefined) draft.asked[event.call - 1] = { ...asked, answered: true }
  if (branch.model !== null && branch.model.role !== 'planner') {
    return foldRoleAnswered(branch, branch.model, event)
  }
  branch.measured = { messages: branch.transcript.length, tokens: input }
  if (!closing) branch.iterations++
  const parts = withOwnIds(event, draft.callIds)
  const calls = parts.filter((part) => part.type === 'call')
  branch.transcript.push({ role: 'assistant', parts })
  for (const call of calls) branch.toolsSeen.add(call.tool)
  branch.text = textOf(parts)
  branch.finish = event.finish
  branch.risk = event.risk ?? 'low'
  branch.batch = calls.map((part) => newCall(part))
  branch.batchIndex = new Map(branch.batch.map((call, index) => [call.id, index]))
  branch.settled = 0
  branch.outOfCalls = false
  if (event.malformed === undefined || calls.length > 0) {
    foldDecided(branch, event.decision ?? inferDecision(parts, event.finish))
  } else {
    branch.decision = null
    branch.where = { at: closing ? 'closed' : 'malformed', message: event.malformed }
  }
}

export function foldCriteriaFailed(branch: BranchDraft, event: EventOf<'criteria.failed'>): void {
  branch.transcript.push({ role: 'user', text: event.message })
  branch.sentBack = 'criteria'
  branch.where = { at: 'ready' }
}

export function foldStepCompleted({ branch }: Site, event: EventOf<'step.completed'>): void {
  const output = readOutput(event.text ?? branch.text, event.output)
  branch.output = output
  branch.steps[event.step] = { output }
  branch.where = { at: 'leaving' }
  makeCheckpoint(branch, { name: `${event.step}#${event.visit}`, seq: event.seq })
}

export function foldStepFailed(branch: BranchDraft, event: EventOf<'step.failed'>): void {
  const { step, reason, message } = event
  branch.failures.set(step, (branch.failures.get(step) ?? 0) + 1)
  branch.limit = null
  branch.fan = null
  branch.where = { at: 'failed', reason, message }
}

export function foldTransition(site: Site, event: EventOf<'transition.taken'>): void {
  spend(site, { transitions: 1 })
  noteWay(site.branch, event.to)
  site.branch.where = { at: 'entering', step: event.to }
}

/**
 * A step's final text as conditions read it: `{ text }`, or the members of its JSON (S3.14). The
 * list of an `each` step is read as it is.
 */
export function readOutput(text: string, as: 'text' | 'json' | 'list'): Json {
  if (as === 'text') return { text }
  const value: Json = JSON.parse(text)
  return as === 'list' || isJsonObject(value) ? value : { value }
}

export function foldModelRetried(branch: BranchDraft, event: EventOf<'model.retried'>): void {
  const { at, delayMs } = event
  branch.where = { at: 'model-wait', delayMs, dueAt: at + delayMs }
}

export function foldLimit(branch: BranchDraft, event: EventOf<'limit.reached'>): void {
  const { reason, limit, message } = event
  branch.limit = { reason, limit, message }
  branch.transcript.push({ role: 'user', text: message })
  branch.where = { at: 'closing' }
}
