import { textOf, withOwnIds } from '../../core/log/call-ids.ts'
import type { Event, EventOf, Failure, FinishReason, Usage } from '../../core/log/event.ts'

/*
 * What one request added to a run: the events from its first word to the rest that follows, read as
 * the one message that a chat client is given.
 */

/** What was said and spent since the request came. */
export interface Turn {
  /** What the last step's answers said, without those that were sent back. */
  readonly text: string
  /** How the last answer of the planner ended; null while there is none. */
  readonly finish: FinishReason | null
  /** The last answer that did not fit its schema, where the provider cut it short. */
  readonly cut: string | null
  readonly usage: Usage
  /** The last failure of a model call, until one was answered. */
  readonly failure: Failure | null
  /** True once a tool of the server may have changed something. */
  readonly acted: boolean
}

export interface TurnReader {
  read(events: readonly Event[]): void
  turn(): Turn
}

/** Stands between the texts of two answers of one step. */
export const BETWEEN = '\n\n'

/** Reads events as they come; O(1) for each. */
export function createTurnReader(): TurnReader {
  let texts: string[] = []
  let finish: FinishReason | null = null
  let usage: Usage = { input: 0, output: 0, cached: 0 }
  let failure: Failure | null = null
  let acted = false
  let cut: string | null = null
  const aside = new Set<number>()
  const hear = (event: EventOf<'model.answered'>): void => {
    usage = plus(usage, event.usage)
    failure = null
    if (event.branch !== undefined || aside.has(event.call)) return
    finish = event.finish
    const text = textOf(withOwnIds(event, new Set()))
    if (text !== '') texts.push(text)
  }
  const readOne = (event: Event): void => {
    switch (event.type) {
      case 'model.called':
        if (event.role !== undefined) aside.add(event.call)
        return
      case 'model.answered':
        return hear(event)
      case 'model.failed':
        failure = event.error
        return
      case 'tool.dispatched':
        acted = true
        return
      case 'output.rejected':
        if (event.branch === undefined) cut = finish === 'length' ? texts.join(BETWEEN) : null
        if (event.branch === undefined) texts = []
        return
      case 'step.entered':
      case 'criteria.failed':
        if (event.branch === undefined) texts = []
        return
      case 'step.completed':
        if (event.branch === undefined && event.text !== undefined) texts = [event.text]
        return
      default:
    }
  }
  return {
    read(events) {
      for (const event of events) readOne(event)
    },
    turn: () => ({ text: texts.join(BETWEEN), finish, cut, usage, failure, acted }),
  }
}

function plus(sum: Usage, more: Usage): Usage {
  return {
    input: sum.input + more.input,
    output: sum.output + more.output,
    cached: sum.cached + more.cached,
  }
}
