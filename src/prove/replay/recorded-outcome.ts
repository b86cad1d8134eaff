import type { Entry } from '../../core/log/event.ts'
import type { Fold } from '../../core/log/fold/fold.ts'
import { ToolError } from '../../core/spec/define.ts'
import type { Json } from '../../core/spec/json.ts'
import { answerEvents } from '../../drive/first-events.ts'

/*
 * What was recorded, as the answer of a tool. A recorded error is the tool's own refusal: it did
 * nothing, so a place that the call had taken under a limit is free again; and it works, so that no
 * number of such errors in a row is a reason to stop calling it.
 */

const REFUSED = { code: 'TOOL_ERROR', category: 'business', executed: false } as const

/** What a bare tool would have come to. */
export type Recorded = { readonly output: Json } | { readonly error: string }

/** The output; throws a ToolError that says that nothing was executed where an error was recorded. */
export async function outcomeOf(recorded: Recorded): Promise<Json> {
  if ('output' in recorded) return recorded.output
  throw new ToolError(recorded.error, REFUSED)
}

/** The same for tools that the caller executes, as events for the calls that wait. */
export function clientOutcomes(
  fold: Fold,
  outcomes: readonly { readonly call: string; readonly recorded: Recorded }[],
): readonly Entry[] {
  const results = outcomes.map(({ call, recorded }) =>
    'output' in recorded
      ? { call, output: recorded.output }
      : { call, error: { ...REFUSED, message: recorded.error } },
  )
  return answerEvents(fold, results).map((event) =>
    event.type === 'tool.failed' ? { ...event, error: { ...event.error, ...REFUSED } } : event,
  )
}
