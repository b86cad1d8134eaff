import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { AddressInfo } from 'node:net'
import type { Guideline } from '../../core/spec/guideline/guideline.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import { loadWorkflow } from '../../drive/load/load-workflow.ts'
import type { InlineTools, LoadedWorkflow } from '../../drive/load/loaded-workflow.ts'
import { createRuntime } from '../../drive/runtime.ts'
import type { Mind, MindRequest } from '../../mind/mind.ts'
import { parseScript } from '../../mind/script.ts'
import { scriptedMind } from '../../mind/scripted.ts'
import { inMemoryBank } from '../../store/memory-bank/in-memory-bank.ts'
import { memoryStore } from '../../store/memory.ts'
import { answerError, toApiError } from '../operation/answer-error.ts'
import type { OwnKey, Scope, ServerContext, ServerEnv } from '../server-context.ts'
import { chatRoutes } from './chat-routes.ts'

/*
 * The words of the chat surface's tests: a server with a script for a mind, and who asks it.
 */

export interface GivenChat {
  /** One entry per model call of a request; the same for each request. */
  readonly script?: readonly unknown[]
  /** Instead of a script. */
  readonly mind?: Mind
  readonly workflows?: readonly WorkflowSpec[]
  readonly tools?: InlineTools
  readonly guidelines?: readonly Guideline[]
  /** True for a server that keeps no runs of workflows. */
  readonly stateless?: boolean
}

export interface ChatServer {
  readonly app: Hono<ServerEnv>
  readonly context: ServerContext
  /** What the mind was asked, in order. */
  readonly asked: readonly MindRequest[]
  /** The callers' own keys that requests came with. */
  readonly owned: readonly OwnKey[]
  readonly post: (
    body: unknown,
    headers?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ) => Promise<Answered>
}

/** An answer as a test reads it. */
export interface Answered {
  readonly status: number
  readonly text: string
  /** Its JSON; null for none. */
  readonly body: unknown
}

/** Serves chat completions to tenant `acme`, or to the one that the header `x-tenant` names. */
export async function givenChat(given: GivenChat = {}): Promise<ChatServer> {
  const asked: MindRequest[] = []
  const owned: OwnKey[] = []
  const inner = given.mind ?? mindOf(given.script ?? [{ text: 'Hello there.' }])
  const mind: Mind = {
    answer(request, context) {
      asked.push({ ...request, messages: [...request.messages] })
      return inner.answer(request, context)
    },
  }
  const workflows = new Map<string, LoadedWorkflow>()
  const { tools = {} } = given
  for (const spec of given.workflows ?? []) {
    const loaded = await loadWorkflow(spec, { tools })
    if (!loaded.ok) throw new Error(loaded.issues.map(({ message }) => message).join('; '))
    workflows.set(spec.workflow, loaded.workflow)
  }
  const { guidelines } = given
  const shared = {
    mind,
    tools,
    memory: inMemoryBank(),
    ...(guidelines === undefined ? {} : { guidelines }),
  }
  const stored =
    given.stateless === true ? null : createRuntime({ ...shared, store: memoryStore() })
  const context: ServerContext = {
    workflows,
    stored,
    stateless: (own) => {
      if (own !== null) owned.push(own)
      return createRuntime(shared)
    },
    serverTools: new Set(Object.keys(tools)),
    model: 'openai/gpt-5-mini',
  }
  const app = appOf(context, { scopes: ['run'] })
  return {
    app,
    context,
    asked,
    owned,
    async post(body, headers = {}, signal) {
      const response = await app.request('/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        ...(signal === undefined ? {} : { signal }),
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      const text = await response.text()
      return { status: response.status, text, body: jsonOf(text) }
    },
  }
}

/** The routes alone, behind a caller with these scopes. */
export function appOf(
  context: ServerContext,
  { scopes }: { readonly scopes: readonly Scope[] },
): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>()
  app.use(async (c, next) => {
    const tenant = c.req.header('x-tenant') ?? 'acme'
    c.set('caller', { key: 'key_1', tenant, scopes: new Set(scopes), by: 'key_1' })
    c.set('requestId', 'req_1')
    await next()
  })
  app.route('/v1', chatRoutes(context))
  app.onError((error, c) => answerError(c, toApiError(error)))
  return app
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A script as a mind. */
export function mindOf(script: readonly unknown[]): Mind {
  const parsed = parseScript(script)
  if (!parsed.ok) throw new Error(parsed.issues.map(({ message }) => message).join('; '))
  return scriptedMind(parsed.script)
}

/** Listens on the loopback; `url` is the base of an OpenAI client. */
export async function listening(
  server: ChatServer,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const { promise, resolve } = Promise.withResolvers<AddressInfo>()
  const http = serve({ fetch: server.app.fetch, hostname: '127.0.0.1', port: 0 }, resolve)
  const { port } = await promise
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: () =>
      new Promise((done) => {
        http.close(() => done())
      }),
  }
}

/** A tool as OpenAI's clients declare it. */
export function weatherTool(): object {
  return {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather of a city.',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
        additionalProperties: false,
      },
    },
  }
}
