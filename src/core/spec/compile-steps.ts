import { checkTypes, outputSchema } from './check-types.ts'
import { checkSchema } from './compile-tools.ts'
import { compileText } from './compile-text.ts'
import type { Condition } from './condition.ts'
import { errorAt, legalNames, type Issue, type IssuePath } from './issue.ts'
import type { JsonObject } from './json.ts'
import type { PlanNext, PlanStep, PlanTool } from './plan.ts'
import { checkTools, resolveCondition, STEP_ROOTS, type Scope } from './references.ts'
import type { ListStepSpec, NextSpec, StepSpec, WorkflowSpec } from './spec.ts'
import type { Template } from './template.ts'

interface Known {
  readonly tools: ReadonlyMap<string, PlanTool>
  readonly issues: Issue[]
}

interface NamedStep {
  readonly name: string
  readonly spec: StepSpec
  readonly at: IssuePath
  /** The following step of a list, which is next unless `next` says otherwise. */
  readonly following: string | null
}

const DEFAULT_ITERATIONS = 25
const DEFAULT_TIMEOUT_SECONDS = 300

/** The steps in the order they were written, with the names of a list filled in. */
export function namedSteps(spec: WorkflowSpec): readonly NamedStep[] {
  const { steps } = spec
  if (!isList(steps)) {
    return Object.entries(steps).map(([name, step]) => ({
      name,
      spec: step,
      at: ['steps', name],
      following: null,
    }))
  }
  const nameOf = (index: number): string => steps[index]?.name ?? `step-${index + 1}`
  return steps.map((step, index) => ({
    name: nameOf(index),
    spec: step,
    at: ['steps', index],
    following: index + 1 < steps.length ? nameOf(index + 1) : null,
  }))
}

function isList(steps: WorkflowSpec['steps']): steps is readonly ListStepSpec[] {
  return Array.isArray(steps)
}

/** Compiles the steps, in order. */
export function compileSteps(spec: WorkflowSpec, known: Known): ReadonlyMap<string, PlanStep> {
  const steps = namedSteps(spec)
  const context: StepContext = {
    ...known,
    workflow: spec,
    names: new Set(steps.map((step) => step.name)),
    outputs: new Map(steps.map((step) => [step.name, outputSchema(step.spec.output)])),
  }
  const compiled = new Map<string, PlanStep>()
  for (const step of steps) {
    if (compiled.has(step.name)) {
      known.issues.push(
        errorAt(step.at, `there is already a step \`${step.name}\`; choose another \`name\``),
      )
    }
    compiled.set(step.name, compileStep(step, context))
  }
  return compiled
}

interface StepContext extends Known {
  readonly workflow: WorkflowSpec
  readonly names: ReadonlySet<string>
  /** JSON Schemas of what the steps put out. */
  readonly outputs: ReadonlyMap<string, JsonObject>
}

function compileStep(step: NamedStep, context: StepContext): PlanStep {
  const { spec, at } = step
  const { workflow } = context
  const scope: Scope = { ...context, roots: STEP_ROOTS, steps: context.names }
  checkTools(spec.tools ?? [], [...at, 'tools'], scope)
  checkStepName(spec.reenter, [...at, 'reenter'], context)
  checkChoice(spec, [...at, 'choose'], context.issues)
  const { issues } = context
  const place = { at: [...at, 'prompt'], input: workflow.input, issues }
  const prompt = compileText(spec.prompt, place) ?? NO_TEXT
  return {
    name: step.name,
    prompt,
    quotesMessage: quotesMessage(prompt),
    tools: [...new Set(spec.tools ?? [])].toSorted(),
    choose: spec.choose ?? 'auto',
    output: compileOutput(spec, at, context),
    accept: (spec.accept ?? []).flatMap((text, index) => {
      const condition = resolveCondition(text, [...at, 'accept', index], scope)
      if (condition !== null) typeCheck(condition, { step, at: [...at, 'accept', index], context })
      return condition === null ? [] : [condition]
    }),
    next: compileNext(step, scope, context),
    reenter: spec.reenter ?? null,
    iterations: spec.budget?.iterations ?? workflow.budget?.iterations ?? DEFAULT_ITERATIONS,
    model: spec.model ?? workflow.model ?? null,
    settings: { ...workflow.settings, ...spec.settings },
    timeoutMs: (spec.timeout ?? workflow.timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
  }
}

function checkChoice(spec: StepSpec, at: IssuePath, issues: Issue[]): void {
  const { choose, tools = [] } = spec
  if (choose === 'required' && tools.length === 0) {
    issues.push(
      errorAt(at, 'asks for a tool call, but this step has no tools; name some in `tools`'),
    )
  }
  if (typeof choose === 'object' && !tools.includes(choose.tool)) {
    const legal = legalNames(choose.tool, tools)
    issues.push(
      errorAt([...at, 'tool'], `\`${choose.tool}\` is not in this step's tools; ${legal}`),
    )
  }
}

/** True when the prompt itself carries the user's message. */
function quotesMessage(prompt: Template): boolean {
  return prompt.variables.has('message') || /\{\{[^}]*\binput\.message\b/.test(prompt.source)
}

const NO_TEXT: Template = {
  source: '',
  variables: new Set(),
  render: () => ({ ok: true, text: '' }),
}

function compileOutput(spec: StepSpec, at: IssuePath, context: StepContext): PlanStep['output'] {
  if (spec.output === undefined) return null
  const check = checkSchema(spec.output, [...at, 'output'], context.issues)
  return check === null ? null : { schema: spec.output, check }
}

function compileNext(step: NamedStep, scope: Scope, context: StepContext): readonly PlanNext[] {
  const { next } = step.spec
  if (next === undefined) {
    return step.following === null
      ? []
      : [{ to: step.following, when: null, after: null, rule: null }]
  }
  const at = [...step.at, 'next']
  if (typeof next === 'string') {
    checkStepName(next, at, context)
    return [{ to: next, when: null, after: null, rule: 0 }]
  }
  return next.map((entry, rule) =>
    compileEntry(entry, { rule, at: [...at, rule], step }, { scope, context }),
  )
}

function compileEntry(
  entry: NextSpec,
  place: { readonly rule: number; readonly at: IssuePath; readonly step: NamedStep },
  known: { readonly scope: Scope; readonly context: StepContext },
): PlanNext {
  const { at, rule, step } = place
  checkStepName(entry.to, [...at, 'to'], known.context)
  const inScope = step.spec.tools ?? []
  if (entry.after !== undefined && !inScope.includes(entry.after)) {
    known.context.issues.push(
      errorAt(
        [...at, 'after'],
        `\`${entry.after}\` is not in this step's tools; ${legalNames(entry.after, inScope)}`,
      ),
    )
  }
  const when =
    entry.when === undefined ? null : resolveCondition(entry.when, [...at, 'when'], known.scope)
  if (when !== null) typeCheck(when, { step, at: [...at, 'when'], context: known.context })
  return { to: entry.to, when, after: entry.after ?? null, rule }
}

function typeCheck(
  condition: Condition,
  place: { readonly step: NamedStep; readonly at: IssuePath; readonly context: StepContext },
): void {
  const { workflow, outputs, tools, issues } = place.context
  const schemas = { output: outputs.get(place.step.name), input: workflow.input }
  checkTypes(condition, { at: place.at, schemas, tools, steps: outputs, issues })
}

function checkStepName(name: string | undefined, at: IssuePath, context: StepContext): void {
  if (name === undefined || context.names.has(name)) return
  context.issues.push(
    errorAt(at, `there is no step \`${name}\`; ${legalNames(name, context.names)}`),
  )
}
