import { hash } from 'node:crypto'
import { canonicalJson, type Json } from '../../core/spec/json.ts'
import { canonicalOf } from './canonical-text.ts'

/*
 * The hash chain of a log. Each event's hash is SHA-256, in hex, over the hash before it, a line
 * break and the event's canonical JSON (keys sorted, no spaces, as RFC 8785); before the first event
 * stands the hash of the run's id. So every hash speaks for all events up to it, and a log cannot be
 * passed off as another run's. verify-log.ts reads it back.
 */

/** The hash before a run's first event: SHA-256 of its id, in hex. */
export function chainStart(run: string): string {
  return hash('sha256', run)
}

/**
 * The text that the chain covers for a stored event: canonical JSON of what its stored text says, so
 * that what JSON cannot hold makes no difference. Throws a SyntaxError when the text is no JSON.
 */
export function canonicalText(stored: string): string {
  const value: Json = JSON.parse(stored)
  return canonicalJson(value)
}

/** A stored event on its way into the chain. */
export interface Link {
  readonly text: string
  readonly canonical: string
}

/** Writes an event as it is stored, and as the chain covers it. */
export function toLink(event: object): Link {
  const text = JSON.stringify(event)
  return { text, canonical: canonicalOf(event) ?? canonicalText(text) }
}

/** Chains events, in order, onto the hash before the first of them. */
export function chainOnto(
  previous: string,
  links: readonly Link[],
): readonly { readonly text: string; readonly hash: string }[] {
  let hash = previous
  return links.map(({ text, canonical }) => ({ text, hash: (hash = chainHash(hash, canonical)) }))
}

/** The hash of an event, from the hash before it and its `canonicalText`. */
export function chainHash(previous: string, canonical: string): string {
  return hash('sha256', `${previous}\n${canonical}`)
}
