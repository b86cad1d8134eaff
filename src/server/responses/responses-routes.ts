import { Hono, type Context } from 'hono'
import type { Event } from '../../core/log/event.ts'
import { createContinuations, type Continuations } from '../continuation/continuation.ts'
import { newContinuationKey } from '../continuation/continuation-key.ts'
import type { JsonObject } from '../../core/spec/json.ts'
import type { ServerContext, ServerEnv } from '../server-context.ts'
import { badRequest, fromRuntime, parseBody } from './request/bad-request.ts'
import { continueCarried, continueSigned, continueStored } from './continue-job.ts'
import { compactResponse } from './answer/compact-response.ts'
import type { Desk, Hooks, Job } from './job.ts'
import type { FindItem } from './request/read-items.ts'
import { createPlanCache, type PlanCache } from '../plan-cache.ts'
import { createRecentItems, type RecentItems } from './answer/recent-items.ts'
import { responseBody } from './answer/response-body.ts'
import { responseFrame } from './answer/response-frame.ts'
import { retrieveResponse } from './answer/retrieve-response.ts'
import type { ResponsesBody } from './request/request-schema.ts'
import { startJob } from './start-job.ts'
import { findStoredItem } from './answer/stored-items.ts'
import { streamResponse } from './answer/stream-response.ts'

/*
 * `POST /responses` (S0.1, S0.36): in flows a body in Personize's or OpenAI's words, out flows what
 * came of the run. Read it, find or make the run, let it go on until it rests, write it down.
 */

interface Room {
  readonly server: ServerContext
  readonly continuations: Continuations
  readonly recent: RecentItems
  readonly plans: PlanCache
}

/** The routes of responses, to be mounted under `/v1` and `/api/v1`. */
export function responsesRoutes(server: ServerContext): Hono<ServerEnv> {
  const continuations =
    server.continuations ?? createContinuations({ keys: [newContinuationKey()] })
  const room = { server, continuations, recent: createRecentItems(), plans: createPlanCache() }
  const app = new Hono<ServerEnv>()
  app.post('/responses', (c) => respond(c, room))
  app.post('/responses/compact', async (c) => {
    const { body, raw } = parseBody(await readBody(c))
    const { desk } = deskOf(c, { room, body })
    const on = { raw, find: findItem(desk), createdAt: seconds() }
    return c.json(await compactResponse(desk, on).catch(refuse))
  })
  app.get('/responses/:id', async (c) => {
    const { desk } = deskOf(c, { room, body: {} })
    return c.json(await retrieveResponse(desk, { id: c.req.param('id'), continuations }))
  })
  return app
}

/** What the runtime refuses, as an answer. */
function refuse(error: unknown): never {
  throw fromRuntime(error)
}

function deskOf(
  c: Context<ServerEnv>,
  on: { readonly room: Room; readonly body: ResponsesBody },
): { readonly desk: Desk; readonly gone: AbortController } {
  const { room, body } = on
  const gone = new AbortController()
  const parked = room.server.background?.signal
  const signals = [gone.signal, c.req.raw.signal, ...(parked === undefined ? [] : [parked])]
  const hooks: Hooks = { onText: () => {}, onEvents: () => {} }
  const caller = c.get('caller')
  return { desk: { ...room, caller, body, hooks, signal: AbortSignal.any(signals) }, gone }
}

function findItem(desk: Desk): FindItem {
  const { recent, caller } = desk
  return async (id) => recent.find(caller.tenant, id) ?? (await findStoredItem(desk, id))
}

async function respond(c: Context<ServerEnv>, room: Room): Promise<Response> {
  const { body, raw } = parseBody(await readBody(c))
  const { desk, gone } = deskOf(c, { room, body })
  const { hooks } = desk
  const job = await readJob(desk, raw).catch(refuse)
  const createdAt = seconds()
  const frame = responseFrame(job, { body, createdAt })
  const reasoning = (body.include ?? []).includes('reasoning.encrypted_content')
  const finish = async (events: readonly Event[]) => {
    const record = await job.begin().catch(refuse)
    const done = await responseBody(
      {
        job,
        frame,
        record,
        events,
        tenant: desk.caller.tenant,
        reasoning,
        completedAt: seconds(),
      },
      room.continuations,
    )
    if (!job.stored) for (const item of done.output) room.recent.add(desk.caller.tenant, item)
    return done
  }
  if (body.stream === true) {
    const whole = reasoning
    const detailed = c.req.header('lockstep-events') === 'all'
    const stream = streamResponse({ job, frame, hooks, finish, gone, whole, detailed })
    room.server.background?.track(stream.done)
    return new Response(stream.body, { headers: SSE_HEADERS })
  }
  const events = [...job.before]
  hooks.onEvents = (more) => void events.push(...more)
  const answered = finish(events)
  room.server.background?.track(answered)
  return c.json((await answered).body)
}

const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

async function readBody(c: Context<ServerEnv>): Promise<unknown> {
  try {
    return await c.req.json()
  } catch (cause) {
    throw badRequest('the body is no JSON', { code: 'invalid_json', cause })
  }
}

/** Which of the ways to begin or to go on a request is. */
async function readJob(desk: Desk, raw: JsonObject): Promise<Job> {
  const { body } = desk
  if (body.background === true) {
    throw badRequest('`background` is not there; start a run with POST /runs', {
      code: 'background_unsupported',
      param: 'background',
    })
  }
  const signature = body.conversation_signature ?? null
  if (signature !== null) return continueSigned(desk, { signature, raw })
  if (Array.isArray(body.conversation) && body.conversation.length > 0) {
    throw badRequest(
      '`conversation` came without its `conversation_signature`; to give an earlier conversation use `messages`',
      {
        code: 'invalid_conversation_signature',
        param: 'conversation_signature',
      },
    )
  }
  const find = findItem(desk)
  const carried = await continueCarried(desk)
  if (carried !== null) return carried
  const id = body.previous_response_id ?? null
  if (id !== null) return continueStored(desk, { id, raw, find })
  return startJob(desk, { raw, find })
}

function seconds(): number {
  return Math.floor(Date.now() / 1000)
}
