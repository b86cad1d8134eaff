import { legalNames } from '../issue.ts'
import type { Json, JsonObject } from '../json.ts'
import type { TextError } from '../path/json-path.ts'
import { isJsonList } from '../path/json-path-select.ts'
import { parseTemplate, type EachPart, type Part } from './template-parse.ts'
import { findName, knownNames, type Scopes } from './template-scope.ts'

/**
 * The template language: text goes in, a function from values to text comes out. The text is
 * split into tags (template-tag), parsed to parts (template-parse), and rendered here.
 */
export interface Template {
  readonly source: string
  /** The root names that it reads, without a loop's own `this` and `@index`. */
  readonly variables: ReadonlySet<string>
  /**
   * Fills it in. The first scope that owns a root name gives the value. Values are only ever
   * output: nothing in them is read as a template (Law 16). Strings as they are, null as nothing,
   * objects and lists as JSON. At most 4,000,000 characters.
   */
  readonly render: (scopes: Scopes) => RenderedTemplate
}

/** What went wrong in rendering: at which character of the template, for which dotted name. */
export interface RenderError extends TextError {
  readonly variable: string
}

/** What render answers. */
export type RenderedTemplate =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly error: RenderError }

/** What compileTemplate answers. */
export type CompiledTemplate =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly error: TextError }

const MAX_OUTPUT = 4_000_000
const MAX_PARTS = 1_000_000

/**
 * Compiles `{{path}}`, `{{#if test}} … {{else if test}} … {{else}} … {{/if}}` and
 * `{{#each list}} {{this}} {{@index}} {{/each}}` (seed 1's templates, DESIGN.md §3). A test is the
 * condition language over bare names, a lone value counting by its truthiness, a missing one as
 * null. Elsewhere a missing value is an error that names what is known.
 */
export function compileTemplate(source: string): CompiledTemplate {
  const parsed = parseTemplate(source)
  if (!parsed.ok) return parsed
  const { parts, variables } = parsed
  const render = (scopes: Scopes): RenderedTemplate => {
    const output: Output = { text: '', parts: 0, error: null }
    renderParts(parts, scopes, output)
    const { text, error } = output
    return error === null ? { ok: true, text } : { ok: false, error }
  }
  return { ok: true, template: { source, variables, render } }
}

/** What has been written; with an error, everything stops. */
interface Output {
  text: string
  parts: number
  error: RenderError | null
}

function renderParts(parts: readonly Part[], scopes: Scopes, output: Output): void {
  for (const part of parts) {
    if (output.error !== null) return
    renderPart(part, scopes, output)
  }
}

function renderPart(part: Part, scopes: Scopes, output: Output): void {
  switch (part.kind) {
    case 'text':
      write(part.text, 0, '', output)
      return
    case 'value': {
      const name = part.names.join('.')
      const value = findName(scopes, part.names)
      if (value === undefined) output.error = unknown(part.names, part.at, scopes)
      else write(toText(value), part.at, name, output)
      return
    }
    case 'if': {
      const branch = part.branches.find(({ test }) => holds(test, scopes))
      renderParts(branch?.body ?? part.otherwise, scopes, output)
      return
    }
    case 'each':
      renderEach(part, scopes, output)
  }
}

function holds(test: (scopes: Scopes) => Json, scopes: Scopes): boolean {
  try {
    return test(scopes) === true
  } catch {
    // Only values nested thousands deep come here: their comparison overflows the stack.
    return false
  }
}

function renderEach(part: EachPart, scopes: Scopes, output: Output): void {
  const list = findName(scopes, part.names)
  const variable = part.names.join('.')
  if (list === undefined) {
    output.error = unknown(part.names, part.at, scopes)
    return
  }
  if (list === null) return
  if (!isJsonList(list)) {
    const message = `${variable} is ${typeof list === 'object' ? 'an object' : `a ${typeof list}`}: {{#each}} takes a list`
    output.error = { message, at: part.at, variable }
    return
  }
  for (const [index, item] of list.entries()) {
    if (output.error !== null) return
    if (++output.parts > MAX_PARTS) {
      const message = `loops go around more than ${MAX_PARTS} times`
      output.error = { message, at: part.at, variable }
      return
    }
    const loop: JsonObject = { this: item, '@index': index }
    renderParts(part.body, [loop, ...scopes], output)
  }
}

function write(text: string | null, at: number, variable: string, output: Output): void {
  if (text === null) {
    output.error = { message: `${variable} is nested too deeply to write`, at, variable }
  } else if (output.text.length + text.length > MAX_OUTPUT) {
    const message = `the text grows over ${MAX_OUTPUT} characters`
    output.error = { message, at, variable }
  } else output.text += text
}

/** The text of a value; null when it is nested too deeply to be written as JSON. */
function toText(value: Json): string | null {
  if (value === null) return ''
  if (typeof value !== 'object') return String(value)
  try {
    return JSON.stringify(value)
  } catch {
    return null
  }
}

function unknown(names: readonly string[], at: number, scopes: Scopes): RenderError {
  const [root = '', ...rest] = names
  const variable = names.join('.')
  if (rest.length === 0 || findName(scopes, [root]) === undefined) {
    const message = `unknown variable ${variable}: ${legalNames(root, knownNames(scopes))}`
    return { message, at, variable }
  }
  const depth = names.findIndex(
    (_, index) => findName(scopes, names.slice(0, index + 1)) === undefined,
  )
  const parent = names.slice(0, depth)
  const message = `unknown variable ${variable}: ${parent.join('.')} ${describe(findName(scopes, parent), names[depth] ?? '')}`
  return { message, at, variable }
}

function describe(value: Json | undefined, name: string): string {
  if (value === null || value === undefined) return 'is null'
  if (isJsonList(value)) return `is a list of ${value.length}, which has no ${name}`
  if (typeof value !== 'object') return `is a ${typeof value}, which has no ${name}`
  return `has no ${name}; ${legalNames(name, Object.keys(value))}`
}
