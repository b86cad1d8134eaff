import { DECISION_SCHEMA } from '../decision-shape.ts'
import { checkTypes, outputSchema } from './check-types.ts'
import { compileSpan } from './compile-limits.ts'
import { checkDecisions } from './compile-policy.ts'
import { checkSchema } from './compile-schema.ts'
import { compileText } from './compile-text.ts'
import type { Condition } from '../condition/condition.ts'
import { errorAt, legalNames, type Issue, type IssuePath } from '../issue.ts'
import type { JsonObject } from '../json.ts'
import type { JsonPath } from '../path/json-path.ts'
import type { PlanNext, PlanStep, PlanTool } from '../plan.ts'
import { namedSteps, workflowKey, type NamedStep } from './named-steps.ts'
import { checkTools, resolveCondition, resolvePath, STEP_ROOTS, type Scope } from './references.ts'
import type { NextSpec, StepSpec, WorkflowSpec } from '../spec.ts'
import type { Template } from '../template/template.ts'

interface Known {
  readonly tools: ReadonlyMap<string, PlanTool>
  readonly issues: Issue[]
}

const DEFAULT_ITERATIONS = 25
const DEFAULT_PARALLEL = 4
const DEFAULT_TIMEOUT_SECONDS = 300

/** Compiles the steps, in order. */
export function compileSteps(spec: WorkflowSpec, known: Known): ReadonlyMap<string, PlanStep> {
  checkDecisions(spec, known.issues)
  const steps = namedSteps(spec)
  const context: StepContext = {
    ...known,
    workflow: spec,
    names: new Set(steps.map((step) => step.name)),
    outputs: new Map(steps.map((step) => [step.name, outputOf(step.spec)])),
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

function outputOf(spec: StepSpec): JsonObject {
  return spec.each === undefined ? outputSchema(spec.output) : { type: 'array' }
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
  const slots = new Set(Object.keys(workflow.slots ?? {}))
  const scope: Scope = { ...context, roots: STEP_ROOTS, steps: context.names, slots }
  checkTools(spec.tools ?? [], [...at, 'tools'], scope)
  checkStepName(spec.reenter, [...at, 'reenter'], context)
  checkChoice(spec, [...at, 'choose'], context.issues)
  const { issues } = context
  const place = { at: [...at, 'prompt'], input: workflow.input, slots, issues }
  const prompt = spec.prompt === undefined ? NO_TEXT : (compileText(spec.prompt, place) ?? NO_TEXT)
  checkKind(spec, at, issues)
  return {
    name: step.name,
    prompt,
    quotesMessage: quotesMessage(prompt),
    tools: [...new Set(toolsOf(spec))].toSorted(),
    choose: spec.choose ?? (endsByTool(step) ? 'required' : 'auto'),
    each: compileEach(spec, at, scope),
    fail: compileFail(spec, at, context),
    checkpoint: spec.checkpoint ?? null,
    budget: compileSpan(spec.budget),
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
    write: spec.write === undefined ? null : [spec.write].flat(),
    timeoutMs: (spec.timeout ?? workflow.timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
  }
}

/** A step that writes an artifact has the tool for it in scope. */
function toolsOf({ tools = [], write }: StepSpec): readonly string[] {
  return write === undefined ? tools : [...tools, 'store_artifact']
}

/** A phase: it is left on a tool's result alone, so that a tool is all that a model may answer (S4.10). */
function endsByTool({ spec: { next, tools = [], write } }: NamedStep): boolean {
  if (tools.length === 0 && write === undefined) return false
  const listed = typeof next === 'object' && next.length > 0
  return tools.includes('finish') || (listed && next.every(({ after }) => after !== undefined))
}

/** A step asks a model, or runs a workflow for each item of a list. */
function checkKind(spec: StepSpec, at: IssuePath, issues: Issue[]): void {
  if (spec.each === undefined) {
    if (spec.prompt === undefined) {
      issues.push(
        errorAt(
          [...at, 'prompt'],
          '`prompt` is missing; expected a text (or `each` with `run`, to fan out)',
        ),
      )
    }
    for (const key of ['run', 'parallel', 'policy'] as const) {
      if (spec[key] !== undefined) {
        issues.push(errorAt([...at, key], `\`${key}\` goes with \`each\`: the items to run it for`))
      }
    }
    return
  }
  if (spec.run === undefined)
    issues.push(errorAt(at, '`each` needs `run`: the workflow of one item'))
  for (const key of ['prompt', 'tools', 'choose', 'output', 'model', 'settings'] as const) {
    if (spec[key] !== undefined) {
      const message = `an \`each\` step asks no model, so \`${key}\` means nothing; it belongs into \`run\``
      issues.push(errorAt([...at, key], message))
    }
  }
}

/** What no model wrote: items from here are facts that a sub-run's gates may read. */
const TRUSTED_ROOTS: ReadonlySet<string> = new Set(['input', 'user', 'tools', 'calls', 'session'])

function compileEach(spec: StepSpec, at: IssuePath, scope: Scope): PlanStep['each'] {
  if (spec.each === undefined || spec.run === undefined) return null
  const items =
    typeof spec.each === 'string' ? resolvePath(spec.each, [...at, 'each'], scope) : spec.each
  if (items === null) return null
  const trusted = 'select' in items ? isModelFree(items, scope) : true
  return {
    items,
    trusted,
    workflow: workflowKey(spec.run, [...at, 'run']),
    parallel: spec.parallel ?? DEFAULT_PARALLEL,
    policy: spec.policy ?? 'all',
  }
}

/** True when no model wrote what a path selects; what a sub-run answered is a model's words. */
function isModelFree(path: JsonPath, scope: Scope): boolean {
  const { roots, leading } = path
  if (roots === null || [...roots].some((root) => !TRUSTED_ROOTS.has(root))) return false
  const [root, name] = leading
  if (root !== 'tools') return !roots.has('tools')
  const named = typeof name === 'string' ? scope.tools.get(name) : undefined
  return named !== undefined && named.kind !== 'workflow'
}

function compileFail(spec: StepSpec, at: IssuePath, context: StepContext): PlanStep['fail'] {
  if (spec.fail === undefined) return null
  if (spec.fail === 'stop') return { type: 'stop' }
  if (!('rewind' in spec.fail)) {
    checkStepName(spec.fail.to, [...at, 'fail', 'to'], context)
    return { type: 'to', step: spec.fail.to }
  }
  const { rewind, to = null } = spec.fail
  if (to !== null) checkStepName(to, [...at, 'fail', 'to'], context)
  const named = namedSteps(context.workflow).map((step) => step.spec.checkpoint)
  const legal = [...context.names, ...named.filter((name) => name !== undefined), 'start']
  if (!legal.includes(rewind)) {
    const message = `there is no checkpoint \`${rewind}\`; ${legalNames(rewind, legal)}`
    context.issues.push(errorAt([...at, 'fail', 'rewind'], message))
  }
  return { type: 'rewind', checkpoint: rewind, step: to }
}

function checkChoice(spec: StepSpec, at: IssuePath, issues: Issue[]): void {
  const { choose } = spec
  const tools = toolsOf(spec)
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
  const inScope = toolsOf(step.spec)
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
  checkDoubt(condition, place)
  const schemas = {
    output: outputs.get(place.step.name),
    input: workflow.input,
    decision: DECISION_SCHEMA,
  }
  checkTypes(condition, { at: place.at, schemas, tools, steps: outputs, issues })
}

/** What is never set would be a condition that never holds. */
function checkDoubt(
  { paths }: Condition,
  { at, context }: { readonly at: IssuePath; readonly context: StepContext },
): void {
  const { decisions } = context.workflow
  const isSet = typeof decisions === 'object' && decisions.doubt !== undefined
  const reads = paths.find(
    ({ leading: [root, part] }) => root === 'decision' && part === 'in_doubt',
  )
  if (isSet || reads === undefined) return
  const message = `\`${reads.text}\` is never true here: say when a run is in doubt, like \`decisions: { mode: native, doubt: { below: 0.5, turns: 3 } }\``
  context.issues.push(errorAt(at, message))
}

function checkStepName(name: string | undefined, at: IssuePath, context: StepContext): void {
  if (name === undefined || context.names.has(name)) return
  context.issues.push(
    errorAt(at, `there is no step \`${name}\`; ${legalNames(name, context.names)}`),
  )
}
