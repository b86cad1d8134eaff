import { outlineOf, type Outline } from '../../core/spec/outline.ts'
import type { Plan } from '../../core/spec/plan.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'

/** A definition as a store keeps it: a spec, and those of the workflows that it runs (Law 13). */
export interface Definition {
  readonly spec: WorkflowSpec
  /** By the name under which the spec knows them. */
  readonly workflows: ReadonlyMap<string, Definition>
  /** What an edited definition is compared with; null of one that an older version stored. */
  readonly outline: Outline | null
}

interface Written {
  readonly spec: WorkflowSpec
  readonly outline?: Outline
  readonly workflows?: Readonly<Record<string, Written>>
}

/** What was written down of a plan: it never changes, and runtimes come and go. */
const encoded = new WeakMap<Plan, string>()

/** Writes down a definition with its sub-workflows, so that a run goes on when their files change. */
export function encodeDefinition(plan: Plan): string {
  const known = encoded.get(plan)
  if (known !== undefined) return known
  const text = JSON.stringify({ ...toWritten(plan), outline: outlineOf(plan) })
  encoded.set(plan, text)
  return text
}

function toWritten({ spec, workflows }: Plan): Written {
  if (workflows.size === 0) return { spec }
  const below = [...workflows].map(([key, plan]) => [key, toWritten(plan)] as const)
  return { spec, workflows: Object.fromEntries(below) }
}
