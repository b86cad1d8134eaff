import { BUILT_INS, escalationInput, type BuiltIn } from '../built-in.ts'
import { checkRisks, domainRisk } from './compile-risks.ts'
import { aboutAsking } from './compile-slots-about.ts'
import { compileSecretSchema, secretOutput } from './compile-secrets.ts'
import { errorAt, legalNames, warningAt, type Issue } from '../issue.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { SchemaCheck } from '../json-schema.ts'
import type { JsonPath } from '../path/json-path.ts'
import { workflowKey } from './named-steps.ts'
import type { PlanTool, PlanUndo, ToolFacts, ToolKind } from '../plan.ts'
import { resolvePath } from './references.ts'
import { shownSchema, type SecretInput } from '../secret-fields.ts'
import type { HttpSpec, Risk, ToolSpec, WorkflowSpec } from '../spec.ts'
import { compileTemplate } from '../template/template.ts'

interface Known {
  readonly facts: ReadonlyMap<string, ToolFacts>
  readonly issues: Issue[]
}

const DEFAULT_TIMEOUT_SECONDS = 60
const NO_ARGUMENTS: JsonObject = { type: 'object', additionalProperties: false }
const SOURCES = ['module', 'http', 'client', 'workflow'] as const
const BREAKER = { failures: 5, seconds: 60 }
/** What a tool of such a kind does is not the kernel's alone. */
const OUTWARD: ReadonlySet<ToolKind> = new Set([
  'server',
  'client',
  'workflow',
  'recall',
  'memorize',
] as const)

/** Resolves every tool that may be named: declared, given by the runtime, or built in. */
export function compileTools(spec: WorkflowSpec, known: Known): ReadonlyMap<string, PlanTool> {
  const { issues } = known
  const tools = new Map<string, PlanTool>()
  for (const [name, builtIn] of BUILT_INS) {
    const facts = builtInFacts(builtIn, spec)
    const risk = domainRisk(spec, name)
    tools.set(name, compileTool(name, { spec: {}, facts, kind: builtIn.kind, issues, risk }))
  }
  const declared = new Map(Object.entries(spec.tools ?? {}))
  for (const name of new Set([...known.facts.keys(), ...declared.keys()])) {
    const toolSpec = declared.get(name) ?? {}
    // A declaration with no source of its own, as for its time limit, is about the built-in.
    const builtIn = isSourceless(toolSpec) ? BUILT_INS.get(name) : undefined
    const facts = known.facts.get(name) ?? (builtIn && builtInFacts(builtIn, spec))
    checkSource(name, { spec: toolSpec, facts, issues })
    const own = known.facts.has(name) ? undefined : builtIn?.kind
    const kind = own ?? kindOf(toolSpec)
    const risk = domainRisk(spec, name)
    tools.set(name, compileTool(name, { spec: toolSpec, facts, kind, issues, risk }))
    if (toolSpec.http !== undefined)
      checkHttp(name, { spec: toolSpec, http: toolSpec.http, issues })
  }
  checkRisks(spec, { tools, issues })
  for (const [name, tool] of tools) {
    if (tool.undo === null || tools.has(tool.undo.tool)) continue
    const legal = legalNames(tool.undo.tool, tools.keys())
    const message = `there is no tool \`${tool.undo.tool}\`; ${legal}`
    issues.push(errorAt(['tools', name, 'undo'], message))
  }
  return tools
}

/** A handoff's own fields are also arguments of the tool that asks for a person (S2.11). */
function builtInFacts(builtIn: BuiltIn, spec: WorkflowSpec): BuiltIn {
  if (builtIn.kind === 'request-input') {
    return { ...builtIn, about: aboutAsking(builtIn.about, spec.slots) }
  }
  if (builtIn.kind !== 'escalate') return builtIn
  return { ...builtIn, input: escalationInput(spec.handoff?.schema) }
}

function kindOf(spec: ToolSpec): ToolKind {
  if (spec.workflow !== undefined) return 'workflow'
  return spec.client === true ? 'client' : 'server'
}

function isSourceless(spec: ToolSpec): boolean {
  return SOURCES.every((source) => spec[source] === undefined)
}

function checkSource(
  name: string,
  tool: {
    readonly spec: ToolSpec
    readonly facts: ToolFacts | BuiltIn | undefined
    readonly issues: Issue[]
  },
): void {
  const at = ['tools', name]
  const sources = SOURCES.filter((source) => tool.spec[source] !== undefined)
  if (sources.length > 1) {
    tool.issues.push(errorAt(at, `has ${sources.join(' and ')}; keep the one it comes from`))
  }
  if (sources.length === 0 && tool.facts === undefined) {
    const message =
      'has no source: give `module`, `http`, `workflow` or `client: true`, or pass it to createRuntime'
    tool.issues.push(errorAt(at, message))
  }
  if (tool.spec.export !== undefined && tool.spec.module === undefined) {
    tool.issues.push(
      errorAt([...at, 'export'], '`export` names what a `module` exports; give both'),
    )
  }
}

