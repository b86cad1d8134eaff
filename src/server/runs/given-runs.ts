import { Hono } from 'hono'
import { z } from 'zod'
import type { JsonObject } from '../../core/spec/json.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import { loadOrThrow } from '../../drive/load/find-definition.ts'
import type { InlineTools } from '../../drive/load/loaded-workflow.ts'
import { createRuntime } from '../../drive/runtime.ts'
import type { Mind } from '../../mind/mind.ts'
import { parseScript } from '../../mind/script.ts'
import { scriptedMind } from '../../mind/scripted.ts'
import { memoryArtifacts } from '../../store/artifact/memory-artifacts.ts'
import { memoryStore } from '../../store/memory.ts'
import type { Store } from '../../store/store.ts'
import { answerError, toApiError } from '../operation/answer-error.ts'
import { createBackground, type Background } from '../background.ts'
import type { Scope, ServerContext, ServerEnv } from '../server-context.ts'
import { linkRoutes } from './link-routes.ts'
import { runsRoutes } from './runs-routes.ts'

/*
 * The words of tests of the runs API: a tiny app whose door believes what a header says.
 */

/** Who asks; Ann of `acme` with every scope where a test does not say. */
export interface Asking {
  readonly tenant?: string
  readonly by?: string
  readonly scopes?: readonly Scope[]
  readonly headers?: Readonly<Record<string, string>>
}

export interface GivenRuns {
  readonly app: Hono<ServerEnv>
  readonly server: ServerContext
  readonly store: Store
  readonly background: Background
  readonly get: (path: string, asking?: Asking) => Promise<Answer>
  readonly post: (path: string, body: unknown, asking?: Asking) => Promise<Answer>
}

/** An answer, read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Its JSON as an object; empty where it is none. */
  readonly json: JsonObject
}

const LINK_KEY = { id: 'k1', secret: Buffer.alloc(32, 7) }

/** Puts a server's runs together in memory; `script` answers for the model. */
export async function givenRuns(given: {
  readonly workflow: WorkflowSpec
  readonly script?: readonly object[]
  readonly mind?: Mind
  readonly tools?: InlineTools
  readonly store?: Store
}): Promise<GivenRuns> {
  const { workflow, script = [{ text: 'done' }], tools = {}, store = memoryStore() } = given
  const background = createBackground()
  const content = memoryArtifacts()
  const artifacts = (): Promise<typeof content> => Promise.resolve(content)
  const mind = given.mind ?? scripted(script)
  const runtime = createRuntime({ store, mind, tools, artifacts, env: {} })
  const loaded = await loadOrThrow(workflow, { tools })
  const server: ServerContext = {
    workflows: new Map([[loaded.plan.name, loaded]]),
    stored: runtime,
    stateless: () => runtime,
    serverTools: new Set(),
    model: null,
    store,
    artifacts,
    linkKeys: [LINK_KEY],
    background,
  }
  const app = givenApp(server)
  return {
    app,
    server,
    store,
    background,
    get: async (path, asking) =>
      readAnswer(await app.request(path, { headers: headersOf(asking) })),
    post: async (path, body, asking) =>
      readAnswer(
        await app.request(path, {
          method: 'POST',
          body: typeof body === 'string' ? body : JSON.stringify(body),
          headers: { 'content-type': 'application/json', ...headersOf(asking) },
        }),
      ),
  }
}

function scripted(script: readonly object[]): Mind {
  const parsed = parseScript(script)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return scriptedMind(parsed.script)
}

/** The routes behind a door that lets in whoever says who they are. */
export function givenApp(server: ServerContext): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>()
  app.onError((error, c) => answerError(c, toApiError(error)))
  app.use('/v1/*', async (c, next) => {
    const scopes = (c.req.header('x-scopes') ?? 'run,read,approve').split(',')
    c.set('caller', {
      key: 'key_1',
      tenant: c.req.header('x-tenant') ?? 'acme',
      by: c.req.header('x-by') ?? 'ann',
      scopes: new Set(SCOPES.filter((scope) => scopes.includes(scope))),
    })
    await next()
  })
  app.route('/', linkRoutes(server))
  app.route('/v1', runsRoutes(server))
  return app
}

const SCOPES = ['run', 'approve', 'read', 'admin'] as const

function headersOf({ tenant, by, scopes, headers = {} }: Asking = {}): Record<string, string> {
  return {
    ...(tenant === undefined ? {} : { 'x-tenant': tenant }),
    ...(by === undefined ? {} : { 'x-by': by }),
    ...(scopes === undefined ? {} : { 'x-scopes': scopes.join(',') }),
    ...headers,
  }
}

async function readAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response
  const text = await response.text()
  const isJson = headers.get('content-type')?.includes('json') === true
  const json: unknown = isJson ? JSON.parse(text) : {}
  return { status, headers, text, json: z.record(z.string(), z.json()).parse(json) }
}

/** A member of an answer as text, whatever it is. */
export function textAt(json: JsonObject, name: string): string {
  const value = json[name] ?? ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
