import { warningAt, type Issue, type IssuePath } from './issue.ts'
import type { Plan, PlanStep } from './plan.ts'
import { namedSteps } from './compile-steps.ts'

/** Warns of what compiles but is probably not meant: dead steps, missing catch-alls, unused tools. */
export function checkGraph(plan: Plan): readonly Issue[] {
  const places = new Map(namedSteps(plan.spec).map((step) => [step.name, step.at]))
  const at = (step: string): IssuePath => places.get(step) ?? ['steps']
  return [
    ...unreachable(plan, at),
    ...catchAlls(plan, at),
    ...unusedTools(plan),
    ...idleGates(plan),
  ]
}

/** The steps that a run can come to, from the start and from every re-entry. */
export function reachableSteps(plan: Plan, from: string = plan.start): ReadonlySet<string> {
  const reached = new Set<string>()
  const open = [from]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const step = plan.steps.get(name)
    if (step === undefined || reached.has(name)) continue
    reached.add(name)
    open.push(...step.next.map((next) => next.to), ...(step.reenter === null ? [] : [step.reenter]))
  }
  return reached
}

function unreachable(plan: Plan, at: (step: string) => IssuePath): readonly Issue[] {
  const reached = reachableSteps(plan)
  return [...plan.steps.keys()]
    .filter((name) => !reached.has(name))
    .map((name) => warningAt(at(name), `no step leads to \`${name}\`: it can never run`))
}

function catchAlls(plan: Plan, at: (step: string) => IssuePath): readonly Issue[] {
  return [...plan.steps.values()].flatMap((step) => {
    const atText = step.next.filter((next) => next.after === null)
    const catchAll = atText.findIndex((next) => next.when === null)
    if (catchAll >= 0 && catchAll < atText.length - 1) {
      return [
        warningAt(
          [...at(step.name), 'next'],
          'entries after the catch-all (no `when`) can never fire',
        ),
      ]
    }
    if (atText.length === 0 || catchAll >= 0 || isExhaustive(step)) return []
    return [
      warningAt(
        [...at(step.name), 'next'],
        'no catch-all: when no condition holds, the turn ends here as `completed`',
      ),
    ]
  })
}

/** True when a condition and its negation are both there. */
function isExhaustive(step: PlanStep): boolean {
  const sources = new Set(
    step.next.flatMap((next) => (next.when === null ? [] : [next.when.source])),
  )
  return [...sources].some((source) => sources.has(`not (${source})`))
}

function unusedTools(plan: Plan): readonly Issue[] {
  const used = new Set(plan.toolNames)
  const undos = new Set([...plan.tools.values()].flatMap((tool) => tool.undo ?? []))
  return Object.keys(plan.spec.tools ?? {})
    .filter((name) => !used.has(name) && !undos.has(name))
    .map((name) =>
      warningAt(['tools', name], `\`${name}\` is in no step's tools: it can never be called`),
    )
}

function idleGates(plan: Plan): readonly Issue[] {
  const used = new Set(plan.toolNames)
  return Object.entries(plan.spec.gates ?? {}).flatMap(([name, gate]) => {
    const on = typeof gate.on === 'string' ? [gate.on] : gate.on
    const idle = on.every((tool) => !used.has(tool))
    const never = (gate.needs ?? []).filter((tool) => !used.has(tool))
    return [
      ...(idle
        ? [warningAt(['gates', name, 'on'], 'no step has a tool that this gate holds')]
        : []),
      ...never.map((tool) =>
        warningAt(
          ['gates', name, 'needs'],
          `no step has \`${tool}\`, so this gate can never be passed`,
        ),
      ),
    ]
  })
}
