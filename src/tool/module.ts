/*
 * Tools that live in the author's modules. In flow a workflow and the folder of its file; out flow
 * the definitions under their tools' names and a digest of each module, or issues.
 */
import { messageOf } from '../core/spec/message-of.ts'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ToolDefinition } from '../core/spec/define.ts'
import { errorAt, legalNames, type Issue } from '../core/spec/issue.ts'
import type { ToolSpec, WorkflowSpec } from '../core/spec/spec.ts'
import { toDefinition } from './to-definition.ts'

export type LoadedModuleTools =
  | {
      readonly ok: true
      readonly definitions: ReadonlyMap<string, ToolDefinition<unknown>>
      /** By the module's path as the workflow writes it: the sha256 of its text, in hex. */
      readonly digests: Readonly<Record<string, string>>
    }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/**
 * Imports the modules of a workflow's tools, each once, and finds each tool under its `export` or
 * its own name, also inside a `default` or `tools` object.
 *
 * `base` is the folder of the workflow's file. Never throws: what is missing, is no tool or fails
 * on import becomes an issue that names the tool, the file and the exports that exist. Importing
 * runs the author's code. A digest covers the module's own text, not what it imports.
 */
export async function loadModuleTools(
  spec: WorkflowSpec,
  base: string,
): Promise<LoadedModuleTools> {
  const declared = Object.entries(spec.tools ?? {}).filter(([, tool]) => tool.module !== undefined)
  const modules = new Map<string, Promise<LoadedModule>>()
  const definitions = new Map<string, ToolDefinition<unknown>>()
  const digests = new Map<string, string>()
  const issues: Issue[] = []
  for (const [, { module = '' }] of declared) {
    const file = resolve(base, module)
    if (!modules.has(file)) modules.set(file, loadModule(file))
  }
  for (const [name, tool] of declared) {
    const { module = '' } = tool
    const loaded = await modules.get(resolve(base, module))
    const found = loaded === undefined ? null : findTool(name, { tool, loaded })
    if (found?.ok === true) definitions.set(name, found.definition)
    for (const message of found?.ok === false ? found.messages : []) {
      const key = tool.export === undefined ? 'module' : 'export'
      issues.push(errorAt(['tools', name, key], message))
    }
    if (loaded?.ok === true) digests.set(module, loaded.digest)
  }
  if (issues.length > 0) return { ok: false, issues }
  return { ok: true, definitions, digests: Object.fromEntries(digests) }
}

/** A module's exports, or why there are none. */
export type LoadedModule =
  | { readonly ok: true; readonly exports: object; readonly digest: string }
  | { readonly ok: false; readonly message: string }

/** Imports a module and digests its text. Never throws: the message says what keeps it from being read. */
export async function loadModule(file: string): Promise<LoadedModule> {
  let text: Buffer
  try {
    text = await readFile(file)
  } catch (error) {
    return { ok: false, message: `cannot be read: ${messageOf(error)}` }
  }
  try {
    const exports: object = await import(/* @vite-ignore */ pathToFileURL(file).href)
    return { ok: true, exports, digest: createHash('sha256').update(text).digest('hex') }
  } catch (error) {
    return {
      ok: false,
      message: `fails when it is imported: ${messageOf(error)}${commonJsHint(error)}`,
    }
  }
}

/** Node takes a file for CommonJS where the nearest package.json says so, and then trips over ESM. */
function commonJsHint(error: unknown): string {
  if (!(error instanceof SyntaxError)) return ''
  return /\bexport\b|\bimport\b/.test(error.message)
    ? '; put `"type": "module"` into the nearest package.json, or end the file in .mts or .mjs'
    : ''
}

function findTool(
  name: string,
  place: { readonly tool: ToolSpec; readonly loaded: LoadedModule },
): ReturnType<typeof toDefinition> {
  const { tool, loaded } = place
  const module = tool.module ?? ''
  if (!loaded.ok) return { ok: false, messages: [`tool ${name}: ${module} ${loaded.message}`] }
  const wanted = tool.export ?? name
  const holders = [loaded.exports, ...['default', 'tools'].map((key) => own(loaded.exports, key))]
  const holder = holders.filter(isObject).find((each) => Object.hasOwn(each, wanted))
  if (holder === undefined) {
    const legal = legalNames(wanted, exportNames(loaded.exports))
    return { ok: false, messages: [`tool ${name}: ${module} exports no ${wanted}; ${legal}`] }
  }
  const read = toDefinition(own(holder, wanted), tool)
  if (read.ok) return read
  const messages = read.messages.map((message) => `tool ${name}: ${wanted} of ${module} ${message}`)
  return { ok: false, messages }
}

function exportNames(exports: object): string[] {
  const inner = ['default', 'tools'].map((key) => own(exports, key)).filter(isObject)
  return [...new Set([exports, ...inner].flatMap((holder) => Object.keys(holder)))]
}

function own(holder: object, key: string): unknown {
  return Object.hasOwn(holder, key) ? Reflect.get(holder, key) : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
