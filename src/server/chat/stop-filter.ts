import { ApiError } from '../api-error.ts'
import { stopAt } from './chat-answer.ts'

/** Lets through what of a growing text is surely part of the answer. */
export interface StopFilter {
  /** What may be shown now. */
  push(delta: string): string
  /** What is left of the whole text. Throws an ApiError where something else was shown already. */
  end(whole: string): string
}

/** Holds back what may be the beginning of a stop word. O(1) amortised for each character. */
export function createStopFilter(stop: readonly string[]): StopFilter {
  const hold = Math.max(0, ...stop.map((word) => word.length - 1))
  let held = ''
  const shown: string[] = []
  let stopped = false
  const show = (text: string): string => {
    if (text !== '') shown.push(text)
    return text
  }
  return {
    push(delta) {
      if (stopped) return ''
      const text = held + delta
      const cut = stopAt(text, stop)
      stopped = cut.length < text.length
      const ready = stopped ? cut : text.slice(0, Math.max(0, text.length - hold))
      held = stopped ? '' : text.slice(ready.length)
      return show(ready)
    },
    end(whole) {
      const said = shown.join('')
      if (whole.startsWith(said)) return show(whole.slice(said.length))
      throw new ApiError('overloaded_error', 'the answer was begun anew; ask again', {
        code: 'stream_interrupted',
      })
    },
  }
}
