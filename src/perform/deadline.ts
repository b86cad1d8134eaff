/** Why a piece of work was given up. */
export type GivenUp = 'timeout' | 'aborted'

export type WithinDeadline<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly givenUp: GivenUp }
  | { readonly ok: false; readonly givenUp: null; readonly error: unknown }

/**
 * Runs `work` for at most `timeoutMs`. Its signal aborts when the time is up or `signal` aborts, and
 * the answer comes then at once, whether or not the work listens.
 */
export function withinDeadline<Value>(
  work: (signal: AbortSignal) => Promise<Value>,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<WithinDeadline<Value>> {
  const { timeoutMs, signal } = options
  return new Promise((resolve) => {
    const controller = new AbortController()
    const end = (answer: WithinDeadline<Value>): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      resolve(answer)
    }
    const giveUp = (givenUp: GivenUp): void => {
      end({ ok: false, givenUp })
      controller.abort(
        new DOMException(givenUp, givenUp === 'timeout' ? 'TimeoutError' : 'AbortError'),
      )
    }
    const onAbort = (): void => giveUp('aborted')
    const timer = setTimeout(() => giveUp('timeout'), timeoutMs)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    attempt(work, controller.signal).then(
      (value) => end({ ok: true, value }),
      (error: unknown) => end({ ok: false, givenUp: null, error }),
    )
  })
}

/** A throw before the first await is a rejection like any other. */
async function attempt<Value>(
  work: (signal: AbortSignal) => Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  return work(signal)
}
