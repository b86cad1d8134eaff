import type { AskedSlot, Pending } from '../../core/log/event.ts'
import type { Json } from '../../core/spec/json.ts'
import { shellWord } from '../invocation.ts'
import { oneLine } from './plain-text.ts'
import type { Screen } from './screen.ts'

/*
 * Slots that a run waits for, as a person at a terminal is asked for them, and the answer to paste.
 */

/** Shows each slot that is asked for: its question, what it takes, and why the last answer was not. */
export function showSlots(screen: Screen, { slots = [], branch }: Pending): void {
  const where = branch === undefined ? '' : ` for ${oneLine(branch)}`
  for (const slot of slots) {
    screen.entry({
      indent: 2,
      mark: 'asks ',
      markColor: 'yellow',
      head: `${oneLine(slot.name)}${where}`,
      body: `${oneLine(slot.question)} (${takes(slot)})`,
    })
    if (slot.error === undefined) continue
    screen.entry({
      indent: 2,
      mark: 'wrong',
      markColor: 'red',
      head: oneLine(slot.name),
      body: oneLine(slot.error),
      maxLines: 3,
    })
  }
}

const TYPES: Readonly<Record<AskedSlot['type'], string>> = {
  choice: 'one of',
  multi_choice: 'any of',
  text: 'text',
  number: 'a number',
  boolean: 'yes or no',
  file: 'a file: {"name":"…","content":"…"} or ref:artifact/NAME',
  date: 'a date: YYYY-MM-DD',
}

function takes({ type, options = [], required, validation }: AskedSlot): string {
  const named = options.length === 0 ? '' : ` ${options.map(oneLine).join(', ')}`
  const rules = validation === undefined ? '' : `, ${oneLine(JSON.stringify(validation))}`
  return `${TYPES[type]}${named}${rules}${required ? '' : ', optional'}`
}

/** An answer that fits what is asked for, quoted for a shell; null where no slots are. */
export function answerShape(pending: readonly Pending[]): string | null {
  const [slots] = pending.flatMap((each) => (each.slots === undefined ? [] : [each.slots]))
  const [first] = slots ?? []
  if (slots === undefined || first === undefined) return null
  if (slots.length === 1) {
    const example = exampleOf(first)
    return typeof example === 'object' ? inNames(slots) : shellWord(wordOf(example))
  }
  return inNames(slots)
}

function wordOf(example: Json): string {
  if (typeof example === 'boolean') return example ? 'yes' : 'no'
  return typeof example === 'string' ? example : JSON.stringify(example)
}

function inNames(slots: readonly AskedSlot[]): string {
  const named = Object.fromEntries(slots.map((slot) => [slot.name, exampleOf(slot)]))
  return shellWord(JSON.stringify({ slots: named }))
}

function exampleOf({ type, options = [], validation = {} }: AskedSlot): Json {
  switch (type) {
    case 'choice':
      return options[0] ?? ''
    case 'multi_choice':
      return options.slice(0, 2).join(',')
    case 'text':
      return 'your answer'
    case 'number':
      return validation['minimum'] ?? validation['maximum'] ?? 12
    case 'boolean':
      return true
    case 'file':
      return { name: 'notes.md', content: '…' }
    case 'date':
      return '2026-03-31'
  }
}
