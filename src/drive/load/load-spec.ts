import { dirname } from 'node:path'
import { BUILT_INS } from '../../core/spec/built-in.ts'
import { compile } from '../../core/spec/compile/compile.ts'
import type { AnyTool } from '../../core/spec/define.ts'
import { errorAt, type Issue } from '../../core/spec/issue.ts'
import { parseSpec } from '../../core/spec/parse-spec.ts'
import type { ToolFacts } from '../../core/spec/plan.ts'
import type { HttpSpec, WorkflowSpec } from '../../core/spec/spec.ts'
import { splitTools } from '../../core/spec/split-tools.ts'
import { recogniseDialect } from '../../dialect/dialect.ts'
import { resolveGuidelines } from '../../guideline/resolve-guidelines.ts'
import type { Environment } from '../../tool/http-template.ts'
import { loadChecks } from '../../tool/load-checks.ts'
import { loadModuleTools, type LoadedModuleTools } from '../../tool/module.ts'
import { schemaOf } from '../../tool/schema-of.ts'
import { toDefinition } from '../../tool/to-definition.ts'
import type { ToolRunner } from '../../tool/tool.ts'
import { loadDialect } from './load-dialect.ts'
import { loadWorkflows, type LoadedSubWorkflows, type SpecOptions } from './load-workflows.ts'
import type { Loaded, LoadOptions, PlacedIssue } from './loaded-workflow.ts'

/**
 * Checks a spec, finds its tools and compiles it; never throws for what an author wrote. Paths in it
 * are relative to the folder of `path`, or to the working folder. The workflows that it runs are
 * loaded with it. A document in one of the seeds' own formats is read as a spec first (DESIGN §3).
 */
export async function loadSpec(value: unknown, options: SpecOptions): Promise<Loaded> {
  const document = recogniseDialect(value)
  if (document !== null) return loadDialect(document, { options, loadSpec })
  const parsed = parseSpec(value)
  if (!parsed.ok) return parsed
  const guided = await resolveGuidelines(parsed.spec, {
    path: options.path,
    given: options.guidelines,
    tools: Object.keys(options.tools ?? {}),
  })
  const { spec } = guided
  const base = options.path === null ? process.cwd() : dirname(options.path)
  const modules = await loadModuleTools(spec, base)
  const { facts, runners, issues } = await collectTools(spec, modules, options)
  const gates = await loadChecks(spec, { base, given: options.checks ?? {} })
  const below = await loadWorkflows(spec, { options, loadSpec })
  issues.push(...guided.issues, ...gates.issues, ...below.issues, ...(await artifactIssues(spec)))
  const compiled = compile(spec, {
    tools: facts,
    modules: { ...(modules.ok ? modules.digests : {}), ...gates.digests },
    workflows: below.plans,
  })
  if (!compiled.ok) return { ok: false, issues: [...issues, ...besides(below, compiled.issues)] }
  const { plan, warnings } = compiled
  if (issues.length > 0) return { ok: false, issues }
  const idle = splitTools(plan.tools.values())
    .server.filter(({ name }) => !runners.has(name) && !BUILT_INS.has(name))
    .map(({ name }) => errorAt(['tools', name], `nothing executes ${name}`))
  if (idle.length > 0) return { ok: false, issues: idle }
  return {
    ok: true,
    workflow: {
      plan,
      runners,
      checks: gates.checks,
      workflows: below.workflows,
      source: options.path,
      warnings: [...warnings, ...below.warnings],
    },
  }
}

/** Rules of artifacts that cannot be checked, or that no text passes (S4.21). */
async function artifactIssues({ artifacts }: WorkflowSpec): Promise<readonly Issue[]> {
  if (artifacts === undefined) return []
  const { checkArtifactSpec } = await import('../../store/artifact/gate/check-artifact-spec.ts')
  return Object.entries(artifacts).flatMap(([name, artifact]) =>
    checkArtifactSpec(artifact).map(({ path, message }) =>
      errorAt(['artifacts', name, ...path], message),
    ),
  )
}

/** What a sub-workflow's own issues say need not be said again of its name. */
function besides(below: LoadedSubWorkflows, issues: readonly Issue[]): readonly Issue[] {
  return below.issues.length === 0
    ? issues
    : issues.filter(({ message }) => !message.endsWith('was not loaded'))
}

interface CollectedTools {
  readonly facts: Map<string, ToolFacts>
  readonly runners: Map<string, ToolRunner>
  readonly issues: PlacedIssue[]
}

/** What is known of each tool, and what runs it; a tool given in code goes before a declared one. */
async function collectTools(
  spec: WorkflowSpec,
  modules: LoadedModuleTools,
  options: LoadOptions,
): Promise<CollectedTools> {
  const facts = new Map<string, ToolFacts>()
  const runners = new Map<string, ToolRunner>()
  const issues: Issue[] = modules.ok ? [] : [...modules.issues]
  const definitions = new Map<string, AnyTool>(modules.ok ? modules.definitions : [])
  const declared = new Map(Object.entries(spec.tools ?? {}))
  for (const [name, tool] of Object.entries(options.tools ?? {})) {
    const read = toDefinition(tool, declared.get(name) ?? {})
    if (read.ok) definitions.set(name, read.definition)
    else
      issues.push(...read.messages.map((message) => errorAt(['tools', name], `${name} ${message}`)))
  }
  for (const [name, { http, module }] of declared) {
    const request = http === undefined ? null : await readHttpTool(http, options.env ?? {})
    if (request?.ok === true) runners.set(name, request.runner)
    for (const issue of request?.ok === false ? request.issues : [])
      issues.push(errorAt(['tools', name, 'http', ...issue.path], issue.message))
    // The module's own issue says more than "has no source" would.
    if (!modules.ok && module !== undefined) facts.set(name, { about: '', input: {} })
  }
  for (const [name, definition] of definitions) {
    const read = readDefinition(definition)
    if (!read.ok) issues.push(errorAt(['tools', name], `the input of ${name} ${read.message}`))
    else {
      facts.set(name, read.facts)
      runners.set(name, read.runner)
    }
  }
  return { facts, runners, issues }
}

type ReadHttpTool =
  | { readonly ok: true; readonly runner: ToolRunner }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** Loads what HTTP tools need only for a workflow that has one: node:http is slow to load. */
async function readHttpTool(http: HttpSpec, env: Environment): Promise<ReadHttpTool> {
  const { compileRequest } = await import('../../tool/http-template.ts')
  const compiled = compileRequest(http)
  if (!compiled.ok) return compiled
  const { httpRunner } = await import('../../tool/http.ts')
  return { ok: true, runner: httpRunner(http, { env }) }
}

type ReadTool =
  | { readonly ok: true; readonly facts: ToolFacts; readonly runner: ToolRunner }
  | { readonly ok: false; readonly message: string }

/** Parts what rules need to know of a tool from what runs it. */
function readDefinition(definition: AnyTool): ReadTool {
  const schema = schemaOf(definition.input)
  if (!schema.ok) return schema
  const { validate } = schema
  const { about, execute, input: _, ...rest } = definition
  const facts: ToolFacts = {
    ...rest,
    about,
    input: schema.schema,
    ...(validate === undefined
      ? {}
      : {
          check: (args) => {
            const result = validate(args)
            return result.ok ? null : result.message
          },
        }),
  }
  return {
    ok: true,
    facts,
    runner: async (args, context) => {
      const parsed = validate?.(args) ?? { ok: true, value: args }
      if (!parsed.ok) throw new TypeError(parsed.message)
      return Reflect.apply(execute, definition, [parsed.value, context])
    },
  }
}
