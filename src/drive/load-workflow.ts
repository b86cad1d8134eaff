import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BUILT_INS } from '../core/spec/built-in.ts'
import { compile } from '../core/spec/compile.ts'
import type { AnyTool } from '../core/spec/define.ts'
import { errorAt, type Issue } from '../core/spec/issue.ts'
import { parseSpec } from '../core/spec/parse-spec.ts'
import type { Plan, ToolFacts } from '../core/spec/plan.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { splitTools } from '../core/spec/split-tools.ts'
import { readDocument, type Place } from '../dialect/document.ts'
import { httpRunner } from '../tool/http.ts'
import { loadModuleTools } from '../tool/module.ts'
import { schemaOf } from '../tool/schema-of.ts'
import type { ToolRunner } from '../tool/tool.ts'

/*
 * A workflow with everything it takes to run it: file or object in, plan and tool runners out.
 */

export interface LoadedWorkflow {
  readonly plan: Plan
  readonly runners: ReadonlyMap<string, ToolRunner>
  /** The file it was read from; null when it was made in code. */
  readonly source: string | null
  readonly warnings: readonly PlacedIssue[]
}

/** An issue with its place in the file, where there is a file. */
export interface PlacedIssue extends Issue {
  readonly file?: string
  readonly place?: Place
}

export type Loaded =
  | { readonly ok: true; readonly workflow: LoadedWorkflow }
  | { readonly ok: false; readonly issues: readonly PlacedIssue[] }

/** Tools given in code, by name: `defineTool` objects or AI SDK tools. */
export type InlineTools = Readonly<Record<string, AnyTool>>

export interface LoadOptions {
  readonly tools?: InlineTools
  /** Reads `env.NAME` in headers of HTTP tools. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * Reads a workflow file: YAML, JSON, or a TypeScript or JavaScript module whose default export (or
 * export `workflow`) is a spec. Every issue has its line and column. Importing modules runs code.
 */
export async function loadWorkflowFile(file: string, options: LoadOptions = {}): Promise<Loaded> {
  const path = resolve(file)
  if (/\.[cm]?[jt]s$/.test(path)) return loadModule(path, options)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    return { ok: false, issues: [errorAt([], `cannot read ${file}: ${messageOf(error)}`)] }
  }
  const document = readDocument(text)
  if (!document.ok) {
    const issues = document.issues.map(({ message, line, column }) => ({
      ...errorAt([], message),
      file,
      place: { line, column },
    }))
    return { ok: false, issues }
  }
  const placed = (issue: Issue): PlacedIssue => ({
    ...issue,
    file,
    place: document.locate(issue.path),
  })
  const loaded = await loadSpec(document.value, { ...options, path })
  if (!loaded.ok) return { ok: false, issues: loaded.issues.map(placed) }
  const { workflow } = loaded
  return { ok: true, workflow: { ...workflow, warnings: workflow.warnings.map(placed) } }
}

async function loadModule(path: string, options: LoadOptions): Promise<Loaded> {
  try {
    const module: object = await import(/* @vite-ignore */ pathToFileURL(path).href)
    const spec: unknown = Reflect.get(module, 'default') ?? Reflect.get(module, 'workflow')
    if (spec === undefined) {
      return {
        ok: false,
        issues: [
          errorAt([], `${path} exports no workflow: export one as default or as \`workflow\``),
        ],
      }
    }
    return await loadSpec(spec, { ...options, path })
  } catch (error) {
    return { ok: false, issues: [errorAt([], `cannot import ${path}: ${messageOf(error)}`)] }
  }
}

/**
 * Loads a spec that is there already. Paths in it are relative to `source`, the file it came from,
 * or to the working folder when it was made in code.
 */
export function loadWorkflow(
  spec: WorkflowSpec,
  options: LoadOptions & { readonly source?: string | null } = {},
): Promise<Loaded> {
  return loadSpec(spec, { ...options, path: options.source ?? null })
}

async function loadSpec(
  value: unknown,
  options: LoadOptions & { readonly path: string | null },
): Promise<Loaded> {
  const parsed = parseSpec(value)
  if (!parsed.ok) return parsed
  const { spec } = parsed
  const base = options.path === null ? process.cwd() : dirname(options.path)
  const modules = await loadModuleTools(spec, base)
  const issues: Issue[] = modules.ok ? [] : [...modules.issues]
  const definitions = new Map<string, AnyTool>([
    ...(modules.ok ? modules.definitions : []),
    ...Object.entries(options.tools ?? {}),
  ])
  const runners = new Map<string, ToolRunner>()
  const facts = new Map<string, ToolFacts>()
  for (const [name, definition] of definitions) {
    const read = readDefinition(definition)
    if (!read.ok) issues.push(errorAt(['tools', name], `the input of ${name} ${read.message}`))
    else {
      facts.set(name, read.facts)
      runners.set(name, read.runner)
    }
  }
  for (const [name, tool] of Object.entries(spec.tools ?? {})) {
    if (tool.http !== undefined)
      runners.set(name, httpRunner(tool.http, { env: options.env ?? {} }))
    // The module's own issue says more than "has no source" would.
    if (!modules.ok && tool.module !== undefined) facts.set(name, { about: '', input: {} })
  }
  const compiled = compile(spec, { tools: facts, modules: modules.ok ? modules.digests : {} })
  if (!compiled.ok) return { ok: false, issues: [...issues, ...compiled.issues] }
  if (issues.length > 0) return { ok: false, issues }
  const { plan, warnings } = compiled
  for (const { name } of splitTools(plan.tools.values()).server) {
    if (runners.has(name) || BUILT_INS.has(name)) continue
    return { ok: false, issues: [errorAt(['tools', name], `nothing executes ${name}`)] }
  }
  return { ok: true, workflow: { plan, runners, source: options.path, warnings } }
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
