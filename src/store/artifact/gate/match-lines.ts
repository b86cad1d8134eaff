import { createContext, Script } from 'node:vm'
import { messageOf } from '../../../core/spec/message-of.ts'
import { PATTERNS_LIMIT_MS } from './patterns.ts'

/** The lines of a text that match, from 1; or why that is not known. */
export type MatchedLines =
  | {
      readonly ok: true
      readonly lines: readonly { readonly line: number; readonly text: string }[]
    }
  | { readonly ok: false; readonly message: string }

const SHOWN_CHARACTERS = 500

const FIND = new Script(
  `(() => {
    const wanted = new RegExp(pattern, 'iu')
    const found = []
    text.split('\\n').some((line, index) => {
      if (wanted.test(line)) found.push(index)
      return found.length >= most
    })
    return JSON.stringify(found)
  })()`,
)

/**
 * Finds the lines that match a model's regular expression (JavaScript's, without regard to case),
 * at most `most` of them. A broken pattern, or one that takes too long, is an answer too.
 */
export function matchLines(
  text: string,
  { pattern, most }: { readonly pattern: string; readonly most: number },
): MatchedLines {
  try {
    const place = createContext({ text, pattern, most })
    const found: unknown = JSON.parse(
      String(FIND.runInContext(place, { timeout: PATTERNS_LIMIT_MS })),
    )
    const lines = text.split('\n')
    const numbers = Array.isArray(found) ? found.filter((each) => typeof each === 'number') : []
    return {
      ok: true,
      lines: numbers.map((index) => ({
        line: index + 1,
        text: (lines[index] ?? '').slice(0, SHOWN_CHARACTERS),
      })),
    }
  } catch (error) {
    const isLate = Reflect.get(Object(error), 'code') === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    const why = isLate ? `it did not finish in ${PATTERNS_LIMIT_MS} ms` : messageOf(error)
    return { ok: false, message: `the pattern cannot be used: ${why}` }
  }
}
