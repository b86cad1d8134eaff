import type { Event, EventOf } from '../../core/log/event.ts'
import { reasonMark } from './outcome.ts'
import { jsonText, oneLine, shorten, widthOf } from './plain-text.ts'
import type { Screen } from './screen.ts'

/*
 * Sub-runs on the screen: side by side their lines come in any order, so each begins with the name of
 * the sub-run that it is about.
 */

const MAX_NAME = 24
const ITEM_LINES = 2

/** A screen whose lines begin with a sub-run's name. */
export function branchScreen(screen: Screen, branch: string): Screen {
  const name = shorten(oneLine(branch), MAX_NAME)
  return {
    live: screen.live,
    get columns() {
      return Math.max(20, screen.columns - widthOf(name) - 3)
    },
    paint: (text, color) => screen.paint(text, color),
    write: (text) => screen.write(text),
    // A gap says where a step of the run begins; here the name does.
    line: (text = '') => {
      if (text !== '') screen.line(`  ${screen.paint(name, 'dim')} ${text}`)
    },
    entry: (entry) => {
      const mark = `${name} ${' '.repeat(entry.indent)}${entry.mark}`
      screen.entry({ ...entry, indent: 2, mark })
    },
  }
}

/** Shows how a sub-run begins and ends, and a step that fans out; true when the event is of these. */
export function showBranch(screen: Screen, event: Event): boolean {
  switch (event.type) {
    case 'items.listed':
      screen.entry({ indent: 2, mark: '⇉', markColor: 'cyan', body: many(event.items.length) })
      return true
    case 'branch.started':
      screen.entry({
        indent: 0,
        mark: '▶',
        markColor: 'cyan',
        body: jsonText(event.input),
        bodyColor: 'dim',
        maxLines: ITEM_LINES,
      })
      return true
    case 'items.joined':
      showJoined(screen, event)
      return true
    case 'run.rested':
      if (event.branch === undefined) return false
      showEnd(screen, event)
      return true
    default:
      return false
  }
}

function many(items: number): string {
  return `${items} ${items === 1 ? 'item' : 'items'}, a sub-run each`
}

function showEnd(screen: Screen, { reason, message }: EventOf<'run.rested'>): void {
  const [mark, markColor] = reasonMark(reason)
  const body = message === 'done' ? '' : oneLine(message)
  screen.entry({ indent: 0, mark, markColor, head: reason, headColor: markColor, body })
}

function showJoined(screen: Screen, { outcomes }: EventOf<'items.joined'>): void {
  const completed = outcomes.filter((outcome) => outcome.ok).length
  const whole = completed === outcomes.length
  screen.entry({
    indent: 2,
    mark: '⇇',
    markColor: whole ? 'green' : 'yellow',
    body: `joined: ${completed} of ${outcomes.length} completed`,
  })
}
