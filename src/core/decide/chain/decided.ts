import { inferDecision } from '../../log/decision.ts'
import type { State } from '../../log/state.ts'
import { record, rest, type Move } from '../move.ts'

/*
 * Envelopes that cannot be read, or that say that the model cannot go on (S4.14, S4.15).
 */

/**
 * An answer that is no envelope is sent back once; then an envelope is made from the message; where
 * the message is none either, the run rests `fail_safe`.
 */
export function decideMalformed(state: State, why: string): Move {
  const { model, repaired, transcript, finish } = state.branch
  const call = model?.call ?? 1
  if (!repaired) {
    const message = `${why} Answer with one JSON object that fits the schema, and nothing else.`
    return record({ type: 'decision.rejected', call, message })
  }
  const last = transcript.at(-1)
  const parts = last?.role === 'assistant' ? last.parts : []
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const called = parts.some((part) => part.type === 'call')
  // Broken JSON is no answer to anybody.
  const readable = called || (text.trim() !== '' && !/^\s*(?:[[{]|```)/.test(text))
  if (!readable) return rest('fail_safe', `${why} It was asked again, and its answer says nothing.`)
  return record({
    type: 'decision.inferred',
    call,
    decision: inferDecision(parts, finish === 'content-filter' ? finish : 'stop'),
  })
}

/** In the model's own words, where it has any. */
export function failSafeMessage({ branch }: State): string {
  return branch.text.trim() === '' ? 'the model cannot go on' : branch.text
}
