import { Hono } from 'hono'
import type { JsonObject } from '../../core/spec/json.ts'
import type { Guideline } from '../../core/spec/guideline/guideline.ts'
import type { InlineTools, LoadedWorkflow } from '../../drive/load/loaded-workflow.ts'
import { createRuntime, type Runtime } from '../../drive/runtime.ts'
import type { Mind } from '../../mind/mind.ts'
import { parseScript } from '../../mind/script.ts'
import { scriptedMind } from '../../mind/scripted.ts'
import type { Store } from '../../store/store.ts'
import { ApiError, errorBody } from '../api-error.ts'
import { createContinuations, type Continuations } from '../continuation/continuation.ts'
import { readContinuationKey, type ContinuationKey } from '../continuation/continuation-key.ts'
import type { Caller, ServerContext, ServerEnv } from '../server-context.ts'
import { responsesRoutes } from './responses-routes.ts'

/*
 * The words of this room's tests: a server of the responses alone, with a mind that follows a script.
 */

/** A key that is the same in every test. */
export function givenKey(letter = 'a'): ContinuationKey {
  const key = readContinuationKey(Buffer.from(letter.repeat(32)).toString('base64'))
  if (key === null) throw new Error('a key has 32 bytes')
  return key
}

export interface GivenServer {
  /** What the model answers, call by call; or a mind of its own. */
  readonly script: Mind | readonly unknown[]
  readonly tools?: InlineTools
  readonly workflows?: readonly LoadedWorkflow[]
  readonly store?: Store
  readonly continuations?: Continuations
  readonly tenant?: string
  readonly guidelines?: readonly Guideline[]
}

export interface GivenApp {
  readonly app: Hono<ServerEnv>
  readonly post: (
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<{
    readonly status: number
    readonly body: JsonObject
  }>
}

export function mindOf(script: readonly unknown[]): Mind {
  const parsed = parseScript([...script])
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return scriptedMind(parsed.script)
}

/** Makes a server whose every caller is one tenant's. */
export function givenServer(given: GivenServer): GivenApp {
  const mind = 'answer' in given.script ? given.script : mindOf(given.script)
  const { tools = {}, store } = given
  const { guidelines } = given
  const options = { mind, tools, env: {}, ...(guidelines === undefined ? {} : { guidelines }) }
  const stored: Runtime | null = store === undefined ? null : createRuntime({ ...options, store })
  const server: ServerContext = {
    workflows: new Map((given.workflows ?? []).map((each) => [each.plan.name, each])),
    stored,
    ...(store === undefined ? {} : { store }),
    stateless: () => createRuntime(options),
    serverTools: new Set(Object.keys(tools)),
    model: null,
    continuations: given.continuations ?? createContinuations({ keys: [givenKey()] }),
  }
  const tenant = given.tenant ?? 'acme'
  const caller: Caller = { key: 'k', tenant, scopes: new Set(['run']), by: 'ana' }
  const app = new Hono<ServerEnv>()
  app.use(async (c, next) => {
    c.set('caller', caller)
    c.set('requestId', 'req_1')
    await next()
  })
  app.onError((error, c) => {
    if (error instanceof ApiError) return c.json(errorBody(error), error.status)
    return c.json({ error: { message: String(error), type: 'server_error', code: 'bug' } }, 500)
  })
  app.route('/v1', responsesRoutes(server))
  app.route('/api/v1', responsesRoutes(server))
  return {
    app,
    async post(body, headers = {}) {
      const answer = await app.request('/api/v1/responses', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      const read: JsonObject = JSON.parse(await answer.text())
      return { status: answer.status, body: read }
    },
  }
}
