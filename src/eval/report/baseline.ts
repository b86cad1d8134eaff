import { z } from 'zod'
import type { CaseReport, CheckReport } from './report.ts'
import type { Regression } from './regression.ts'
import { oneOf, strict, text, toIssues } from '../read/written.ts'

/*
 * What a former run found, kept in a file beside the eval files: names, results and scores; no times,
 * so that it changes only where behaviour did.
 */

interface BaselineCheck {
  readonly kind: 'gate' | 'soft'
  readonly result: 'passed' | 'failed' | 'skipped'
  readonly score: number | null
}

interface BaselineCase {
  readonly result: 'passed' | 'failed' | 'skipped'
  readonly criteria: Readonly<Record<string, BaselineCheck>>
}

/** A baseline: cases by id. */
export interface Baseline {
  readonly v: 1
  readonly cases: Readonly<Record<string, BaselineCase>>
}

const RESULTS = ['passed', 'failed', 'skipped'] as const
const check = strict({
  kind: oneOf(['gate', 'soft']),
  result: oneOf(RESULTS),
  score: z.number().nullable(),
})
const baseline: z.ZodType<Baseline> = strict({
  v: z.literal(1, { error: 'must be 1: a newer Lockstep wrote this baseline' }),
  cases: z.record(text, strict({ result: oneOf(RESULTS), criteria: z.record(text, check) })),
})

/** Reads a baseline that `encodeBaseline` wrote; what is wrong is a text. */
export function decodeBaseline(
  written: string,
):
  | { readonly ok: true; readonly baseline: Baseline }
  | { readonly ok: false; readonly message: string } {
  let value: unknown
  try {
    value = JSON.parse(written)
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : 'it is no JSON' }
  }
  const parsed = baseline.safeParse(value)
  if (parsed.success) return { ok: true, baseline: parsed.data }
  const [first] = toIssues(parsed.error, value)
  return { ok: false, message: `${first?.path.join('.') ?? ''}: ${first?.message ?? ''}` }
}

/** Writes the cases of a report over those of a former baseline that it did not look at. */
export function encodeBaseline(cases: readonly CaseReport[], kept: Baseline['cases']): string {
  const made = cases.map((each) => {
    const criteria = each.checks.map(({ name, kind, result, score }) => {
      return [name, { kind, result, score: score === null ? null : rounded(score) }] as const
    })
    return [each.id, { result: each.result, criteria: sorted(criteria) }] as const
  })
  const all: Baseline = { v: 1, cases: sorted([...Object.entries(kept), ...made]) }
  return `${JSON.stringify(all, null, 2).replaceAll(CRITERION, onOneLine)}\n`
}

const CRITERION =
  /^( +"(?:[^"\\]|\\.)*": )\{\n +("kind.*)\n +("result.*)\n +("score.*)\n +\}(,?)$/gm
const COLUMNS = 100

/** So that a difference reads as one line; where it does not fit, as formatters of JSON have it. */
function onOneLine(written: string, ...[key = '', kind, result, score, comma]: string[]): string {
  const line = `${key}{ ${kind} ${result} ${score} }${comma}`
  return line.length <= COLUMNS ? line : written
}

function sorted<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value> {
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)))
}

function rounded(score: number): number {
  return Math.round(score * 10_000) / 10_000
}

/** Below a baseline's rounding nothing has sunk. */
const SLACK = 0.0001

/**
 * What is worse than it was (S4.30). `looked` says of an id whether its case should have been seen:
 * a part of the cases may be run alone.
 */
export function regressionsOf(
  cases: readonly CaseReport[],
  before: Baseline,
  looked: (id: string) => boolean,
): readonly Regression[] {
  const now = new Map(cases.map((each) => [each.id, each]))
  return Object.entries(before.cases).flatMap(([id, old]) => {
    const each = now.get(id)
    if (each !== undefined) return regressionsIn(each, old)
    if (!looked(id)) return []
    const message = 'the baseline has this case, and it is there no more'
    return [{ kind: 'case_vanished', case: id, message }]
  })
}

function regressionsIn(each: CaseReport, before: BaselineCase): readonly Regression[] {
  const checks = new Map(each.checks.map((check) => [check.name, check]))
  return Object.entries(before.criteria).flatMap(([name, old]) => {
    const found = worse(checks.get(name), old)
    return found === null ? [] : [{ ...found, case: each.id, criterion: name }]
  })
}

function worse(
  now: CheckReport | undefined,
  before: BaselineCheck,
): Pick<Regression, 'kind' | 'message'> | null {
  if (now === undefined) {
    // Nothing is lost with a gate that stood open.
    if (before.kind === 'gate' && before.result === 'failed') return null
    return { kind: 'criterion_vanished', message: 'the baseline has it, and it is there no more' }
  }
  if (before.score !== null && now.score === null) {
    const message = `scored ${before.score} before, and nothing now: ${now.actual}`
    return { kind: 'metric_lost', message }
  }
  if (before.kind === 'gate' && before.result === 'passed' && now.result === 'failed') {
    return { kind: 'gate_failed', message: `passed before; now ${now.actual}` }
  }
  if (before.kind === 'gate' && now.kind === 'soft') {
    return { kind: 'gate_softened', message: 'was a gate, and is soft now' }
  }
  if (now.kind === 'soft' && before.score !== null && (now.score ?? 0) < before.score - SLACK) {
    return {
      kind: 'score_sank',
      message: `scored ${before.score} before, ${rounded(now.score ?? 0)} now`,
    }
  }
  return null
}
