import { checkTaint } from './check-taint.ts'
import { warningAt, type Issue, type IssuePath } from '../issue.ts'
import type { Plan, PlanStep } from '../plan.ts'
import { namedSteps } from './named-steps.ts'

/** Warns of what compiles but is probably not meant: dead steps, missing catch-alls, unused tools. */
export function checkGraph(plan: Plan): readonly Issue[] {
  const places = new Map(namedSteps(plan.spec).map((step) => [step.name, step.at]))
  const at = (step: string): IssuePath => places.get(step) ?? ['steps']
  return [
    ...unreachable(plan, at),
    ...catchAlls(plan, at),
    ...circles(plan, at),
    ...unusedTools(plan),
    ...idleGates(plan),
    ...checkTaint(plan),
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
    const ways = [...step.next.map((next) => next.to), step.reenter, wayOnFailure(step)]
    open.push(...ways.filter((way) => way !== null))
  }
  return reached
}

/** The step at which the run goes on when a step fails, where it names one. */
function wayOnFailure({ fail }: PlanStep): string | null {
  return fail?.type === 'to' || fail?.type === 'rewind' ? fail.step : null
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

/** Steps that lead only to each other, where nothing makes the run rest: it ends at the limit. */
function circles(plan: Plan, at: (step: string) => IssuePath): readonly Issue[] {
  const seen = new Set<string>()
  const issues: Issue[] = []
  for (const start of plan.steps.keys()) {
    const walked: string[] = []
    let name: string | undefined = start
    while (name !== undefined && !seen.has(name)) {
      seen.add(name)
      walked.push(name)
      name = onlyNext(plan, name)
    }
    const from = name === undefined ? -1 : walked.indexOf(name)
    if (from < 0) continue
    const circle = walked.slice(from)
    const first = circle[0] ?? start
    const message = `${[...circle, first].join(' → ')} has no way out: a turn ends only at its limit of ${plan.budget.transitions} transitions`
    issues.push(warningAt([...at(first), 'next'], message))
  }
  return issues
}

/** The one step that always follows; undefined when there is a choice, an end or a rest. */
function onlyNext(plan: Plan, name: string): string | undefined {
  const step = plan.steps.get(name)
  const rests = step?.tools.some((tool) => mayRest(plan, tool)) ?? true
  const [only, ...others] = step?.next ?? []
  if (rests || only === undefined || others.length > 0) return undefined
  return only.when === null && only.after === null ? only.to : undefined
}

function mayRest(plan: Plan, tool: string): boolean {
  const gates = plan.gatesOn.get(tool) ?? []
  return (
    plan.tools.get(tool)?.kind !== 'server' || gates.some((gate) => gate.otherwise !== 'refuse')
  )
}

/** The tools that may be called: those in scope, and those that take an effect back. */
function usedTools(plan: Plan): ReadonlySet<string> {
  return new Set([
    ...plan.toolNames,
    ...plan.toolNames.flatMap((name) => plan.tools.get(name)?.undo?.tool ?? []),
  ])
}

function unusedTools(plan: Plan): readonly Issue[] {
  const used = usedTools(plan)
  return Object.keys(plan.spec.tools ?? {})
    .filter((name) => !used.has(name))
    .map((name) =>
      warningAt(['tools', name], `\`${name}\` is in no step's tools: it can never be called`),
    )
}

function idleGates(plan: Plan): readonly Issue[] {
  const used = usedTools(plan)
  const callable = callableTools(plan, used)
  return Object.entries(plan.spec.gates ?? {}).flatMap(([name, gate]) => {
    const named = typeof gate.on === 'string' ? [gate.on] : gate.on
    const on = gate.on === '*' ? [] : named
    const at = (index: number): IssuePath =>
      typeof gate.on === 'string' ? ['gates', name, 'on'] : ['gates', name, 'on', index]
    const idle = on.flatMap((tool, index) =>
      used.has(tool)
        ? []
        : [warningAt(at(index), `no step has \`${tool}\`, so this gate never judges it`)],
    )
    const never = (gate.needs ?? []).flatMap((tool, index) => {
      if (callable.has(tool)) return []
      const why = used.has(tool)
        ? `\`${tool}\` can never have succeeded before, as gates need one before the other`
        : `no step has \`${tool}\``
      return [
        warningAt(['gates', name, 'needs', index], `${why}, so this gate can never be passed`),
      ]
    })
    return [...idle, ...never]
  })
}

/** The tools that can succeed at some time, as far as `needs` goes: a least fixed point. */
function callableTools(plan: Plan, used: ReadonlySet<string>): ReadonlySet<string> {
  const callable = new Set<string>()
  for (let before = -1; before < callable.size;) {
    before = callable.size
    for (const tool of used) {
      const needs = (plan.gatesOn.get(tool) ?? []).flatMap((gate) => gate.needs)
      if (needs.every((need) => callable.has(need))) callable.add(tool)
    }
  }
  return callable
}
