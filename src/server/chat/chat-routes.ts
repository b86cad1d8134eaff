import { Hono, type Context } from 'hono'
import type { CallModel } from '../../core/decide/effect.ts'
import { ApiError } from '../api-error.ts'
import type { Caller, ServerContext, ServerEnv } from '../server-context.ts'
import { chatAnswer, type ChatAnswer } from './chat-answer.ts'
import { chatCompletion, newHead } from './chat-completion.ts'
import type { ChatRequest } from './chat-body.ts'
import { readChatRequest } from './chat-request.ts'
import { stopWords, type ChatRun } from './chat-host.ts'
import { startChat } from './chat-run.ts'
import { openStream, type ChatStream } from './chat-stream.ts'
import { modelRoutes } from './model-routes.ts'
import { createStopFilter } from './stop-filter.ts'
import { BETWEEN, createTurnReader } from './turn.ts'
import { createWorkflowCache, type WorkflowCache } from './workflow-cache.ts'

/*
 * `POST /chat/completions`: OpenAI's surface over runs. A body comes in, is checked, becomes a run of
 * one step or of a registered workflow, and its rest becomes the answer, whole or in chunks. A client
 * that goes away parks the run.
 */

/** The routes of chat completions and models (S0.37), to be mounted under `/v1` and `/api/v1`. */
export function chatRoutes(server: ServerContext): Hono<ServerEnv> {
  const routes = new Hono<ServerEnv>()
  const cache = createWorkflowCache()
  routes.post('/chat/completions', async (c) => {
    const caller = c.get('caller')
    assertMayRun(caller)
    const request = readChatRequest(await c.req.text())
    const room = { c, server, cache, caller, request }
    return request.stream === true ? streamed(room) : whole(room)
  })
  routes.route('/', modelRoutes(server))
  return routes
}

interface Room {
  readonly c: Context<ServerEnv>
  readonly server: ServerContext
  readonly cache: WorkflowCache
  readonly caller: Caller
  readonly request: ChatRequest
}

function assertMayRun({ scopes }: Caller): void {
  if (scopes.has('run') || scopes.has('admin')) return
  throw new ApiError('permission_error', 'this key may not run anything; it needs the scope run', {
    code: 'missing_scope',
  })
}

async function whole(room: Room): Promise<Response> {
  const { c, server, request } = room
  const reader = createTurnReader()
  const chat = await startChat(request, {
    ...room,
    signal: signalOf(room),
    onText: () => {},
    onEvents: (events) => reader.read(events),
  })
  server.background?.track(chat.done)
  const answer = chatAnswer(await chat.done, reader.turn(), chat.answer)
  return c.json(chatCompletion(newHead(modelOf(room), Date.now()), answer))
}

/** Headers go out with the first sign of life, so that what fails at once has its status. */
async function streamed(room: Room): Promise<Response> {
  const { server, request } = room
  const gone = new AbortController()
  const reader = createTurnReader()
  const listener = createListener()
  const chat = await startChat(request, {
    ...room,
    signal: AbortSignal.any([signalOf(room), gone.signal]),
    onText: listener.hear,
    onEvents: (events) => {
      reader.read(events)
      if (events.some(({ type }) => type === 'model.answered')) listener.begin()
    },
  })
  server.background?.track(chat.done)
  const answer = chat.done.then((record): ChatAnswer =>
    chatAnswer(record, reader.turn(), chat.answer),
  )
  // Who waits for it hears of a failure; until then it is nobody's.
  answer.catch(() => {})
  const before = listener.follow(chat)
  await Promise.race([listener.begun, answer])
  const stream = openStream({
    head: newHead(modelOf(room), Date.now()),
    includeUsage: request.stream_options?.include_usage === true,
    filter: createStopFilter(stopWords(request)),
    before,
    answer,
    onCancel: () => gone.abort(),
  })
  listener.to(stream)
  return stream.response
}

interface Listener {
  readonly hear: (delta: string, effect: CallModel) => void
  readonly begin: () => void
  /** Resolves when there is something to tell. */
  readonly begun: Promise<void>
  /** Knows from here on what is live; the list fills until there is a stream. */
  readonly follow: (chat: ChatRun) => readonly string[]
  readonly to: (stream: ChatStream) => void
}

/** Parts the text of the answer from all else that models say. */
function createListener(): Listener {
  const waiting: { readonly delta: string; readonly effect: CallModel }[] = []
  const before: string[] = []
  let chat: ChatRun | null = null
  let stream: ChatStream | null = null
  let last: number | null = null
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const say = (delta: string, effect: CallModel): void => {
    // What a second attempt says is known when it is whole; part of the first was shown already.
    if (delta === '' || effect.attempt > 1 || chat?.isLive(effect) !== true) return
    const text = last === null || last === effect.call ? delta : BETWEEN + delta
    last = effect.call
    if (stream === null) before.push(text)
    else stream.text(text)
    begin()
  }
  return {
    hear(delta, effect) {
      if (chat === null) waiting.push({ delta, effect })
      else say(delta, effect)
    },
    begin,
    begun,
    follow(given) {
      chat = given
      for (const { delta, effect } of waiting.splice(0)) say(delta, effect)
      return before
    },
    to(opened) {
      stream = opened
    },
  }
}

/** Aborts when the client goes away, or the server shuts down. */
function signalOf({ c, server }: Room): AbortSignal {
  const { signal } = c.req.raw
  return server.background === undefined
    ? signal
    : AbortSignal.any([signal, server.background.signal])
}

/** As the request names it, so that a client finds what it asked for. */
function modelOf({ request, server }: Room): string {
  return request.model ?? server.model ?? 'default'
}
