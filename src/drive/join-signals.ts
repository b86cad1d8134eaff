/** A signal that aborts when either does; one that never does where there is none. */
export function joinSignals(
  own: AbortSignal | undefined,
  all: AbortSignal | undefined,
): AbortSignal {
  if (own !== undefined && all !== undefined) return AbortSignal.any([own, all])
  return own ?? all ?? new AbortController().signal
}
