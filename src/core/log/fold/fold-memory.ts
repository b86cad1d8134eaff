import type { EventOf } from '../event.ts'
import type { MemoryEvent } from '../event-memory.ts'
import { NO_MEMORY, notesMessage } from '../memory.ts'
import { noteSource } from '../origins.ts'
import type { BranchDraft, Site } from './draft.ts'

/*
 * How memory changes the state: notes become data in the transcript, and suspects for `clean` gates;
 * never facts (Law 3).
 */

/** Folds one event of memory. */
export function applyToMemory(site: Site, event: EventOf<MemoryEvent['type']>): void {
  const { draft, branch } = site
  const { seq } = event
  switch (event.type) {
    case 'memory.recalled': {
      const { record, items } = event
      branch.memory = { ...branch.memory, record, recalled: seq }
      if (items.length === 0) return
      branch.transcript.push({ role: 'user', text: notesMessage(items) })
      const content = items.flatMap(({ text, tags = [] }) => [text, ...tags])
      const to = { own: draft.own, origins: branch.origins }
      noteSource(to, { seq, tool: 'memory', content, source: 'memory' })
      return
    }
    case 'memory.kept': {
      const kept = { turn: draft.turn, seq: event.upTo }
      branch.memory = { ...branch.memory, record: event.record, kept }
      return
    }
    case 'memory.failed': {
      const { memory } = branch
      branch.memory =
        event.during === 'recall'
          ? { ...memory, recalled: seq }
          : // What was not kept now is kept with the next turn.
            { ...memory, kept: { turn: draft.turn, seq: memory.kept?.seq ?? 0 } }
    }
  }
}

/** Back before the notes they are recalled anew; what was kept stays kept, by the same ids. */
export function rewindMemory(branch: BranchDraft, seq: number): void {
  const { recalled } = branch.memory
  const stands = recalled !== null && recalled <= seq
  branch.memory = stands ? { ...branch.memory, kept: null } : NO_MEMORY
}
