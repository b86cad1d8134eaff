/*
 * Tools that are one HTTP request. In flow the arguments; out flows the response's JSON or text, or
 * a ToolError. http-template renders, address-guard says where it may connect, http-exchange sends,
 * http-answer reads.
 */
import { pathText } from '../core/spec/issue.ts'
import type { HttpSpec } from '../core/spec/spec.ts'
import type { ResolveHost } from './address-guard.ts'
import { readAnswer } from './http-answer.ts'
import { exchange } from './http-exchange.ts'
import { compileRequest, type Environment } from './http-template.ts'
import type { ToolRunner } from './tool.ts'

export interface HttpOptions {
  /** How names become addresses; the system's resolver. */
  readonly resolve?: ResolveHost
  /** What `{{env.NAME}}` in a header reads; nothing. */
  readonly env?: Environment
}

/**
 * Makes the runner of an `http` tool. Arguments are data: they never change the host, the path's
 * structure or the headers' lines (Law 16), and nothing but public addresses and the hosts in
 * `allow` is connected to, redirects included. What may write carries `idempotency-key`.
 *
 * Throws a TypeError when the spec is wrong (compileRequest says how). The runner throws a
 * ToolError; `executed: false` says that nothing was sent.
 */
export function httpRunner(spec: HttpSpec, options: HttpOptions = {}): ToolRunner {
  const compiled = compileRequest(spec)
  if (!compiled.ok) {
    const issues = compiled.issues.map((issue) => `${pathText(issue.path)}: ${issue.message}`)
    throw new TypeError(`not an http tool: ${issues.join('; ')}`)
  }
  const { env = {}, resolve } = options
  const { allow = [] } = spec
  return async (args, context) => {
    const request = compiled.render(args, env)
    const once = request.method === 'GET' ? {} : { 'idempotency-key': context.idempotencyKey }
    const headers = { ...once, ...request.headers }
    const { signal } = context
    return readAnswer(await exchange({ ...request, headers }, { allow, resolve, signal }))
  }
}
