import { withOwnIds } from '../../core/log/call-ids.ts'
import type { EventOf, Failure, GateOutcome } from '../../core/log/event.ts'
import type { Json } from '../../core/spec/json.ts'
import { jsonText, oneLine } from './plain-text.ts'
import type { Screen } from './screen.ts'

const RESULT_LINES = 3
const ARGUMENT_LINES = 6

/** What must be remembered of calls, so that each event says what it is about. */
export interface CallView {
  readonly screen: Screen
  /** Tool and arguments by call id. */
  readonly calls: Map<string, { readonly tool: string; readonly args: Json }>
  readonly callIds: Set<string>
  /** Calls whose failure was shown already. */
  readonly failed: Set<string>
  /** Calls whose end was shown as what became of an artifact. */
  readonly ended: Set<string>
}

/** Forgets the calls of the run before. */
export function forgetCalls(view: CallView): void {
  view.calls.clear()
  view.callIds.clear()
  view.failed.clear()
  view.ended.clear()
}

/** Takes note of the calls of an answer, under their ids in the log. */
export function noteCalls(view: CallView, event: EventOf<'model.answered'>): void {
  for (const part of withOwnIds(event, view.callIds)) {
    if (part.type === 'call') view.calls.set(part.id, { tool: part.tool, args: part.args })
  }
}

/** Takes note of a call of the kernel's own. */
export function noteUndo(view: CallView, { call, tool, args }: EventOf<'undo.called'>): void {
  view.calls.set(call, { tool, args })
}

type CallEvent = EventOf<
  | 'call.judged'
  | 'tool.dispatched'
  | 'tool.returned'
  | 'tool.failed'
  | 'call.failed'
  | 'tool.retried'
  | 'tool.doubted'
>

/** Shows what became of a call. */
export function showCall(view: CallView, event: CallEvent): void {
  const tool = oneLine(view.calls.get(event.call)?.tool ?? event.call)
  switch (event.type) {
    case 'call.judged':
      return showVerdicts(view, event)
    case 'tool.dispatched':
      if (event.attempt > 1) {
        view.screen.entry({ indent: 2, mark: '→', head: tool, body: `attempt ${event.attempt}` })
      }
      return
    case 'tool.returned':
      if (view.ended.has(event.call)) return
      return view.screen.entry({
        indent: 2,
        mark: '←',
        markColor: 'green',
        head: tool,
        headColor: 'dim',
        body: jsonText(event.output),
        bodyColor: 'dim',
        maxLines: RESULT_LINES,
      })
    case 'tool.failed':
      view.failed.add(event.call)
      return showFailure(view.screen, { head: tool, error: event.error })
    case 'call.failed':
      if (view.failed.has(event.call) || view.ended.has(event.call)) return
      return showFailure(view.screen, { head: tool, error: event.error })
    case 'tool.retried':
      return showWait(view.screen, event.delayMs)
    case 'tool.doubted':
      return view.screen.entry({
        indent: 2,
        mark: '?',
        markColor: 'yellow',
        head: 'in doubt:',
        body: oneLine(event.message),
      })
  }
}

/** The call, then each gate that has something to say: a plain pass of `scope` says nothing. */
function showVerdicts(view: CallView, event: EventOf<'call.judged'>): void {
  const call = view.calls.get(event.call)
  view.screen.entry({
    indent: 2,
    mark: '→',
    markColor: 'cyan',
    head: oneLine(event.tool),
    body: jsonText(call?.args ?? {}),
    maxLines: ARGUMENT_LINES,
  })
  const passed = event.gates.filter(({ gate, verdict }) => verdict === 'allow' && gate !== 'scope')
  if (passed.length > 0) {
    const body = passed.map(({ gate }) => oneLine(gate)).join(', ')
    view.screen.entry({ indent: 4, mark: '✓', markColor: 'green', body, bodyColor: 'dim' })
  }
  for (const outcome of event.gates) {
    if (outcome.verdict !== 'allow') showObjection(view, outcome)
  }
}

/** A gate that stands in the way: `✗ once: limited to 1 call`. */
function showObjection(view: CallView, outcome: GateOutcome): void {
  const { gate, verdict, reason } = outcome
  const [mark, color] = verdict === 'refuse' ? (['✗', 'red'] as const) : (['?', 'yellow'] as const)
  view.screen.entry({
    indent: 4,
    mark,
    markColor: color,
    head: `${oneLine(gate)}${verdict === 'refuse' ? '' : ` (${verdict})`}:`,
    headColor: color,
    body: oneLine(reason),
  })
}

/** Shows why something outside failed. */
export function showFailure(
  screen: Screen,
  failure: { readonly head: string; readonly error: Failure },
): void {
  const { code, message } = failure.error
  screen.entry({
    indent: 2,
    mark: '✗',
    markColor: 'red',
    head: failure.head,
    body: oneLine(message.includes(code) ? message : `${code}: ${message}`),
  })
}

/** Shows that it will be tried again. */
export function showWait(screen: Screen, delayMs: number): void {
  const body = `again in ${(delayMs / 1000).toLocaleString('en')} s`
  screen.entry({ indent: 2, mark: '…', body, bodyColor: 'yellow' })
}
