import type { Event } from '../core/log/event.ts'
import type { Follower } from '../drive/telemetry.ts'
import type { Plan } from '../core/spec/plan.ts'
import { createSpanReading } from './spans-of.ts'
import type { Span } from './span.ts'

/**
 * Follows one run and tells of each span as it ends. What another process committed is read and not
 * told again. A reading that fails ends there: the run is none the wiser.
 */
export function followSpans(
  plan: Plan,
  on: { readonly content: boolean; readonly ended: (spans: readonly Span[]) => void },
): Follower {
  const reading = createSpanReading({ plan, content: on.content })
  let broken = false
  const guarded = (read: () => void): void => {
    if (broken) return
    try {
      read()
    } catch {
      broken = true
    }
  }
  // Read once something follows: whoever only looks at a run has no need of its spans.
  let seen: Event[] = []
  return {
    saw: (events) => {
      if (!broken) seen.push(...events)
    },
    committed: (events) =>
      guarded(() => {
        for (const event of seen) reading.add(event)
        seen = []
        const spans = events.flatMap((event) => reading.add(event))
        if (spans.length > 0) on.ended(spans)
      }),
  }
}
