import type { Event, EventOf } from '../../core/log/event.ts'
import { isJsonObject, type Json } from '../../core/spec/json.ts'
import { showPerson } from './approval-lines.ts'
import { branchScreen, showBranch } from './branch-lines.ts'
import { forgetCalls, noteCalls, noteUndo, showCall, type CallView } from './call-lines.ts'
import { noRole, noUsage, showModel, showUsage, streamText, type ModelView } from './model-lines.ts'
import { showChain } from './chain-lines.ts'
import { showApplied } from './guideline-lines.ts'
import { showMemory } from './memory-lines.ts'
import { jsonText, oneLine, plainText } from './plain-text.ts'
import { showRewind, type RewindEvent } from './rewind-lines.ts'
import type { Entry, Screen } from './screen.ts'
import { endText } from './streamed-text.ts'

/*
 * A run as it happens: committed events and pieces of text in, lines out. It reads the log alone, so
 * that it shows the same for a run that is watched and for one that is gone through again.
 */

export interface Progress {
  /** Takes note of what happened before, without showing it. */
  recall(event: Event): void
  /** Shows an event; in the order of the log. */
  show(event: Event): void
  /**
   * Shows a piece of a model's text as it arrives; only a terminal shows it before it is whole. Texts
   * of sub-runs would run into each other: they are shown once they are whole.
   */
  text(delta: string, branch?: string): void
  /** Says something in between. */
  note(message: string): void
}

const INPUT_LINES = 6

type View = CallView & ModelView

/** Shows runs on a screen, one at a time. */
export function showProgress(screen: Screen): Progress {
  const view: View = {
    screen,
    calls: new Map(),
    callIds: new Set(),
    flow: null,
    wrapped: '',
    streamed: false,
    usage: noUsage(),
    failed: new Set(),
    ended: new Set(),
    ...noRole(),
  }
  const views = new Map<string, View>()
  const viewOf = ({ branch }: Event): View => {
    if (branch === undefined) return view
    const known = views.get(branch)
    if (known !== undefined) return known
    const own: View = {
      ...view,
      screen: branchScreen(screen, branch),
      usage: noUsage(),
      flow: null,
      ...noRole(),
    }
    views.set(branch, own)
    return own
  }
  return {
    recall: (event) => {
      if (event.type === 'run.started') forgetCalls(view)
      if (event.type === 'model.answered') noteCalls(view, event)
      if (event.type === 'undo.called') noteUndo(view, event)
    },
    show: (event) => {
      if (event.type === 'run.started') {
        forgetCalls(view)
        views.clear()
      }
      if (event.type !== 'model.answered' || event.branch !== undefined) endText(view)
      showEvent(viewOf(event), event)
    },
    text: (delta, branch) => {
      if (!screen.live || branch !== undefined) return
      streamText(view, delta)
    },
    note: (message) => {
      endText(view)
      screen.entry({ indent: 0, mark: '·', body: message, bodyColor: 'yellow' })
    },
  }
}

function showEvent(view: View, event: Event): void {
  switch (event.type) {
    case 'run.started':
      return showStart(view, event)
    case 'turn.started':
    case 'input.answered':
      return showMessage(view, event)
    case 'run.resumed':
      return showEntry(view, { indent: 0, mark: '▶', markColor: 'cyan', body: 'goes on' })
    case 'cancel.requested':
      return showEntry(view, {
        indent: 0,
        mark: '■',
        markColor: 'yellow',
        body: 'cancel requested',
      })
    case 'step.entered':
      view.usage = noUsage()
      return showStep(view, event)
    case 'step.completed':
      return showUsage(view)
    case 'transition.taken':
      return showTransition(view, event)
    case 'limit.reached':
    case 'output.rejected':
    case 'criteria.failed':
      return showSetback(view, event)
    case 'run.rested':
    case 'branch.started':
    case 'items.listed':
    case 'items.joined':
      showUsage(view)
      return void showBranch(view.screen, event)
    case 'handoff.filled':
    case 'handoff.delivered':
    case 'handoff.failed':
      return showHandoff(view, event)
    case 'model.called':
    case 'model.answered':
    case 'model.failed':
    case 'model.retried':
      return showModel(view, event)
    case 'call.judged':
    case 'tool.dispatched':
    case 'tool.returned':
    case 'tool.failed':
    case 'call.failed':
    case 'tool.retried':
    case 'tool.doubted':
      return showCall(view, event)
    default:
      return showOther(view, event)
  }
}

