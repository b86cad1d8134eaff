import type { EventOf } from '../../core/log/event.ts'
import type { MemoryEvent } from '../../core/log/event-memory.ts'
import { oneLine } from './plain-text.ts'
import type { Screen } from './screen.ts'

const NOTES = 3

/** Shows what a run recalled and kept; nothing where there was nothing. */
export function showMemory(screen: Screen, event: EventOf<MemoryEvent['type']>): void {
  switch (event.type) {
    case 'memory.recalled': {
      const { record, items } = event
      if (items.length === 0) return
      const body = `${notes(items.length)} of ${oneLine(record)}`
      screen.entry({ indent: 0, mark: '≡', markColor: 'cyan', head: 'recalled', body })
      for (const { text } of items.slice(0, NOTES)) {
        const said = oneLine(text)
        screen.entry({ indent: 2, mark: '·', body: said, bodyColor: 'dim', maxLines: 2 })
      }
      const more = items.length - NOTES
      if (more > 0)
        screen.entry({ indent: 2, mark: '·', body: `and ${more} more`, bodyColor: 'dim' })
      return
    }
    case 'memory.kept': {
      const { record, ids } = event
      const body = `${notes(ids.length)} of ${oneLine(record)}`
      if (ids.length === 0) return
      return screen.entry({ indent: 0, mark: '≡', markColor: 'cyan', head: 'kept', body })
    }
    case 'memory.failed': {
      const body = oneLine(event.error.message)
      return screen.entry({ indent: 0, mark: '!', markColor: 'yellow', head: 'memory:', body })
    }
  }
}

function notes(count: number): string {
  return `${count} ${count === 1 ? 'note' : 'notes'}`
}
