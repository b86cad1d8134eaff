import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import { openapiDocument, pathOf, routeDocs } from './openapi-document.ts'
import type { RouteDoc } from './route-doc.ts'

/** The same as a page for people: plain HTML with nothing to load, so that it works behind any policy. */
export function openapiPage(): string {
  const document = openapiDocument()
  const tags = [...new Set(routeDocs.map(({ tag }) => tag))]
  const schemas = memberOf(memberOf(document, 'components'), 'schemas')
  const parts = tags.map((tag) => {
    const routes = routeDocs.filter((doc) => doc.tag === tag).map(routeHtml)
    return `<h2 id="${text(tag)}">${text(tag)}</h2>${routes.join('')}`
  })
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Lockstep API</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>${STYLE}</style></head><body>
<h1>Lockstep API</h1>
<p>Every path under <code>/api/v1</code> is under <code>/v1</code> as well. Send your key as
<code>Authorization: Bearer lsk_…</code>. Errors are
<code>{ "error": { message, type, code, param } }</code>. The same for machines:
<a href="/openapi.json">/openapi.json</a>.</p>
<nav>${tags.map((tag) => `<a href="#${text(tag)}">${text(tag)}</a>`).join(' · ')} · <a href="#schemas">Schemas</a></nav>
${parts.join('\n')}
<h2 id="schemas">Schemas</h2>
${Object.entries(schemas).map(schemaHtml).join('')}
</body></html>`
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{background:#f5f5f5;padding:.75rem;overflow:auto;max-height:28rem}
details{border-top:1px solid #ddd;padding:.4rem 0}summary{cursor:pointer}table{border-collapse:collapse}
td{padding:.1rem .8rem .1rem 0;vertical-align:top}.m{display:inline-block;width:3.2rem;font-weight:600}.s{color:#555}
@media(prefers-color-scheme:dark){body{background:#161616;color:#e8e8e8}pre{background:#222}details{border-color:#333}.s{color:#aaa}a{color:#8ab4f8}}`

function routeHtml(doc: RouteDoc): string {
  const { method, scope, about, body, headers = [] } = doc
  const needs = scope === null ? 'no key' : `a key with <code>${text(scope)}</code>`
  const rows: (readonly [string, string])[] = [
    ['needs', needs],
    ...headers.map(({ name, about: what }): [string, string] => [code(name), prose(what)]),
    ...(body === undefined ? [] : [['body', link(body.name)] as const]),
    ...Object.entries(doc.answers).map(([status, answer]): [string, string] => [
      status,
      `${prose(answer.about)} ${answer.body === null ? '' : link(answer.body.name)}`,
    ]),
  ]
  const table = rows.map(([name, what]) => `<tr><td>${name}</td><td>${what}</td></tr>`).join('')
  return `<details id="${text(doc.id)}"><summary><span class="m">${method.toUpperCase()}</span>
${code(pathOf(doc))} <span class="s">${prose(doc.summary)}</span></summary>
${about === undefined ? '' : `<p>${prose(about)}</p>`}<table>${table}</table></details>`
}

function schemaHtml([name, schema]: readonly [string, Json]): string {
  const shown = text(JSON.stringify(schema, null, 2))
  return `<details id="schema-${text(name)}"><summary>${code(name)}</summary><pre>${shown}</pre></details>`
}

function memberOf(object: JsonObject, name: string): JsonObject {
  const member = object[name]
  return member !== undefined && isJsonObject(member) ? member : {}
}

function link(name: string): string {
  return `<a href="#schema-${text(name)}">${code(name)}</a>`
}

function code(words: string): string {
  return `<code>${text(words)}</code>`
}

/** Prose in which backticks mean code. */
function prose(words: string): string {
  return text(words).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function text(words: string): string {
  return words.replaceAll(/[&<>"']/g, (char) => ESCAPES[char] ?? char)
}
