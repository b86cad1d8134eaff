import { BUILT_INS, type BuiltIn } from './built-in.ts'
import { errorAt, legalNames, type Issue } from './issue.ts'
import { compileSchema, type SchemaCheck } from './json-schema.ts'
import type { PlanTool, ToolFacts, ToolKind } from './plan.ts'
import type { ToolSpec, WorkflowSpec } from './spec.ts'

interface Known {
  readonly facts: ReadonlyMap<string, ToolFacts>
  readonly issues: Issue[]
}

const DEFAULT_TIMEOUT_SECONDS = 60
const NO_ARGUMENTS = { type: 'object', additionalProperties: false } as const

/** Resolves every tool that may be named: declared, given by the runtime, or built in. */
export function compileTools(spec: WorkflowSpec, known: Known): ReadonlyMap<string, PlanTool> {
  const tools = new Map<string, PlanTool>()
  for (const [name, builtIn] of BUILT_INS) {
    tools.set(
      name,
      compileTool(name, { spec: {}, facts: builtIn, kind: builtIn.kind, issues: known.issues }),
    )
  }
  const declared = spec.tools ?? {}
  for (const name of new Set([...known.facts.keys(), ...Object.keys(declared)])) {
    const toolSpec = declared[name] ?? {}
    const facts = known.facts.get(name)
    checkSource(name, { spec: toolSpec, facts, issues: known.issues })
    const kind = toolSpec.client === true ? 'client' : 'server'
    tools.set(name, compileTool(name, { spec: toolSpec, facts, kind, issues: known.issues }))
  }
  for (const [name, tool] of tools) {
    if (tool.undo === null || tools.has(tool.undo)) continue
    known.issues.push(
      errorAt(
        ['tools', name, 'undo'],
        `there is no tool \`${tool.undo}\`; ${legalNames(tool.undo, tools.keys())}`,
      ),
    )
  }
  return tools
}

function checkSource(
  name: string,
  tool: {
    readonly spec: ToolSpec
    readonly facts: ToolFacts | undefined
    readonly issues: Issue[]
  },
): void {
  const sources = [tool.spec.module, tool.spec.http, tool.spec.client].filter(
    (source) => source !== undefined,
  )
  if (sources.length > 1) {
    tool.issues.push(
      errorAt(['tools', name], 'has more than one of `module`, `http` and `client`; keep one'),
    )
  }
  if (sources.length === 0 && tool.facts === undefined && !BUILT_INS.has(name)) {
    tool.issues.push(
      errorAt(
        ['tools', name],
        'has no source: give `module`, `http` or `client: true`, or pass it to createRuntime',
      ),
    )
  }
}

interface Sources {
  readonly spec: ToolSpec
  readonly facts: ToolFacts | BuiltIn | undefined
  readonly kind: ToolKind
  readonly issues: Issue[]
}

/** The spec's word goes before the implementation's. */
function compileTool(name: string, sources: Sources): PlanTool {
  const { spec, kind } = sources
  const facts: Partial<ToolFacts> = sources.facts ?? {}
  const input = spec.input ?? facts.input ?? NO_ARGUMENTS
  return {
    name,
    kind,
    about: spec.about ?? facts.about ?? '',
    input,
    check: argumentCheck(name, { input, own: facts.check, issues: sources.issues }),
    effect: spec.effect ?? facts.effect ?? 'write',
    risk: spec.risk ?? facts.risk ?? 'low',
    idempotent: spec.idempotent ?? facts.idempotent ?? false,
    undo: spec.undo ?? null,
    trust: spec.trust ?? (spec.http !== undefined || kind === 'client' ? 'untrusted' : 'trusted'),
    timeoutMs: (spec.timeout ?? facts.timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
    retry: new Map(Object.entries({ ...facts.retry, ...spec.retry })),
  }
}

function argumentCheck(
  name: string,
  tool: {
    readonly input: ToolFacts['input']
    readonly own: SchemaCheck | undefined
    readonly issues: Issue[]
  },
): SchemaCheck {
  const compiled = compileSchema({ type: 'object', ...tool.input })
  if (!compiled.ok) {
    tool.issues.push(errorAt(['tools', name, 'input'], `not a JSON Schema: ${compiled.message}`))
    return () => 'the schema is broken'
  }
  const { own } = tool
  if (own === undefined) return compiled.check
  return (args) => compiled.check(args) ?? own(args)
}
