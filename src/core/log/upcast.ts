import type { Event } from './event.ts'

/** The newest shape of an event that this version writes and reads. */
export const EVENT_VERSION = 1

export type Upcast =
  | { readonly ok: true; readonly event: Event }
  | { readonly ok: false; readonly message: string }

/**
 * Brings a stored event to the newest shape. An event of a newer version is refused: reading it as
 * an old one could lose a rule.
 */
export function upcast(stored: Event): Upcast {
  if (stored.v === EVENT_VERSION) return { ok: true, event: stored }
  return {
    ok: false,
    message: `event ${stored.seq} has version ${String(stored.v)}; this Lockstep reads up to ${String(EVENT_VERSION)}. Use a newer one.`,
  }
}
