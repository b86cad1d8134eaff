import { isJsonObject, type Json, type JsonObject } from '../spec/json.ts'
import { textOf, withOwnIds } from './call-ids.ts'
import type { CallDraft, StateDraft } from './draft.ts'
import type { AnswerPart, EventOf } from './event.ts'

/*
 * How steps and model calls change the state.
 */

export function foldStepEntered(draft: StateDraft, event: EventOf<'step.entered'>): void {
  const { branch } = draft
  branch.step = event.step
  branch.visit = event.visit
  branch.visits.set(event.step, event.visit)
  branch.iterations = 0
  branch.sentBack = null
  if (event.message !== null) branch.transcript.push({ role: 'user', text: event.message })
  draft.messageSent = true
  if (event.prompt !== null) {
    branch.transcript.push({ role: 'user', text: event.prompt })
    branch.lastPrompt = event.prompt
  }
  branch.where = { at: 'ready' }
}

export function foldModelCalled(draft: StateDraft, event: EventOf<'model.called'>): void {
  const { call, attempt, closing } = event
  draft.modelCalls = call
  const cuts = attempt === 1 ? 0 : (draft.branch.model?.cuts ?? 0)
  draft.branch.model = { call, attempt, cuts, closing }
  draft.branch.where = { at: 'model', cut: false }
}

export function foldAnswered(draft: StateDraft, event: EventOf<'model.answered'>): void {
  const { branch } = draft
  const closing = branch.model?.closing === true
  draft.usage = {
    input: draft.usage.input + event.usage.input,
    output: draft.usage.output + event.usage.output,
    cached: draft.usage.cached + event.usage.cached,
  }
  draft.answered.push({ step: branch.step ?? '', role: 'planner' })
  if (!closing) branch.iterations++
  const parts = withOwnIds(event, draft.callIds)
  const calls = parts.filter((part) => part.type === 'call')
  branch.transcript.push({ role: 'assistant', parts })
  for (const call of calls) branch.toolsSeen.add(call.tool)
  branch.text = textOf(parts)
  branch.finish = event.finish
  branch.batch = calls.map((part) => newCall(part))
  branch.batchIndex = new Map(branch.batch.map((call, index) => [call.id, index]))
  branch.settled = 0
  branch.outOfCalls = false
  if (calls.length > 0) branch.where = { at: 'batch' }
  else branch.where = { at: closing ? 'closed' : 'text' }
}

function newCall(part: Extract<AnswerPart, { type: 'call' }>): CallDraft {
  return {
    id: part.id,
    tool: part.tool,
    args: part.args,
    status: 'waiting',
    attempt: 0,
    cut: false,
    cuts: 0,
    delayMs: 0,
    result: null,
    failure: null,
    held: null,
    reservations: [],
  }
}

export function foldCriteriaFailed(draft: StateDraft, event: EventOf<'criteria.failed'>): void {
  draft.branch.transcript.push({ role: 'user', text: event.message })
  draft.branch.sentBack = 'criteria'
  draft.branch.where = { at: 'ready' }
}

export function foldStepCompleted(draft: StateDraft, event: EventOf<'step.completed'>): void {
  const { branch } = draft
  const output = readOutput(event.text ?? branch.text, event.output)
  branch.output = output
  branch.steps[event.step] = { output }
  branch.where = { at: 'leaving' }
}

/** A step's final text as conditions read it: `{ text }`, or the members of its JSON (S3.14). */
export function readOutput(text: string, as: 'text' | 'json'): JsonObject {
  if (as === 'text') return { text }
  const value: Json = JSON.parse(text)
  return isJsonObject(value) ? value : { value }
}