/** Warns of what a request reads and no argument can give: the tool would fail at every call. */
function checkHttp(
  name: string,
  tool: { readonly spec: ToolSpec; readonly http: HttpSpec; readonly issues: Issue[] },
): void {
  const { input = NO_ARGUMENTS } = tool.spec
  const properties = input === NO_ARGUMENTS ? {} : input['properties']
  if (!isJsonObject(properties)) return
  const { url, query = {}, headers = {}, body = null } = tool.http
  const legal = Object.keys(properties)
  const seen = new Set<string>()
  for (const text of [url, ...Object.values(query), ...Object.values(headers), ...textsOf(body)]) {
    const compiled = compileTemplate(text)
    for (const variable of compiled.ok ? compiled.template.variables : []) {
      if (variable === 'env' || legal.includes(variable) || seen.has(variable)) continue
      seen.add(variable)
      const hint =
        tool.spec.input === undefined ? 'the tool has no `input`' : legalNames(variable, legal)
      const message = `\`{{${variable}}}\` is not among the tool's arguments; ${hint}`
      tool.issues.push(warningAt(['tools', name, 'http'], message))
    }
  }
}

function textsOf(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

interface Sources {
  /** The tier that the workflow's domain gives it. */
  readonly risk?: Risk | undefined
  readonly spec: ToolSpec
  readonly facts: ToolFacts | BuiltIn | undefined
  readonly kind: ToolKind
  readonly issues: Issue[]
}

/** The spec's word goes before the implementation's, and its domain's before both. */
function compileTool(name: string, sources: Sources): PlanTool {
  const { spec, kind, issues } = sources
  const facts: Partial<ToolFacts> = sources.facts ?? {}
  const input = spec.input ?? facts.input ?? NO_ARGUMENTS
  const output = spec.output ?? facts.output ?? null
  const args = argumentCheck(name, { input, own: facts.check ?? null, kind, issues })
  return {
    name,
    kind,
    outward: OUTWARD.has(kind),
    workflow:
      spec.workflow === undefined ? null : workflowKey(spec.workflow, ['tools', name, 'workflow']),
    about: spec.about ?? facts.about ?? '',
    input: args.secrets === null ? input : shownSchema(input),
    check: args.check,
    secretInput: args.secrets,
    secretOutput: secretOutput(output, { at: ['tools', name, 'output'], issues }),
    output,
    effect: spec.effect ?? facts.effect ?? 'write',
    risk: sources.risk ?? spec.risk ?? facts.risk ?? 'low',
    idempotent: spec.idempotent ?? facts.idempotent ?? false,
    undo: compileUndo(name, spec.undo, issues),
    breaker: spec.breaker === false ? null : { ...BREAKER, ...spec.breaker },
    trust: spec.trust ?? (spec.http !== undefined || kind === 'client' ? 'untrusted' : 'trusted'),
    timeoutMs: (spec.timeout ?? facts.timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
    retry: new Map(Object.entries({ ...facts.retry, ...spec.retry })),
  }
}

const UNDO_ROOTS: ReadonlySet<string> = new Set(['args', 'output'])

function compileUndo(name: string, spec: ToolSpec['undo'], issues: Issue[]): PlanUndo | null {
  if (spec === undefined) return null
  if (typeof spec === 'string') return { tool: spec, args: null }
  const args = new Map<string, JsonPath>()
  for (const [argument, text] of Object.entries(spec.args)) {
    const at = ['tools', name, 'undo', 'args', argument]
    const path = resolvePath(text, at, { roots: UNDO_ROOTS, tools: new Map(), issues })
    if (path !== null) args.set(argument, path)
  }
  return { tool: spec.tool, args }
}

interface ArgumentCheck {
  readonly check: SchemaCheck
  readonly secrets: SecretInput | null
}

function argumentCheck(
  name: string,
  tool: {
    readonly input: ToolFacts['input']
    readonly own: SchemaCheck | null
    readonly kind: ToolKind
    readonly issues: Issue[]
  },
): ArgumentCheck {
  const at = ['tools', name, 'input']
  const { type = 'object' } = tool.input
  if (type !== 'object') {
    const message = `describes ${JSON.stringify(type)}, but arguments are a map: write type: object`
    tool.issues.push(errorAt([...at, 'type'], message))
    return { check: BROKEN, secrets: null }
  }
  const known = tool.own === null ? CHECKS.get(tool.input) : undefined
  if (known !== undefined) return { check: known, secrets: null }
  const issues = tool.issues.length
  const { check, secrets } = compileSecretSchema({ type: 'object', ...tool.input }, { ...tool, at })
  const plain = check !== null && secrets === null && tool.own === null
  // What there was to say of it must be said again.
  if (plain && tool.issues.length === issues) CHECKS.set(tool.input, check)
  if (secrets !== null && tool.kind === 'client') {
    const message = 'the caller is given references in the place of secrets, and cannot read them'
    tool.issues.push(warningAt(at, message))
  }
  return { check: check ?? BROKEN, secrets }
}

/** What was compiled of a schema, for as long as that lives: every workflow has the built-in tools. */
const CHECKS = new WeakMap<JsonObject, SchemaCheck>()

const BROKEN: SchemaCheck = () => 'the schema is broken'
