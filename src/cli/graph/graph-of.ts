import type { Plan, PlanNext, PlanStep, PlanTool } from '../../core/spec/plan.ts'

/** A workflow as it is drawn; every format shows the same. */
export interface Graph {
  readonly name: string
  readonly start: string
  readonly steps: readonly GraphStep[]
}

export interface GraphStep {
  readonly name: string
  readonly tools: readonly GraphTool[]
  /** The artifacts that it writes, and who does: `letter (composer, verifier from 7)`. */
  readonly writes: readonly string[]
  readonly next: readonly GraphEdge[]
  /** Where a later message resumes, if it says. */
  readonly reenter: string | null
}

interface GraphTool {
  readonly name: string
  /** What holds it, in the order in which it is judged: `verified`, `small → escalate`. */
  readonly gates: readonly string[]
}

interface GraphEdge {
  readonly to: string
  /** When it is taken; empty when always. */
  readonly label: string
}

/** Reads what there is to draw from a plan. */
export function graphOf(plan: Plan): Graph {
  return {
    name: plan.name,
    start: plan.start,
    steps: [...plan.steps.values()].map((step) => ({
      name: step.name,
      tools: [
        ...fanOut(step),
        ...step.tools.map((name) => ({ name: toolLabel(plan, name), gates: gatesOf(plan, name) })),
      ],
      writes: (step.write ?? []).map((name) => writing(plan, name)),
      next: [...step.next.map((next, index) => edgeOf(next, index)), ...onFailure(step)],
      reenter: step.reenter,
    })),
  }
}

/** What a step that fans out runs, in the place of tools, of which it has none. */
function fanOut({ each }: PlanStep): readonly GraphTool[] {
  if (each === null) return []
  const items = 'select' in each.items ? each.items.text : `${each.items.length} items`
  return [{ name: `each of ${items}: ${each.workflow}, ${each.parallel} at once`, gates: [] }]
}

function writing(plan: Plan, name: string): string {
  const { compose = null, verify = null } = plan.artifacts.get(name) ?? {}
  const roles = [
    ...(compose === null ? [] : ['composer']),
    ...(verify === null ? [] : [`verifier from ${verify.pass}`]),
  ]
  return roles.length === 0 ? name : `${name} (${roles.join(', ')})`
}

function toolLabel(plan: Plan, name: string): string {
  const workflow = plan.workflows.get(plan.tools.get(name)?.workflow ?? '')
  return workflow === undefined ? name : `${name} (runs ${workflow.name})`
}

function gatesOf(plan: Plan, name: string): readonly string[] {
  const tool: PlanTool | undefined = plan.tools.get(name)
  const declared = (plan.gatesOn.get(name) ?? []).map((gate) =>
    gate.otherwise === 'refuse' ? gate.name : `${gate.name} → ${gate.otherwise}`,
  )
  return [...(tool?.risk === 'high' ? ['risk → approve'] : []), ...declared]
}

/** A catch-all after conditions is what happens otherwise; alone it needs no word. */
/** Where a step leads that cannot be completed. */
function onFailure({ fail }: PlanStep): readonly GraphEdge[] {
  switch (fail?.type) {
    case 'to':
      return [{ to: fail.step, label: 'on failure' }]
    case 'rewind': {
      const label = `on failure, back to ${fail.checkpoint}`
      return fail.step === null ? [] : [{ to: fail.step, label }]
    }
    case 'stop':
    case undefined:
      return []
  }
}

function edgeOf(next: PlanNext, index: number): GraphEdge {
  const parts = [
    ...(next.after === null ? [] : [`after ${next.after}`]),
    ...(next.when === null ? [] : [`when ${next.when.source}`]),
  ]
  const label = parts.length === 0 && index > 0 ? 'otherwise' : parts.join(', ')
  return { to: next.to, label: label.replace(/\s+/g, ' ') }
}
