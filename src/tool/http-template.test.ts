import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../core/spec/json.ts'
import type { HttpSpec } from '../core/spec/spec.ts'
import type { HttpRequest } from './http-exchange.ts'
import { compileRequest, type Environment } from './http-template.ts'

function render(
  spec: HttpSpec,
  given: { readonly args: Json; readonly env?: Environment },
): HttpRequest {
  const compiled = compileRequest(spec)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.issues))
  return compiled.render(given.args, given.env ?? {})
}

function issues(spec: HttpSpec): readonly string[] {
  const compiled = compileRequest(spec)
  return compiled.ok
    ? []
    : compiled.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

const INVALID = expect.objectContaining({ code: 'INVALID_ARGUMENTS', executed: false })

test('values in the URL are encoded, in the query and the body they are data', () => {
  const request = render(
    {
      method: 'POST',
      url: 'https://api.test/orders/{{id}}?v={{v}}',
      query: { q: '{{q}}', both: '{{id}}-{{v}}', none: '{{absent}}' },
      body: {
        id: '{{id}}',
        amount: '{{amount}}',
        note: 'for {{id}}',
        gone: '{{absent}}',
        list: ['{{amount}}', '{{absent}}'],
      },
    },
    { args: { id: 'a/b?c#d', v: 'x&y=1', q: 'a&b=c', amount: 500 } },
  )
  expect(request.url.href).toBe(
    'https://api.test/orders/a%2Fb%3Fc%23d?v=x%26y%3D1&q=a%26b%3Dc&both=a%2Fb%3Fc%23d-x%26y%3D1',
  )
  expect(JSON.parse(request.body ?? '')).toEqual({
    id: 'a/b?c#d',
    amount: 500,
    note: 'for a/b?c#d',
    list: [500],
  })
  expect(request.headers).toMatchObject({ 'content-type': 'application/json' })
})

test('a text body of another type is sent as it is; an absent one is none', () => {
  const headers = { 'Content-Type': 'text/plain' }
  const spec: HttpSpec = { method: 'PUT', url: 'https://api.test', headers, body: 'note: {{note}}' }
  expect(render(spec, { args: { note: 'hi' } }).body).toBe('note: hi')
  const whole: HttpSpec = { method: 'PUT', url: 'https://api.test', body: '{{note}}' }
  expect(render(whole, { args: { note: 'hi' } }).body).toBe('"hi"')
  expect(render(whole, { args: {} }).body).toBeNull()
})

test('an argument that would change the path is refused', () => {
  const spec: HttpSpec = { url: 'https://api.test/users/{{id}}' }
  for (const id of ['', '.', '..', null]) {
    expect(() => render(spec, { args: { id } })).toThrow(INVALID)
  }
  expect(() => render({ url: 'https://api.test/a/{{id}}/b' }, { args: { id: '' } })).toThrow(
    INVALID,
  )
  expect(() => render(spec, { args: {} })).toThrow(INVALID)
  expect(() => render(spec, { args: 'text' })).toThrow(INVALID)
  expect(render(spec, { args: { id: '%2e%2e' } }).url.pathname).toBe('/users/%252e%252e')
  const folder: HttpSpec = { url: 'https://api.test//{{id}}/' }
  expect(render(folder, { args: { id: 'a' } }).url.pathname).toBe('//a/')
})

test('no argument changes the host, the number of segments, or adds a query', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const id: Json = JSON.parse(JSON.stringify(value))
      let url: URL
      try {
        url = render({ url: 'https://api.test/a/{{id}}/b?q={{id}}' }, { args: { id } }).url
      } catch (error) {
        expect(error).toEqual(INVALID)
        return
      }
      expect(url.host).toBe('api.test')
      expect(url.pathname.split('/')).toHaveLength(4)
      expect([...url.searchParams.keys()]).toEqual(['q'])
      expect(url.hash).toBe('')
    }),
    { numRuns: 300 },
  )
})

test('the environment is for headers only, before an argument of that name, and must be set', () => {
  const spec: HttpSpec = {
    url: 'https://api.test',
    headers: { Authorization: 'Bearer {{env.KEY}}' },
  }
  const args = { env: { KEY: 'mine' } }
  expect(render(spec, { args, env: { KEY: 'secret' } }).headers['authorization']).toBe(
    'Bearer secret',
  )
  expect(() => render(spec, { args, env: { OTHER_SECRET: '1' } })).toThrow(
    expect.objectContaining({
      code: 'MISSING_ENV',
      executed: false,
      message: 'the environment variable KEY is not set',
    }),
  )
  expect(() => render(spec, { args: {}, env: {} })).toThrow('KEY')
  for (const part of [
    { url: 'https://api.test/{{env.KEY}}' },
    { url: 'https://api.test', query: { k: '{{env.KEY}}' } },
    { url: 'https://api.test', method: 'POST' as const, body: { k: ['{{env.KEY}}'] } },
  ]) {
    expect(issues(part)[0]).toContain('headers only')
  }
})

test('a header value with a line break is refused', () => {
  const spec: HttpSpec = { url: 'https://api.test', headers: { 'x-trace': '{{trace}}' } }
  for (const trace of ['a\r\nx-admin: 1', 'a\nb', 'a\0b']) {
    expect(() => render(spec, { args: { trace } })).toThrow(INVALID)
  }
  expect(render(spec, { args: { trace: 'ok' } }).headers['x-trace']).toBe('ok')
})

test('what no request can be is an issue with its path', () => {
  for (const url of [
    'ftp://api.test/',
    '/relative',
    'https://{{host}}/',
    'https://api.test{{path}}',
    'https://{{sub}}.api.test/',
    'https://user:password@api.test/',
    'https://api.test:{{port}}/',
    'https://api.test\\{{path}}',
  ]) {
    expect(issues({ url })[0]).toMatch(/^url: /)
  }
  expect(issues({ url: 'https://api.test', body: {} })[0]).toMatch(/^body: a GET carries no body/)
  expect(issues({ url: 'https://api.test', headers: { Host: 'b.test' } })[0]).toMatch(
    /^headers\.Host: /,
  )
  expect(issues({ url: 'https://api.test', headers: { 'a b': '' } })[0]).toMatch(/^headers\.a b: /)
  expect(issues({ url: 'https://api.test', query: { q: '{{#if}' } })[0]).toMatch(/^query\.q: /)
})
