import type { EventBody, GateOutcome } from '../../log/event.ts'
import { isReferenceClaim, toPointer, type HandedArtifact } from '../../log/reference.ts'
import type { State } from '../../log/state.ts'
import { isJsonObject, type Json } from '../../spec/json.ts'
import { readJson } from '../../spec/read-json.ts'
import { outOfPlace } from '../gate/built-in-gates.ts'
import { refuse, type Question } from '../gate/question.ts'
import { findReferenced, type Found } from './references-find.ts'

/*
 * References among a call's arguments become what they stand for before the call is judged, so that
 * every gate, the tool's schema, a person and the ledger see what will be sent. Once: what a value
 * says is never looked up again (Law 16). The content of an artifact is in no state: its version and
 * digest are settled here, its text is put in when the tool runs.
 */

const MAX_DEPTH = 100
const MAX_REFERENCES = 100
/** Of all values together, as JSON: more than a model writes, less than a log can bear at each call. */
const MAX_CHARACTERS = 1_000_000
const MAX_REASONS = 3

/** What came of looking up a call's references. */
export type Resolved =
  | { readonly ok: true; readonly event: EventBody }
  | { readonly ok: false; readonly outcome: GateOutcome }

/**
 * Looks up the references of a call that is about to be judged: the event with the arguments as they
 * will be, or the refusal of built-in gate `reference` with what exists (S4.33). Null for a call
 * without any, and for one that may not be made here anyway. Total.
 */
export function resolveReferences(question: Question): Resolved | null {
  const { state, call, tool } = question
  if (!call.references || tool === undefined) return null
  if (outOfPlace({ ...question, tool }) !== null) return null
  const walk: Walk = { state, looked: new Map(), reasons: new Set(), artifacts: [], characters: 0 }
  const args = replaced(call.args, null, walk)
  // Bounded as arguments are: what was put in may itself be nested deeply.
  const read = readJson(args)
  if (!read.ok) fail(walk, `the arguments: ${read.issues[0]?.message ?? 'not JSON'}`)
  if (walk.reasons.size > 0 || !read.ok) {
    const reasons = [...walk.reasons]
    const more = reasons.length > MAX_REASONS ? `; and ${reasons.length - MAX_REASONS} more` : ''
    const reason = `${reasons.slice(0, MAX_REASONS).join('; ')}${more}`
    return { ok: false, outcome: refuse('reference', reason) }
  }
  const { artifacts } = walk
  const handed = artifacts.length === 0 ? {} : { artifacts }
  return { ok: true, event: { type: 'call.resolved', call: call.id, args: read.value, ...handed } }
}

interface Walk {
  readonly state: State
  /** By text: a reference that stands twice is looked up once. */
  readonly looked: Map<string, Looked>
  readonly reasons: Set<string>
  readonly artifacts: HandedArtifact[]
  characters: number
}

type Looked = Found & { readonly characters: number }

/** Where in the arguments, from the inside out. */
interface Place {
  readonly name: string
  readonly within: Place | null
  readonly depth: number
}

function replaced(value: Json, at: Place | null, walk: Walk): Json {
  if (typeof value === 'string') return isReferenceClaim(value) ? lookUp(value, at, walk) : value
  if (typeof value !== 'object' || value === null) return value
  const depth = (at?.depth ?? 0) + 1
  if (depth > MAX_DEPTH) {
    fail(walk, `the arguments are nested more than ${MAX_DEPTH} levels deep`)
    return null
  }
  const inner = (member: Json, name: string): Json =>
    replaced(member, { name, within: at, depth }, walk)
  if (!isJsonObject(value)) return value.map((item, index) => inner(item, String(index)))
  const members = Object.entries(value)
  return Object.fromEntries(members.map(([name, member]) => [name, inner(member, name)]))
}

function lookUp(text: string, at: Place | null, walk: Walk): Json {
  const known = walk.looked.get(text)
  if (known === undefined && walk.looked.size >= MAX_REFERENCES) {
    fail(walk, `a call may hold ${MAX_REFERENCES} references`)
    return null
  }
  const found = known ?? measured(findReferenced(walk.state, text))
  walk.looked.set(text, found)
  walk.characters += found.characters
  if (walk.characters > MAX_CHARACTERS) {
    const most = MAX_CHARACTERS.toLocaleString('en')
    fail(walk, `what is referred to is longer than ${most} characters in all; name a part of it`)
    return null
  }
  switch (found.type) {
    case 'value':
      return found.value
    case 'artifact': {
      if (walk.artifacts.length >= MAX_REFERENCES) {
        fail(walk, `a call may hold ${MAX_REFERENCES} references`)
        return null
      }
      const { ref, digest } = found
      walk.artifacts.push({ at: pointerTo(at), ref, digest })
      return ref
    }
    case 'nothing':
      fail(walk, found.reason)
      return null
  }
}

function fail({ reasons }: Walk, reason: string): void {
  reasons.add(reason)
}

/** A result may be nested so deeply that it cannot be written: then it cannot be handed on either. */
function measured(found: Found): Looked {
  if (found.type !== 'value') return { ...found, characters: 0 }
  const read = readJson(found.value)
  if (read.ok) return { ...found, characters: JSON.stringify(read.value).length }
  const reason = `what is referred to ${read.issues[0]?.message ?? 'is not JSON'}`
  return { type: 'nothing', reason, characters: 0 }
}

function pointerTo(at: Place | null): string {
  const names: string[] = []
  for (let place = at; place !== null; place = place.within) names.unshift(place.name)
  return toPointer(names)
}
