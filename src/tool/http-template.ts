import { validateHeaderName, validateHeaderValue } from 'node:http'
import { ToolError } from '../core/spec/define.ts'
import { errorAt, type Issue, type IssuePath } from '../core/spec/issue.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/spec/json.ts'
import type { HttpSpec } from '../core/spec/spec.ts'
import { findName, type Scopes } from '../core/spec/template/template-scope.ts'
import { compileTemplate, type Template } from '../core/spec/template/template.ts'
import type { HttpRequest } from './http-exchange.ts'

/** Environment variables that a header may name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Renders one request; throws a ToolError with `executed: false`: INVALID_ARGUMENTS, MISSING_ENV. */
export type RequestTemplate = (args: Json, env: Environment) => HttpRequest

export type CompiledRequest =
  | { readonly ok: true; readonly render: RequestTemplate }
  | { readonly ok: false; readonly issues: readonly Issue[] }

const ORIGIN = /^(https?:\/\/[^/?#{}@\\\s]+)(?:[/?#]|$)/i
const WHOLE = /^\{\{\s*([A-Za-z_][\w-]*(?:\.[\w-]+)*)\s*\}\}$/
/** Node writes these itself; setting them could send one request as two, or to another site. */
const OWN_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
])

/**
 * Compiles a templated request. What is legal: an origin without variables or a login, `env` in
 * headers only, no body on a GET. The issues' paths begin at the HttpSpec.
 *
 * Rendering: values in the URL are percent-encoded and a path keeps its segments; a query
 * parameter or a body member that is exactly one variable takes the argument's own JSON value and
 * is left out when the argument is absent.
 */
export function compileRequest(spec: HttpSpec): CompiledRequest {
  const issues: Issue[] = []
  const method = spec.method ?? 'GET'
  const compile = (text: string, path: IssuePath): Template | null => {
    const compiled = compileTemplate(text)
    if (!compiled.ok) {
      issues.push(errorAt(path, `${compiled.error.message} (at character ${compiled.error.at})`))
      return null
    }
    if (path[0] !== 'headers' && compiled.template.variables.has('env')) {
      issues.push(errorAt(path, '`env` may be used in headers only, where no model reads it'))
    }
    return compiled.template
  }
  const url = compileUrl(spec, { compile, issues })
  const query = Object.entries(spec.query ?? {}).map(([key, text]) => {
    return [key, compileValue(text, { compile, path: ['query', key] })] as const
  })
  const headers = compileHeaders(spec, { compile, issues })
  if (method === 'GET' && spec.body !== undefined) {
    issues.push(errorAt(['body'], 'a GET carries no body; use `query`, or another method'))
  }
  const body = spec.body === undefined ? null : compileValue(spec.body, { compile, path: ['body'] })
  if (issues.length > 0) return { ok: false, issues }
  const render: RequestTemplate = (args, env) => {
    if (!isJsonObject(args)) throw invalid('the arguments are no object')
    const rendered = renderHeaders(headers, { args, env })
    const value = body?.([args])
    const target = url(args)
    for (const [key, parameter] of query) addParameter(target, key, parameter([args]))
    return { method, url: target, ...withBody(rendered, value) }
  }
  return { ok: true, render }
}

interface Compiler {
  readonly compile: (text: string, path: IssuePath) => Template | null
  readonly issues: Issue[]
}

function compileUrl(spec: HttpSpec, { compile, issues }: Compiler): (args: JsonObject) => URL {
  const template = compile(spec.url, ['url'])
  const [, origin] = ORIGIN.exec(spec.url) ?? []
  if (origin === undefined || URL.parse(origin) === null) {
    const message = 'begin with http:// or https://, a host without variables or a login, then /'
    issues.push(errorAt(['url'], message))
  }
  const literal = pathOf(spec.url.replaceAll(/\{\{.*?\}\}/gs, '{}'), origin)
  return (args) => {
    const encoded = encodeValues(args)
    const text = template === null ? '' : render(template, isJsonObject(encoded) ? [encoded] : [])
    const url = URL.parse(text)
    if (url === null || origin === undefined || url.origin !== new URL(origin).origin) {
      throw invalid('the arguments make no address of this site')
    }
    checkSegments(pathOf(text, origin), literal)
    return url
  }
}

