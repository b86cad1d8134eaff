import { checkGateArguments } from './check-gate-arguments.ts'
import { checkNames, checkTypes, type Typing } from './check-types.ts'
import { compileApproval } from './compile-limits.ts'
import { errorAt, warningAt, type Issue, type IssuePath } from '../issue.ts'
import type { JsonPath } from '../path/json-path.ts'
import type { PlanGate, PlanTool, Provenance } from '../plan.ts'
import { checkTools, GATE_ROOTS, resolveCondition, resolvePath, type Scope } from './references.ts'
import type { GateSpec, WorkflowSpec } from '../spec.ts'

interface Known {
  readonly tools: ReadonlyMap<string, PlanTool>
  readonly issues: Issue[]
}

/** The names that the kernel's own gates have in the ledger. */
const BUILT_IN_GATES = ['unknown', 'scope', 'arguments', 'reference', 'breaker', 'budget', 'risk']
const RULES = ['needs', 'allow', 'from', 'limit', 'clean', 'confirm', 'check'] as const
const DEFAULT_CHECK_SECONDS = 5

/** Compiles every gate and lists them by the tool they hold, in the order they were written. */
export function compileGates(
  spec: WorkflowSpec,
  known: Known,
): ReadonlyMap<string, readonly PlanGate[]> {
  const gatesOn = new Map<string, PlanGate[]>()
  for (const [name, gateSpec] of Object.entries(spec.gates ?? {})) {
    const slots = new Set(Object.keys(spec.slots ?? {}))
    const scope: Scope = { roots: GATE_ROOTS, tools: known.tools, slots, issues: known.issues }
    const approval = compileApproval(gateSpec.approval, spec.approval)
    const gate = { ...compileGate(name, gateSpec, scope), approval }
    const held = heldTools(name, gateSpec, scope)
    for (const tool of held) gatesOn.set(tool, [...(gatesOn.get(tool) ?? []), gate])
    checkGate(gate, { spec, ...known, held })
  }
  return gatesOn
}

/** The tools that a gate holds: those that it names, or with `*` all but the kernel's own. */
function heldTools(name: string, spec: GateSpec, scope: Scope): ReadonlySet<string> {
  const at: IssuePath = ['gates', name]
  const except = new Set(spec.except ?? [])
  checkTools(spec.except ?? [], [...at, 'except'], scope)
  if (spec.on === '*') {
    const all = [...scope.tools.values()].filter(({ outward }) => outward)
    return new Set(all.map((tool) => tool.name).filter((tool) => !except.has(tool)))
  }
  if (spec.except !== undefined) {
    scope.issues.push(
      errorAt([...at, 'except'], "`except` goes with `on: '*'`: name the tools in `on`"),
    )
  }
  checkTools(spec.on, [...at, 'on'], scope)
  return new Set(typeof spec.on === 'string' ? [spec.on] : spec.on)
}

/** What a gate reads is looked at for each tool that it holds: their arguments differ. */
function checkGate(
  gate: PlanGate,
  on: Known & { readonly spec: WorkflowSpec; readonly held: ReadonlySet<string> },
): void {
  const { issues } = on
  const tools = [...on.held].flatMap((name) => on.tools.get(name) ?? [])
  const everything = on.spec.gates?.[gate.name]?.on === '*'
  const typing = (tool: PlanTool | null, ...path: IssuePath): Typing => ({
    at: ['gates', gate.name, ...path],
    schemas: { args: tool?.input, input: on.spec.input },
    tools: on.tools,
    ...(tool === null ? {} : { about: `for ${tool.name}: ` }),
    issues,
  })
  checkGateArguments(gate, { tools, everything, typing, issues })
  // What all tools are held by reads what only some of them have.
  for (const tool of everything ? [null] : tools) {
    if (gate.allow !== null) checkTypes(gate.allow, typing(tool, 'allow'))
    for (const { sources } of gate.from) checkNames(sources, typing(tool, 'from'))
    const per = gate.limit?.per ?? null
    if (per !== null && per.root !== 'args') checkNames([per], typing(tool, 'limit', 'per'))
  }
}

function compileGate(name: string, spec: GateSpec, scope: Scope): Omit<PlanGate, 'approval'> {
  const at: IssuePath = ['gates', name]
  checkTools(spec.needs ?? [], [...at, 'needs'], scope)
  if (RULES.every((rule) => spec[rule] === undefined)) {
    scope.issues.push(errorAt(at, `has no rule: give at least one of ${RULES.join(', ')}`))
  }
  if (BUILT_IN_GATES.includes(name)) {
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
    clean: (spec.clean ?? []).flatMap((argument, index) => {
      const path = compileArgument(argument, [...at, 'clean', index], scope)
      return path === null ? [] : [path]
    }),
    confirm: spec.confirm ?? false,
    check:
      spec.check === undefined
        ? null
        : { timeoutMs: (spec.check.timeout ?? DEFAULT_CHECK_SECONDS) * 1000 },
    otherwise: spec.else ?? (asks(spec) ? 'approve' : 'refuse'),
  }
}

/** What a person can answer is asked, not refused, unless the author says so. */
function asks(spec: GateSpec): boolean {
  return spec.confirm === true || spec.clean !== undefined
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
  const argument = compileArgument(entry.argument, entry.at, scope)
  const { at, sources: written } = entry
  const sources = (
    typeof written === 'string'
      ? [resolvePath(written, at, scope)]
      : written.map((source, index) => resolvePath(source, [...at, index], scope))
  ).filter((source) => source !== null)
  if (sources.some((source) => source.root === 'args')) {
    scope.issues.push(
      errorAt(entry.at, 'an argument cannot be its own source; name a tool result or the input'),
    )
  }
  return argument === null ? [] : [{ argument, sources }]
}

function compileArgument(written: string, at: IssuePath, scope: Scope): JsonPath | null {
  const argument = resolvePath(argumentPath(written), at, scope)
  if (argument !== null && argument.root !== 'args') {
    scope.issues.push(errorAt(at, 'this is keyed by an argument: a name, or a path under `$.args`'))
  }
  return argument
}

/** An argument is named as it is, however it is spelt (`order-id`), or by a path. */
function argumentPath(argument: string): string {
  if (argument.startsWith('$')) return argument
  return /^[A-Za-z_][\w.[\]*]*$/.test(argument)
    ? `$.args.${argument}`
    : `$.args[${JSON.stringify(argument)}]`
}
