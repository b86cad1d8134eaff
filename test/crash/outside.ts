/*
 * The world outside the process that is killed: a file with one line for each thing that happened,
 * appended at once, so that what was noted stays noted. Tools' effects are counted here.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { z } from 'zod'
import type { Event } from '../../src/core/log/event.ts'

/** What a tool does to the world. */
export interface EffectNote {
  /** It has begun, and counts from here on; it is done; or the world would not and did nothing. */
  readonly type: 'begun' | 'done' | 'declined'
  readonly pid: number
  readonly tool: string
  readonly call: string
  /** Canonical JSON of the arguments. */
  readonly args: string
  readonly key: string
}

/** One thing that happened; `pid` is the process that it happened in. */
export type Note =
  | EffectNote
  | { readonly type: 'leased' | 'released'; readonly pid: number }
  | { readonly type: 'appending'; readonly pid: number; readonly expected: number }
  /** The store said that these are kept. */
  | { readonly type: 'acknowledged'; readonly pid: number; readonly events: readonly Event[] }
  /** A model call was made; the provider answers it, or is busy. */
  | { readonly type: 'asked' | 'busy'; readonly pid: number; readonly call: number }
  /** Written in the same breath in which the process kills itself. */
  | { readonly type: 'killed'; readonly pid: number }

const pid = z.int()
const names = { tool: z.string(), call: z.string(), args: z.string(), key: z.string() }
const events = z.array(z.custom<Event>())

const note: z.ZodType<Note> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['begun', 'done', 'declined']), pid, ...names }),
  z.strictObject({ type: z.enum(['leased', 'released', 'killed']), pid }),
  z.strictObject({ type: z.literal('appending'), pid, expected: z.int() }),
  z.strictObject({ type: z.literal('acknowledged'), pid, events }),
  z.strictObject({ type: z.enum(['asked', 'busy']), pid, call: z.int() }),
])

/** Adds a line; synced, so that an effect outlives whatever comes after it. */
export function writeNote(file: string, written: Note): void {
  const descriptor = openSync(file, 'a')
  writeSync(descriptor, `${JSON.stringify(written)}\n`)
  if ('key' in written) fsyncSync(descriptor)
  closeSync(descriptor)
}

/** Everything that happened, in order; nothing when nothing did. */
export function readNotes(file: string): readonly Note[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return []
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => note.parse(JSON.parse(line)))
}
