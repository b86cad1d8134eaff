import type { Outline, StepOutline } from './outline.ts'

/** Where a run stands, as far as an edited definition has to fit it. */
export interface Standing {
  /** The step that it is in, and the one that it is about to enter; none before its first. */
  readonly steps: readonly string[]
  /** Tools of calls that have no result yet. */
  readonly tools: readonly string[]
  /** True while sub-runs are under way. */
  readonly inSubRuns: boolean
}

/**
 * Whether a run may go on under an edited definition. `differing` names the steps that it can still
 * reach and that differ, each with what differs in it, and what differs for the whole workflow.
 */
export interface Comparison {
  /** Nothing reachable differs; or a person may let it go on; or it cannot. */
  readonly verdict: 'continue' | 'migrate' | 'refuse'
  readonly differing: readonly string[]
  /** Why it cannot; '' otherwise. */
  readonly why: string
}

/**
 * Compares the definition that a run began with to an edited one, from where the run stands: what it
 * can no longer reach may be edited at will (Law 13). Without an outline of the first (it was stored
 * by an older version) everything counts as different.
 */
export function compareOutlines(old: Outline | null, edited: Outline, at: Standing): Comparison {
  const gone = [...new Set(at.steps)].filter((step) => !Object.hasOwn(edited.steps, step))
  const differing =
    old === null
      ? ['everything (no outline of it that can be relied on was kept)']
      : differences(old, edited, at)
  const [step] = gone
  if (step !== undefined) {
    return { verdict: 'refuse', differing, why: `the run is in step ${step}, which is gone` }
  }
  if (differing.length === 0) return { verdict: 'continue', differing, why: '' }
  const tool = at.tools.find((name) => !edited.tools.includes(name))
  if (tool !== undefined) {
    return {
      verdict: 'refuse',
      differing,
      why: `a call of ${tool} has no result yet, and that tool is gone`,
    }
  }
  if (at.inSubRuns) {
    const why = 'sub-runs are under way, and they are bound to the workflow that began them'
    return { verdict: 'refuse', differing, why }
  }
  return { verdict: 'migrate', differing, why: '' }
}

function differences(old: Outline, edited: Outline, at: Standing): readonly string[] {
  const steps = [...reachable(old, at)].flatMap((name) => {
    const before = ownStep(old, name)
    const after = ownStep(edited, name)
    if (before === undefined) return []
    if (after === undefined) return [`${name} (gone)`]
    const parts = changed(before.parts, after.parts)
    return parts.length === 0 ? [] : [`${name} (${parts.join(', ')})`]
  })
  const whole = changed(old.whole, edited.whole)
  return whole.length === 0 ? steps : [...steps, `the whole workflow (${whole.join(', ')})`]
}

function changed(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].filter((key) => before[key] !== after[key]).toSorted()
}

function ownStep(outline: Outline, name: string): StepOutline | undefined {
  return Object.hasOwn(outline.steps, name) ? outline.steps[name] : undefined
}

/** Every step that a run can still come to, in any turn, the one that it is in included. */
function reachable(outline: Outline, at: Standing): ReadonlySet<string> {
  const found = new Set<string>()
  const open = at.steps.length === 0 ? [outline.start] : [...at.steps]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue
    found.add(name)
    open.push(...(ownStep(outline, name)?.to ?? []))
  }
  return found
}
