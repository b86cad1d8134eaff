import { textOf } from '../../core/log/call-ids.ts'
import type { EventOf } from '../../core/log/event.ts'
import { noteCalls, showFailure, showWait, type CallView } from './call-lines.ts'
import { characters } from './artifact-words.ts'
import { showDecision } from './chain-lines.ts'
import { wrap } from './flow.ts'
import { oneLine, plainText } from './plain-text.ts'
import { endText, pushText, type TextView } from './streamed-text.ts'

/*
 * What a model was asked and said, and the tokens of a visit. A composer's text is shown as it is
 * written and as what it is; a verifier's report and an envelope are no text, and are shown once they
 * are read.
 */

type Role = 'planner' | 'composer' | 'verifier'

/** Where a text of a planner begins, and one under a line that says whose it is. */
const INDENT = { planner: 2, composer: 4, verifier: 4 } as const

/** What showing model calls needs to remember. */
export interface ModelView extends CallView, TextView {
  /** Of the visit of a step that is under way. */
  usage: { calls: number; input: number; output: number; cached: number }
  /** Who is asked. */
  role: Role
  /** True while what is asked for is no text: a report, or an envelope. */
  quiet: boolean
}

/** Nobody is asked yet. */
export function noRole(): Pick<ModelView, 'role' | 'quiet' | 'textIndent'> {
  return { role: 'planner', quiet: false, textIndent: INDENT.planner }
}

/** Shows a piece of a text that is for people, as it arrives. */
export function streamText(view: ModelView, delta: string): void {
  if (!view.quiet) pushText(view, delta)
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
      return showAsked(view, event)
    case 'model.answered':
      return showAnswer(view, event)
    case 'model.failed':
      return showFailure(view.screen, { head: failedName(view), error: event.error })
    case 'model.retried':
      return showWait(view.screen, event.delayMs)
  }
}

function failedName({ role }: ModelView): string {
  return role === 'planner' ? 'model:' : `${role}:`
}

function showAsked(view: ModelView, event: EventOf<'model.called'>): void {
  const { role = 'planner', native = false, artifact = 'the artifact', closing, attempt } = event
  view.streamed = false
  view.role = role
  view.quiet = native || role === 'verifier'
  view.textIndent = INDENT[role]
  if (closing) {
    view.screen.entry({ indent: 2, mark: '·', body: 'one closing answer', bodyColor: 'dim' })
  }
  if (role !== 'composer') return
  const again = attempt > 1 ? `, attempt ${attempt}` : ''
  view.screen.entry({
    indent: 2,
    mark: '✎',
    markColor: 'cyan',
    head: 'composer',
    headColor: 'dim',
    body: `writing ${oneLine(artifact)}${again} …`,
    bodyColor: 'dim',
  })
}

function showAnswer(view: ModelView, event: EventOf<'model.answered'>): void {
  const { usage } = view
  endText(view)
  noteCalls(view, event)
  usage.calls += 1
  usage.input += event.usage.input
  usage.output += event.usage.output
  usage.cached += event.usage.cached
  const { screen, role } = view
  const whole = textOf(event.parts)
  if (role === 'composer') {
    const body = characters(Array.from(whole).length)
    screen.entry({ indent: 4, mark: '·', markColor: 'dim', body, bodyColor: 'dim' })
  }
  if (role !== 'planner') return
  if (event.decision !== undefined) showDecision(screen, event.decision)
  const text = plainText(whole).trim()
  if (text === '' || view.streamed) return
  for (const line of wrap(text, { columns: screen.columns - 2 })) {
    screen.line(`  ${screen.paint(line, 'dim')}`.trimEnd())
  }
}
