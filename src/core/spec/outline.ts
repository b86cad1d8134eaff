import { digestOf } from './digest.ts'
import type { Json } from './json.ts'
import { namedSteps, type NamedStep } from './compile/named-steps.ts'
import type { Plan, PlanStep, PlanTool } from './plan.ts'

/*
 * A definition in outline: of each step what it rests on, as digests, and where it can lead. Kept
 * beside the definition, so that one can be compared with an edited one also when its modules are
 * gone (Law 13).
 */

/** What a step rests on, by name (`prompt`, `tool pay`, `gate small`), and the steps it can lead to. */
export type StepOutline = {
  readonly parts: Readonly<Record<string, string>>
  readonly to: readonly string[]
}

/** A definition in outline; plain JSON. */
export type Outline = {
  readonly start: string
  /** What holds for all steps, by the key of the workflow. */
  readonly whole: Readonly<Record<string, string>>
  readonly steps: Readonly<Record<string, StepOutline>>
  readonly tools: readonly string[]
}

/** What holds for the whole run, whichever step it is in. */
const WHOLE = [
  'instructions',
  'budget',
  'prices',
  'approval',
  'people',
  'handoff',
  'metadata',
  'slots',
  'locale',
  'refuse',
  'decisions',
  'memory',
  'guidelines',
] as const

/** Draws the outline of a definition; the same definition gives the same one. */
export function outlineOf(plan: Plan): Outline {
  const { spec, start } = plan
  const partOf = partsOf(plan)
  const whole: [string, string][] = WHOLE.flatMap((key) => {
    const value = spec[key]
    return value === undefined ? [] : [[key, digestOf(plain(value))] as [string, string]]
  })
  whole.push(['scope', digestOf(plan.scope)])
  // In a stable prefix every tool is sent in every step.
  const sent = plan.scope === 'stable' ? plan.toolNames : []
  for (const name of sent) whole.push([`tool ${name}`, partOf.tool(name)])
  const steps = namedSteps(spec).flatMap((named): [string, StepOutline][] => {
    const step = plan.steps.get(named.name)
    return step === undefined
      ? []
      : [[named.name, { parts: stepParts(named, step, partOf), to: waysOf(plan, step) }]]
  })
  return {
    start,
    whole: Object.fromEntries(whole),
    steps: Object.fromEntries(steps),
    tools: [...plan.tools.keys()],
  }
}

/** As JSON holds it: without members that are not there. */
function plain(value: object | string): Json {
  return JSON.parse(JSON.stringify(value))
}

interface Parts {
  readonly artifacts: NonNullable<Plan['spec']['artifacts']>
  readonly tool: (name: string) => string
  /** By name, the gates of a tool. */
  readonly gates: (tool: string) => readonly (readonly [string, string])[]
  readonly workflow: (key: string) => string
  readonly undoOf: (tool: string) => string | null
}

/** Digests of tools, gates and sub-workflows, each made once. */
function partsOf(plan: Plan): Parts {
  const { spec, modules } = plan
  const tools = new Map<string, string>()
  const gates = new Map<string, string>()
  const moduleOf = (path: string | undefined): string => modules[path ?? ''] ?? ''
  const toolPart = (name: string): string => {
    const declared = spec.tools?.[name]
    const tool = plan.tools.get(name)
    const workflow = plan.workflows.get(tool?.workflow ?? '')?.digest ?? ''
    return digestOf([
      declared === undefined ? null : plain(declared),
      moduleOf(declared?.module),
      workflow,
      tool === undefined ? null : toolFacts(tool),
    ])
  }
  const gatePart = (name: string): string => {
    const gate = spec.gates?.[name]
    return digestOf([gate === undefined ? null : plain(gate), moduleOf(gate?.check?.module)])
  }
  return {
    artifacts: spec.artifacts ?? {},
    tool: (name) => once(tools, name, toolPart),
    gates: (tool) =>
      (plan.gatesOn.get(tool) ?? []).map(({ name }) => [name, once(gates, name, gatePart)]),
    workflow: (key) => plan.workflows.get(key)?.digest ?? '',
    undoOf: (tool) => plan.tools.get(tool)?.undo?.tool ?? null,
  }
}

function once(known: Map<string, string>, name: string, make: (name: string) => string): string {
  const part = known.get(name) ?? make(name)
  known.set(name, part)
  return part
}

function toolFacts(tool: PlanTool): Json {
  const { kind, about, input, output, effect, risk, idempotent, trust, timeoutMs } = tool
  const retry = [...tool.retry].map(([code, rule]) => [code, plain(rule)])
  const breaker = tool.breaker === null ? null : plain(tool.breaker)
  return { kind, about, input, output, effect, risk, idempotent, trust, timeoutMs, retry, breaker }
}

/** Keys of a step that say nothing of how it runs. */
const SILENT: ReadonlySet<string> = new Set(['name', 'about', 'tools', 'run'])

function stepParts(named: NamedStep, step: PlanStep, partOf: Parts): StepOutline['parts'] {
  const parts = new Map<string, string>()
  for (const [key, value] of Object.entries(named.spec)) {
    if (!SILENT.has(key)) parts.set(key, digestOf(plain({ value })))
  }
  // What the workflow's own defaults make of the step.
  const { model, settings, timeoutMs, iterations } = step
  parts.set('model', digestOf([model, plain(settings)]))
  parts.set('limits', digestOf([timeoutMs, iterations]))
  if (named.spec.next === undefined) parts.set('next', digestOf(named.following))
  parts.set('tools', digestOf([...step.tools]))
  if (step.each !== null) parts.set('run', partOf.workflow(step.each.workflow))
  for (const name of written(step, partOf.artifacts)) {
    parts.set(`artifact ${name}`, digestOf(plain({ spec: partOf.artifacts[name] })))
  }
  for (const name of step.tools) {
    addTool(parts, name, partOf)
    const undo = partOf.undoOf(name)
    if (undo !== null) addTool(parts, undo, partOf)
  }
  return Object.fromEntries(parts)
}

/** The artifacts that a step may write, or have verified. */
function written({ write, tools }: PlanStep, artifacts: Parts['artifacts']): readonly string[] {
  const free = tools.includes('store_artifact') || tools.includes('artifact_create')
  if (tools.includes('verify_artifact')) return Object.keys(artifacts)
  return write ?? (free ? Object.keys(artifacts) : [])
}

function addTool(parts: Map<string, string>, name: string, partOf: Parts): void {
  parts.set(`tool ${name}`, partOf.tool(name))
  for (const [gate, part] of partOf.gates(name)) parts.set(`gate ${gate}`, part)
}

/** Every step that can follow, in this turn or a later one. */
function waysOf(plan: Plan, step: PlanStep): readonly string[] {
  const ways = new Set(step.next.map(({ to }) => to))
  if (step.reenter !== null) ways.add(step.reenter)
  const { fail } = step
  if (fail?.type === 'to') ways.add(fail.step)
  if (fail?.type === 'rewind') {
    if (fail.step !== null) ways.add(fail.step)
    for (const each of plan.steps.values()) {
      if (each.name === fail.checkpoint || each.checkpoint === fail.checkpoint) ways.add(each.name)
    }
    if (fail.checkpoint === 'start') ways.add(plan.start)
  }
  return [...ways]
}
