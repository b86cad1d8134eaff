import type { SeenCall, SeenVerdict, Shape } from './measure.ts'

/*
 * The words of tests of criteria: the shape of a run in which nothing happened, but for what is said.
 */

/** A shape with these members. */
export function shapeWith(known: Partial<Shape> = {}): Shape {
  return {
    path: [],
    pathWithSubRuns: known.path ?? [],
    asked: [],
    ran: [],
    verdicts: [],
    modelCalls: { all: 0, planner: 0, composer: 0, verifier: 0 },
    tokens: 0,
    usd: null,
    transitions: 0,
    confidence: [],
    slotsAsked: [],
    slots: {},
    artifacts: new Map(),
    context: {},
    ...known,
  }
}

/** Calls of these tools, without arguments. */
export function callsOf(...tools: readonly string[]): readonly SeenCall[] {
  return tools.map((tool, index) => ({ call: `c${index + 1}`, tool, args: {} }))
}

/** A verdict of one gate. */
export function judged(
  tool: string,
  verdict: SeenVerdict['verdict'],
  by: { readonly gate: string; readonly reason: string } = { gate: 'risk', reason: 'fine' },
): SeenVerdict {
  const gates = [{ gate: by.gate, verdict, reason: by.reason }]
  return { call: 'c', tool, args: {}, verdict, gates, message: '' }
}

/** What a finding says, in the order in which a test reads it. */
export function told(
  findings: readonly {
    readonly name: string
    readonly result: string
    readonly score: number | null
  }[],
): readonly (readonly [string, string, number | null])[] {
  return findings.map(({ name, result, score }) => [name, result, score])
}
