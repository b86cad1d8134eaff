import type { WriteNamed } from '../../core/log/event-branch.ts'
import type { EventOf } from '../../core/log/event.ts'
import { jsonText, oneLine } from './plain-text.ts'
import type { Color, Screen } from './screen.ts'

/*
 * A run that goes back, is copied, or goes on under an edited workflow: events in, lines out.
 */

export type RewindEvent = EventOf<
  | 'step.failed'
  | 'checkpoint.made'
  | 'rewind.requested'
  | 'rewind.refused'
  | 'rewind.started'
  | 'undo.called'
  | 'run.rewound'
  | 'run.forked'
  | 'fork.made'
  | 'definition.adopted'
>

/** Shows what happened on a way back, and beside it. */
export function showRewind(screen: Screen, event: RewindEvent): void {
  switch (event.type) {
    case 'step.failed': {
      const body = `${event.reason}: ${event.message}`
      return line(screen, { mark: '✗', color: 'red', head: `step ${event.step} failed:`, body })
    }
    case 'checkpoint.made':
      return line(screen, { mark: '⚑', color: 'cyan', head: 'checkpoint', body: event.name })
    case 'rewind.requested': {
      const by = event.by === null ? '' : `, asked by ${event.by}`
      return line(screen, { mark: '↶', color: 'yellow', head: 'back to', body: `${event.to}${by}` })
    }
    case 'rewind.refused':
      return line(screen, { mark: '✗', color: 'red', head: 'not back:', body: event.reason })
    case 'rewind.started':
      return showStarted(screen, event)
    case 'undo.called':
      // Its verdict follows, with tool and arguments.
      return
    case 'run.rewound':
      return line(screen, { mark: '↶', color: 'cyan', head: 'stands again at', body: event.to })
    case 'run.forked': {
      const body = `${event.from}, up to event ${event.position}`
      return line(screen, { mark: '⑂', color: 'cyan', head: `${event.run} is a copy of`, body })
    }
    case 'fork.made': {
      const body = `up to event ${event.position}`
      return line(screen, { mark: '⑂', color: 'cyan', head: `copied as ${event.run}`, body })
    }
    case 'definition.adopted': {
      const { differing } = event
      const body = differing.length === 0 ? 'nothing ahead differs' : differing.join('; ')
      const head = 'goes on under an edited workflow:'
      return line(screen, { mark: '✎', color: 'yellow', head, body })
    }
  }
}

function showStarted(screen: Screen, { undo, keep }: EventOf<'rewind.started'>): void {
  for (const each of undo)
    line(screen, { mark: '↶', color: 'dim', head: 'to undo', body: words(each) })
  for (const each of keep) {
    line(screen, {
      mark: '!',
      color: 'yellow',
      head: 'stands:',
      body: `${words(each)} (${each.why ?? ''})`,
    })
  }
}

function words({ tool, args }: WriteNamed): string {
  return `${tool} ${jsonText(args)}`
}

function line(
  screen: Screen,
  of: {
    readonly mark: string
    readonly color: Color
    readonly head: string
    readonly body: string
  },
): void {
  const { mark, color, head, body } = of
  screen.entry({ indent: 2, mark, markColor: color, head: oneLine(head), body: oneLine(body) })
}
