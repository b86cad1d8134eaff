import { textOf } from '../../core/log/call-ids.ts'
import type { EventOf } from '../../core/log/event.ts'
import { noteCalls, showFailure, showWait, type CallView } from './call-lines.ts'
import { wrap } from './flow.ts'
import { plainText } from './plain-text.ts'
import { endText, type TextView } from './streamed-text.ts'

/*
 * What a model was asked and said, and the tokens of a visit.
 */

/** What showing model calls needs to remember. */
export interface ModelView extends CallView, TextView {
  /** Of the visit of a step that is under way. */
  usage: { calls: number; input: number; output: number; cached: number }
}

/** Nothing spent yet in a visit. */
export function noUsage(): ModelView['usage'] {
  return { calls: 0, input: 0, output: 0, cached: 0 }
}

/** Tokens of the visit so far; says nothing twice. */
export function showUsage(view: ModelView): void {
  const { calls, input, output, cached } = view.usage
  if (calls === 0) return
  view.usage = noUsage()
  const fromCache = cached === 0 ? '' : ` (${cached.toLocaleString('en')} cached)`
  view.screen.entry({
    indent: 2,
    mark: '·',
    markColor: 'dim',
    body: `${input.toLocaleString('en')} tokens in${fromCache}, ${output.toLocaleString('en')} out, ${calls} model ${calls === 1 ? 'call' : 'calls'}`,
    bodyColor: 'dim',
  })
}

type ModelEvent = EventOf<'model.called' | 'model.answered' | 'model.failed' | 'model.retried'>

/** Shows what became of a model call; a text that was streamed is not said twice. */
export function showModel(view: ModelView, event: ModelEvent): void {
  switch (event.type) {
    case 'model.called':
      view.streamed = false
      if (event.closing) {
        view.screen.entry({ indent: 2, mark: '·', body: 'one closing answer', bodyColor: 'dim' })
      }
      return
    case 'model.answered':
      return showAnswer(view, event)
    case 'model.failed':
      return showFailure(view.screen, { head: 'model:', error: event.error })
    case 'model.retried':
      return showWait(view.screen, event.delayMs)
  }
}

function showAnswer(view: ModelView, event: EventOf<'model.answered'>): void {
  const { usage } = view
  endText(view)
  noteCalls(view, event)
  usage.calls += 1
  usage.input += event.usage.input
  usage.output += event.usage.output
  usage.cached += event.usage.cached
  const text = plainText(textOf(event.parts)).trim()
  if (text === '' || view.streamed) return
  const { screen } = view
  for (const line of wrap(text, { columns: screen.columns - 2 })) {
    screen.line(`  ${screen.paint(line, 'dim')}`.trimEnd())
  }
}
