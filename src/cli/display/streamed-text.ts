import { createFlow, type Flow } from './flow.ts'
import type { Screen } from './screen.ts'

/** A model's text while it is being written, on a terminal. */
export interface TextView {
  readonly screen: Screen
  flow: Flow | null
  wrapped: string
  /** True once a piece of the answer under way was shown. */
  streamed: boolean
  /** How far a text is set in: one that belongs to a line above it stands under that. */
  textIndent: number
}

/** Shows one more piece. */
export function pushText(view: TextView, delta: string): void {
  view.flow ??= beginText(view)
  view.flow.push(delta)
  writeText(view)
}

/** Ends what was begun, so that something else may be shown. */
export function endText(view: TextView): void {
  if (view.flow === null) return
  view.flow.end()
  writeText(view)
  view.flow = null
  view.screen.line()
}

function beginText(view: TextView): Flow {
  const { screen, textIndent: indent } = view
  view.streamed = true
  screen.write(' '.repeat(indent))
  const write = (text: string): void => void (view.wrapped += text)
  return createFlow({ write, columns: () => screen.columns, indent, column: indent })
}

/** What was wrapped since the last time, in one write. */
function writeText(view: TextView): void {
  view.screen.write(view.screen.paint(view.wrapped, 'dim'))
  view.wrapped = ''
}
