import { checkTypes } from './check-types.ts'
import { errorAt, warningAt, type Issue, type IssuePath } from './issue.ts'
import type { JsonPath } from './json-path.ts'
import type { PlanGate, PlanTool, Provenance } from './plan.ts'
import { checkTools, GATE_ROOTS, resolveCondition, resolvePath, type Scope } from './references.ts'
import type { GateSpec, WorkflowSpec } from './spec.ts'

interface Known {
  readonly tools: ReadonlyMap<string, PlanTool>
  readonly issues: Issue[]
}

/** Compiles every gate and lists them by the tool they hold, in the order they were written. */
export function compileGates(
  spec: WorkflowSpec,
  known: Known,
): ReadonlyMap<string, readonly PlanGate[]> {
  const gatesOn = new Map<string, PlanGate[]>()
  for (const [name, gateSpec] of Object.entries(spec.gates ?? {})) {
    const scope: Scope = { roots: GATE_ROOTS, tools: known.tools, issues: known.issues }
    const gate = compileGate(name, gateSpec, scope)
    const on = typeof gateSpec.on === 'string' ? [gateSpec.on] : gateSpec.on
    checkTools(on, ['gates', name, 'on'], scope)
    for (const tool of on) {
      gatesOn.set(tool, [...(gatesOn.get(tool) ?? []), gate])
      const planTool = known.tools.get(tool)
      if (gate.allow === null || planTool === undefined) continue
      checkTypes(gate.allow, {
        at: ['gates', name, 'allow'],
        schemas: { args: planTool.input, input: spec.input },
        tools: spec.tools ?? {},
        issues: known.issues,
      })
    }
  }
  return gatesOn
}

function compileGate(name: string, spec: GateSpec, scope: Scope): PlanGate {
  const at: IssuePath = ['gates', name]
  checkTools(spec.needs ?? [], [...at, 'needs'], scope)
  if (
    [spec.needs, spec.allow, spec.from, spec.limit, spec.confirm].every(
      (rule) => rule === undefined,
    )
  ) {
    scope.issues.push(
      errorAt(at, 'has no rule: give at least one of `needs`, `allow`, `from`, `limit`, `confirm`'),
    )
  }
  if (['unknown', 'scope', 'arguments', 'budget', 'risk'].includes(name)) {
    scope.issues.push(
      warningAt(
        at,
        `\`${name}\` is also the name of a built-in gate; the ledger will be hard to read`,
      ),
    )
  }
  return {
    name,
    about: spec.about ?? null,
    needs: spec.needs ?? [],
    allow: spec.allow === undefined ? null : resolveCondition(spec.allow, [...at, 'allow'], scope),
    from: Object.entries(spec.from ?? {}).flatMap(([argument, sources]) =>
      compileProvenance({ argument, sources, at: [...at, 'from', argument] }, scope),
    ),
    limit: compileLimit(spec, [...at, 'limit', 'per'], scope),
    confirm: spec.confirm ?? false,
    otherwise: spec.else ?? (spec.confirm === true ? 'approve' : 'refuse'),
  }
}

function compileLimit(spec: GateSpec, at: IssuePath, scope: Scope): PlanGate['limit'] {
  if (spec.limit === undefined) return null
  const { calls, per } = spec.limit
  return { calls, per: per === undefined ? null : resolvePath(per, at, scope) }
}

function compileProvenance(
  entry: {
    readonly argument: string
    readonly sources: string | readonly string[]
    readonly at: IssuePath
  },
  scope: Scope,
): readonly Provenance[] {
  const text = entry.argument.startsWith('$') ? entry.argument : `$.args.${entry.argument}`
  const argument = resolvePath(text, entry.at, scope)
  if (argument !== null && argument.root !== 'args') {
    scope.issues.push(
      errorAt(entry.at, '`from` is keyed by an argument: a name, or a path under `$.args`'),
    )
  }
  const texts = typeof entry.sources === 'string' ? [entry.sources] : entry.sources
  const sources = texts
    .map((source) => resolvePath(source, entry.at, scope))
    .filter((source): source is JsonPath => source !== null)
  if (sources.some((source) => source.root === 'args')) {
    scope.issues.push(
      errorAt(entry.at, 'an argument cannot be its own source; name a tool result or the input'),
    )
  }
  return argument === null ? [] : [{ argument, sources }]
}
