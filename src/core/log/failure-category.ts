import type { Failure, FailureCategory } from './event-parts.ts'

/*
 * What a failure is about. What the tool itself says counts; else its code, where that is one of the
 * common ones; a code of the author's own has no category, for it may mean anything.
 */

const CATEGORIES: ReadonlySet<string> = new Set([
  'transient',
  'validation',
  'business',
  'permission',
])

/** Looked at in order: an access failure is one whatever else its code says. */
const BY_CODE: readonly (readonly [FailureCategory, RegExp])[] = [
  [
    'permission',
    /^(?:HTTP_)?40[13]$|PERMISSION|UNAUTHORI[SZ]ED|UNAUTHENTICATED|FORBIDDEN|ACCESS_DENIED|NOT_ALLOWED|^EACCES$|^EPERM$/,
  ],
  [
    'transient',
    /^(?:HTTP_)?(?:408|425|429|5\d\d)$|TIMEOUT|TIMED_OUT|RATE_LIMIT|TOO_MANY_REQUESTS|THROTTL|CONNECTION|UNREACHABLE|UNAVAILABLE|OVERLOADED|TRY_AGAIN|NETWORK_ERROR|INTERNAL_SERVER_ERROR|BAD_GATEWAY|^ECONN|^ETIMEDOUT$|^EAI_AGAIN$|^ENOTFOUND$|^EPIPE$/,
  ],
  [
    'validation',
    /^(?:HTTP_)?(?:400|404|405|406|410|413|415|422)$|^INVALID(?!_RESPONSE|_STATE)|VALIDATION|NOT_FOUND|BAD_REQUEST|UNPROCESSABLE|MALFORMED|MISSING_(?:ARGUMENT|PARAMETER|FIELD)|OUT_OF_RANGE/,
  ],
]

/** What is known of a failure's kind: declared by the tool, in one of its own words. */
export function isFailureCategory(value: unknown): value is FailureCategory {
  return typeof value === 'string' && CATEGORIES.has(value)
}

/** The category that a code stands for (`RATE_LIMITED`, `404`, `HTTP_503` …); undefined when none. */
export function categoryOf(code: string): FailureCategory | undefined {
  const plain = code
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll(/[\s.-]+/g, '_')
    .toUpperCase()
  return BY_CODE.find(([, codes]) => codes.test(plain))?.[0]
}

/** The same failure with its category, where it has none of its own and its code tells it. */
export function withCategory(failure: Failure): Failure {
  const category = failure.category ?? categoryOf(failure.code)
  return category === undefined ? failure : { ...failure, category }
}