function pathOf(url: string, origin = ''): string {
  return url.slice(origin.length).split(/[?#]/, 1)[0] ?? ''
}

/** An argument that is empty, `.` or `..` would make another path of the one that was written. */
function checkSegments(path: string, literal: string): void {
  const segments = path.split('/').map((segment) => segment.replaceAll(/%2e/gi, '.'))
  const empty =
    (path.includes('//') && !literal.includes('//')) ||
    (path.endsWith('/') && !literal.endsWith('/'))
  if (empty || segments.includes('.') || segments.includes('..')) {
    throw invalid('an argument in the path of the address is empty, . or ..')
  }
}

/** Percent-encodes every string, keys too, so that no value holds a character that URLs give a meaning. */
function encodeValues(value: Json): Json {
  if (typeof value === 'string') return encodeURIComponent(value.toWellFormed())
  if (typeof value === 'number') return encodeURIComponent(String(value))
  if (isList(value)) return value.map(encodeValues)
  if (!isJsonObject(value)) return value
  const members = Object.entries(value).map(
    ([key, member]) => [encodeURIComponent(key.toWellFormed()), encodeValues(member)] as const,
  )
  return Object.fromEntries(members)
}

interface HeaderTemplate {
  readonly name: string
  readonly template: Template
  readonly env: readonly string[]
}

function compileHeaders(spec: HttpSpec, { compile, issues }: Compiler): HeaderTemplate[] {
  return Object.entries(spec.headers ?? {}).flatMap(([written, text]) => {
    const name = written.toLowerCase()
    const path = ['headers', written]
    try {
      validateHeaderName(name)
    } catch {
      issues.push(errorAt(path, 'is no legal header name'))
    }
    if (OWN_HEADERS.has(name)) issues.push(errorAt(path, 'is written by the HTTP client itself'))
    const template = compile(text, path)
    const env = [...text.matchAll(/\benv\.(\w+)/g)].map((match) => match[1] ?? '')
    return template === null ? [] : [{ name, template, env }]
  })
}

function renderHeaders(
  headers: readonly HeaderTemplate[],
  values: { readonly args: JsonObject; readonly env: Environment },
): Record<string, string> {
  const rendered: Record<string, string> = {}
  for (const { name, template, env } of headers) {
    // Only what this header names: an error must not list the rest of the environment (Law 17).
    const known = Object.fromEntries(env.map((key) => [key, readEnv(key, values.env)]))
    const value = render(template, [{ env: known }, values.args])
    try {
      validateHeaderValue(name, value)
    } catch {
      throw invalid(`the header ${name} would hold a line break or another illegal character`)
    }
    rendered[name] = value
  }
  return rendered
}

function readEnv(key: string, env: Environment): string {
  const value = Object.hasOwn(env, key) ? env[key] : undefined
  if (value !== undefined) return value
  throw new ToolError(`the environment variable ${key} is not set`, {
    code: 'MISSING_ENV',
    executed: false,
  })
}

type ValueTemplate = (scopes: Scopes) => Json | undefined

function compileValue(
  value: Json,
  at: { readonly compile: Compiler['compile']; readonly path: IssuePath },
): ValueTemplate {
  if (typeof value === 'string') {
    const template = at.compile(value, at.path)
    const [, name] = WHOLE.exec(value) ?? []
    if (name !== undefined) return (scopes) => findName(scopes, name.split('.'))
    return (scopes) => (template === null ? undefined : render(template, scopes))
  }
  if (isList(value)) {
    const items = value.map((item, index) => compileValue(item, deeper(at, index)))
    return (scopes) => items.map((item) => item(scopes)).filter((item) => item !== undefined)
  }
  if (!isJsonObject(value)) return () => value
  const members = Object.entries(value).map(
    ([key, member]) => [key, compileValue(member, deeper(at, key))] as const,
  )
  return (scopes) => {
    const object: [string, Json][] = []
    for (const [key, member] of members) {
      const rendered = member(scopes)
      if (rendered !== undefined) object.push([key, rendered])
    }
    return Object.fromEntries(object)
  }
}

function deeper<At extends { readonly path: IssuePath }>(at: At, key: string | number): At {
  return { ...at, path: [...at.path, key] }
}

function addParameter(url: URL, key: string, value: Json | undefined): void {
  if (value === undefined || value === null) return
  url.searchParams.append(key, typeof value === 'object' ? JSON.stringify(value) : String(value))
}

/** A body is JSON, unless it is a text and the author says that it is something else. */
function withBody(
  headers: Record<string, string>,
  value: Json | undefined,
): Pick<HttpRequest, 'headers' | 'body'> {
  const sent: Record<string, string> = {
    accept: 'application/json, text/*;q=0.9, */*;q=0.5',
    ...headers,
  }
  if (value === undefined) return { headers: sent, body: null }
  const type = sent['content-type'] ?? 'application/json'
  const plain = typeof value === 'string' && !type.includes('json')
  const body = plain ? value : JSON.stringify(value)
  const length = String(Buffer.byteLength(body))
  return { headers: { ...sent, 'content-type': type, 'content-length': length }, body }
}

function render(template: Template, scopes: Scopes): string {
  const rendered = template.render(scopes)
  if (rendered.ok) return rendered.text
  throw invalid(rendered.error.message)
}

function invalid(message: string): ToolError {
  return new ToolError(message, { code: 'INVALID_ARGUMENTS', executed: false })
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