type OtherEvent =
  | Parameters<typeof showPerson>[1]
  | RewindEvent
  | Parameters<typeof showMemory>[1]
  | Exclude<Parameters<typeof showChain>[1], { readonly type: 'input.answered' }>

/** What people say, what goes back or branches, and what becomes of decisions, slots and artifacts. */
function showOther(view: View, event: OtherEvent): void {
  switch (event.type) {
    case 'step.failed':
    case 'checkpoint.made':
    case 'rewind.requested':
    case 'rewind.refused':
    case 'rewind.started':
    case 'undo.called':
    case 'run.rewound':
    case 'run.forked':
    case 'fork.made':
    case 'definition.adopted':
      if (event.type === 'undo.called') noteUndo(view, event)
      return showRewind(view.screen, event)
    case 'decision.rejected':
    case 'decision.inferred':
    case 'confidence.doubted':
    case 'slots.filled':
    case 'slots.rejected':
    case 'call.resolved':
    case 'artifact.rejected':
    case 'artifact.stored':
    case 'artifact.verified':
      return showChain(view, event)
    case 'memory.recalled':
    case 'memory.kept':
    case 'memory.failed':
      return showMemory(view.screen, event)
    default:
      return showPerson(view.screen, event)
  }
}

function showEntry(view: View, entry: Entry): void {
  view.screen.entry(entry)
}

function showStart(view: View, event: EventOf<'run.started'>): void {
  showEntry(view, {
    indent: 0,
    mark: '▶',
    markColor: 'cyan',
    head: oneLine(event.workflow),
    headColor: 'bold',
    body: oneLine(event.run),
    bodyColor: 'dim',
  })
  showEntry(view, {
    indent: 2,
    mark: 'input',
    markColor: 'dim',
    body: jsonText(event.input),
    maxLines: INPUT_LINES,
  })
  if (event.guidelines !== undefined) showApplied(view.screen, event.guidelines)
}

function showMessage(view: View, event: EventOf<'turn.started' | 'input.answered'>): void {
  const input: Json = event.input
  // The first turn's is shown with the start; an answer to slots follows its turn on its own.
  const isShown = event.type === 'input.answered' || event.turn > 1
  if (!isShown || (isJsonObject(input) && Object.keys(input).length === 0)) return
  const message = isJsonObject(input) ? input['message'] : input
  showEntry(view, {
    indent: 0,
    mark: '❯',
    markColor: 'cyan',
    body: typeof message === 'string' ? plainText(message) : jsonText(input),
  })
}

function showStep(view: View, event: EventOf<'step.entered'>): void {
  view.screen.line()
  showEntry(view, {
    indent: 0,
    mark: '●',
    markColor: 'cyan',
    head: oneLine(event.step),
    headColor: 'bold',
    ...(event.visit > 1 ? { body: `visit ${event.visit}`, bodyColor: 'dim' } : {}),
  })
}

function showTransition(view: View, event: EventOf<'transition.taken'>): void {
  showEntry(view, {
    indent: 2,
    mark: '↳',
    markColor: 'cyan',
    head: oneLine(event.to),
    ...(event.when === null ? {} : { body: `when ${oneLine(event.when)}`, bodyColor: 'dim' }),
  })
}

function showSetback(
  view: View,
  event: EventOf<'limit.reached' | 'output.rejected' | 'criteria.failed'>,
): void {
  const [head, body] =
    event.type === 'limit.reached'
      ? ['limit:', `${event.allowed} ${event.limit}${perSpan(event)} (${event.reason})`]
      : event.type === 'output.rejected'
        ? ['output:', event.message]
        : ['not done yet:', event.failed.join('; ')]
  showEntry(view, { indent: 2, mark: '✗', markColor: 'red', head, body: oneLine(body) })
}

function perSpan({ span }: EventOf<'limit.reached'>): string {
  return span === undefined ? '' : ` per ${span}`
}

function showHandoff(
  view: View,
  event: EventOf<'handoff.filled' | 'handoff.delivered' | 'handoff.failed'>,
): void {
  const at = { indent: 0, mark: '⇒', markColor: 'dim' } as const
  if (event.type === 'handoff.filled') {
    const by = event.by === null ? '' : ` by ${oneLine(event.by)}`
    return showEntry(view, { ...at, body: `filled in${by}: ${jsonText(event.fields)}` })
  }
  if (event.type === 'handoff.delivered') {
    return showEntry(view, { ...at, body: `handoff delivered (attempt ${event.attempt})` })
  }
  const why = oneLine(event.error.message)
  const body = `handoff not delivered (attempt ${event.attempt}): ${why}`
  showEntry(view, { ...at, mark: '!', markColor: 'yellow', body })
}
