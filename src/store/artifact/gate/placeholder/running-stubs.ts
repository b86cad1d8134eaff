import { shortly, type Stub } from './stub.ts'
import { STUB_PATTERNS, type StubPattern } from './stub-patterns.ts'
import { UNWRITTEN_PATTERNS } from './unwritten-patterns.ts'

/*
 * Stubs in running text: each built-in pattern, looked at with what stands around the match, since a
 * text that speaks of a TODO list is none.
 */

const PATTERNS: readonly StubPattern[] = [...STUB_PATTERNS, ...UNWRITTEN_PATTERNS]

/** Stubs that need no delimiters; linear. */
export function* runningStubs(text: string, { code }: { readonly code: boolean }): Iterable<Stub> {
  for (const stub of PATTERNS) {
    if (code && stub.template === true) continue
    for (const match of text.matchAll(stub.pattern)) {
      const start = match.index
      const end = start + match[0].length
      if (isNone(text, { start, end, stub })) continue
      const written = stub.template === true ? text.slice(start, end + 40) : match[0]
      yield {
        start,
        end,
        message: stub.says(stub.template === true ? templateIn(written) : written),
      }
    }
  }
}

function templateIn(written: string): string {
  return /^.[^\n}%>|]*[}%>|]{1,3}\)?\*?/u.exec(written)?.[0] ?? shortly(written)
}

function isNone(
  text: string,
  {
    start,
    end,
    stub,
  }: { readonly start: number; readonly end: number; readonly stub: StubPattern },
): boolean {
  const before = text.slice(Math.max(0, start - 60), start)
  const after = text.slice(end, end + 80)
  if (stub.notAfter?.some((pattern) => pattern.test(before)) === true) return true
  if (stub.notBefore?.some((pattern) => pattern.test(after)) === true) return true
  if (stub.notIn !== undefined) {
    const from = Math.max(start - 200, text.lastIndexOf('\n', start - 1) + 1)
    const line = text.slice(from, end) + (text.slice(end, end + 200).split('\n', 1)[0] ?? '')
    if (stub.notIn.test(line)) return true
  }
  return stub.quotable === true && isMention(before, after)
}

/** In quotation marks within a sentence; where a value would stand, the marks are only its own. */
function isMention(before: string, after: string): boolean {
  if (!/["'“‘„«»”「『]$/u.test(before) || !/^[.,]?["'”’“»«」』]/u.test(after)) return false
  const isValue = /(?:^|[\n:：=|>{[,])\s*["'“‘„«»”「『]$/u.test(before)
  return !(isValue && /^[.,]?["'”’“»«」』][.,;]?\s*(?:$|[\n|<\]},])/u.test(after))
}
