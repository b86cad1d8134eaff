import type { Message } from '../../core/log/message.ts'
import { isJsonObject, type JsonObject } from '../../core/spec/json.ts'
import { readJson } from '../../core/spec/read-json.ts'
import type { LoadedWorkflow } from '../../drive/load/loaded-workflow.ts'
import type { Runtime } from '../../drive/runtime.ts'
import type { ContinuedAbout } from '../continuation/continuation.ts'
import type { OwnKey } from '../server-context.ts'
import { tracedBy } from '../operation/trace-of.ts'
import { assertStateless } from './assert-stateless.ts'
import { badRequest } from './request/bad-request.ts'
import { createHistory } from './request/history.ts'
import type { Desk, Job } from './job.ts'
import { readItems, type FindItem } from './request/read-items.ts'
import { readMessages } from './request/read-messages.ts'
import type { ResponsesBody } from './request/request-schema.ts'
import { loadRequest } from './request/load-request.ts'
import { ownKey } from './own-key.ts'
import { workflowName } from './request/registered.ts'
import { newRun } from './run-reference.ts'

/*
 * A request that begins a run (S0.1, S0.36): which workflow it is, with what input, after which
 * conversation.
 */

const MAX_CONVERSATION = 512 * 1024

/** Which of the two surfaces a body is written for: Personize's, or OpenAI's. */
export function surfaceOf(body: ResponsesBody): 'personize' | 'openai' {
  return (body.input ?? body.previous_response_id ?? null) === null ? 'personize' : 'openai'
}

/** Reads a request that begins a run. Throws an ApiError before anything runs. */
export async function startJob(
  desk: Desk,
  on: { readonly raw: JsonObject; readonly find: FindItem; readonly before?: readonly Message[] },
): Promise<Job> {
  const { body, caller, server, hooks, signal } = desk
  const read = await readConversation(body, on)
  const own = ownKey(body)
  const { runtime, stored } = chooseRuntime(desk, own)
  const { loaded, warnings } = await loadRequest(desk, {
    ...on,
    runtime,
    instructions: read.instructions,
  })
  if (!stored) assertStateless(loaded.plan, { hasStore: server.stored !== null })
  const run = newRun(caller)
  const conversation = readsWords(body, loaded) ? wordsApart(read) : read
  const input = inputOf(body, { loaded, message: conversation.message })
  return {
    run,
    loaded,
    stored,
    before: [],
    warnings,
    about: aboutOf(body),
    begin: async () => {
      const started = await runtime.start(loaded, {
        id: run,
        input,
        by: caller.by,
        ...tracedBy(caller),
        ...(conversation.messages.length === 0 ? {} : { history: conversation.messages }),
        ...(typeof body.session_id === 'string' ? { session: { id: body.session_id } } : {}),
        signal,
        onText: (delta, effect) => hooks.onText(delta, effect),
        onEvents: (events) => hooks.onEvents(events),
      })
      return started.done
    },
  }
}

export function aboutOf(body: ResponsesBody): ContinuedAbout {
  return {
    surface: surfaceOf(body),
    model: body.model ?? null,
    outputs: (body.personize?.outputs ?? []).map(({ key, type }) => ({ key, type: type ?? null })),
    session: body.session_id ?? null,
    metadata: body.metadata ?? {},
  }
}

interface Conversation {
  readonly messages: readonly Message[]
  readonly message: string | null
  readonly instructions: readonly string[]
}

async function readConversation(
  body: ResponsesBody,
  on: { readonly find: FindItem; readonly before?: readonly Message[] },
): Promise<Conversation> {
  const { messages, input, steps } = body
  if ((body.attachments ?? []).length > 0) {
    throw badRequest('attachments are not read here; put their text into a message', {
      code: 'attachments_unsupported',
      param: 'attachments',
    })
  }
  const history = createHistory(on.before ?? [])
  if (Array.isArray(body.instructions)) {
    await readItems(body.instructions, { history, find: on.find })
  }
  if ((messages ?? null) !== null) readMessages(messages ?? [], history)
  if (typeof input === 'string') history.hear(input)
  else if ((input ?? null) !== null) await readItems(input ?? [], { history, find: on.find })
  const read = history.end()
  const size = JSON.stringify(read.messages).length
  if (surfaceOf(body) === 'personize' && size > MAX_CONVERSATION) {
    throw badRequest(`the conversation has ${size} characters; at most ${MAX_CONVERSATION} go`, {
      code: 'conversation_too_large',
      param: 'messages',
    })
  }
  const hasSteps = (steps ?? null) !== null
  const said = read.messages.some(({ role }) => role === 'user') || read.message !== null
  if (!hasSteps && !said) {
    throw badRequest(
      'nothing was asked: give `steps` with a prompt, or `messages` or `input` with a message of the user',
      {
        code: 'missing_input',
      },
    )
  }
  return read
}

/** True where more than the model reads the user's last words: a template, an input, memory, guidelines. */
function readsWords(body: ResponsesBody, { plan }: LoadedWorkflow): boolean {
  if (workflowName(body.model) !== null) return true
  if (plan.memory !== null || plan.guidelines !== null) return true
  return (
    (body.steps ?? null) !== null && [...plan.steps.values()].some((step) => step.quotesMessage)
  )
}

/** Takes the words of a last message with pictures out of it; a prompt is words alone. */
function wordsApart(conversation: Conversation): Conversation {
  const { messages, instructions } = conversation
  const last = messages.at(-1)
  const isApart = conversation.message !== null || last?.role !== 'user'
  if (isApart || last.images === undefined) return conversation
  const pictures = { ...last, text: '' }
  return { messages: [...messages.slice(0, -1), pictures], message: last.text, instructions }
}

/** OpenAI's clients expect to be remembered unless they say otherwise; so is everybody where there is a store. */
export function chooseRuntime(
  { body, server }: Desk,
  own: OwnKey | null,
): { readonly runtime: Runtime; readonly stored: boolean } {
  if (own === null && body.store !== false && server.stored !== null) {
    return { runtime: server.stored, stored: true }
  }
  if (own !== null && body.store === true) {
    throw badRequest(
      'a run under your own key is not stored, since the key is not; leave `store` out',
      {
        code: 'byok_not_stored',
        param: 'store',
      },
    )
  }
  return { runtime: server.stateless(own), stored: false }
}

function inputOf(
  body: ResponsesBody,
  on: { readonly loaded: LoadedWorkflow; readonly message: string | null },
): JsonObject {
  const { plan } = on.loaded
  const message = on.message ?? ''
  const inputs = body.inputs ?? null
  const isRegistered = workflowName(body.model) !== null
  if (!isRegistered || inputs !== null) {
    return { ...(on.message === null && inputs !== null ? {} : { message }), ...inputs }
  }
  const written = parsedObject(message)
  return written !== null && (plan.input?.(written) ?? null) === null && plan.input !== null
    ? written
    : { message }
}

function parsedObject(text: string): JsonObject | null {
  try {
    const read = readJson(JSON.parse(text))
    return read.ok && isJsonObject(read.value) ? read.value : null
  } catch {
    return null
  }
}
