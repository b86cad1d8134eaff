import type { Event } from '../core/log/event.ts'
import type { HandoffRecord } from '../core/log/record/handoff-record.ts'
import type { Json, JsonObject } from '../core/spec/json.ts'
import type { RequestOptions } from './responses.ts'
import { runEvents, type EventsOptions, type TextDelta } from './run-events.ts'
import {
  isApproval,
  isArtifact,
  isCheckpoint,
  isSummary,
  readDetail,
  readHandoff,
  readList,
  readRun,
  type RunAnswer,
  type RunApproval,
  type RunArtifact,
  type RunCheckpoint,
  type RunDetail,
  type RunInput,
  type RunResult,
  type RunState,
  type RunSummary,
  type StartRequest,
} from './run-shape.ts'
import type { ApiCall, Transport } from './transport.ts'

/*
 * Runs that the server keeps: begun, watched, answered, taken back (DESIGN §5). Each act is in the
 * run's log before its answer comes; what follows from it is seen in `events`, or waited for.
 */

/** How an act on a run is asked for. */
export interface ActOptions extends RequestOptions {
  /** Waits so long (60 seconds at most) for the run to rest; the answer has its record then. */
  readonly waitSeconds?: number
  /** Only while this is the number of its last event; else it rejects with `head_moved` (412). */
  readonly expectedHead?: number
}

export interface StartOptions extends RequestOptions {
  readonly waitSeconds?: number
  /** The same key with the same request is the same run; made when left out, so that retries are safe. */
  readonly idempotencyKey?: string
}

export interface Runs {
  start(request: StartRequest, options?: StartOptions): Promise<RunState>
  get(run: string, options?: RequestOptions): Promise<RunDetail>
  /** All runs, newest first; fetched page by page as they are read. */
  list(options?: RequestOptions & { readonly pageSize?: number }): AsyncIterable<RunSummary>
  /** Events from the first, each once, over reconnections; see `until` for its end. */
  events(
    run: string,
    options: EventsOptions & { readonly text: true },
  ): AsyncIterable<Event | TextDelta>
  events(run: string, options?: EventsOptions & { readonly text?: false }): AsyncIterable<Event>
  /** A further message, or the answer to a question. */
  input(run: string, input: RunInput | string, options?: ActOptions): Promise<RunState>
  /** Results of client tools. */
  results(run: string, results: readonly RunResult[], options?: ActOptions): Promise<RunState>
  approvals(run: string, options?: RequestOptions): Promise<readonly RunApproval[]>
  /** Rejects with `approval_refused` where it does not count; the run's log has it either way. */
  approve(run: string, answer?: RunAnswer, options?: ActOptions): Promise<RunState>
  deny(run: string, answer?: RunAnswer, options?: ActOptions): Promise<RunState>
  /** The user's yes to exactly this call. */
  confirm(
    run: string,
    said: { readonly tool: string; readonly args: Json; readonly branch?: string },
    options?: ActOptions,
  ): Promise<RunState>
  /** What the user states, for gates to read as `$.user.KIND`. */
  state(
    run: string,
    stated: { readonly kind: string; readonly facts: JsonObject },
    options?: ActOptions,
  ): Promise<RunState>
  checkpoints(run: string, options?: RequestOptions): Promise<readonly RunCheckpoint[]>
  /** Names the place where the run rests. */
  checkpoint(run: string, name: string, options?: ActOptions): Promise<RunState>
  rewind(
    run: string,
    to: string | { readonly to: string; readonly branch?: string },
    options?: ActOptions,
  ): Promise<RunState>
  /** A new run out of another's events up to a checkpoint, an event, or the end. */
  fork(
    run: string,
    from?: { readonly at?: string | number },
    options?: RequestOptions,
  ): Promise<RunSummary>
  resume(
    run: string,
    how?: { readonly model?: string; readonly migrate?: boolean },
    options?: ActOptions,
  ): Promise<RunState>
  /** Says what became of a write in doubt. */
  settle(
    run: string,
    found: { readonly call: string; readonly executed: boolean; readonly output?: Json },
    options?: ActOptions,
  ): Promise<RunState>
  cancel(run: string, options?: ActOptions): Promise<RunState>
  /** The packet for a person; rejects with `no_handoff` where there is none. */
  handoff(run: string, options?: RequestOptions): Promise<HandoffRecord>
  /** Gives what the packet lacks; without `fields` it is delivered again. */
  fillHandoff(run: string, fields?: JsonObject, options?: ActOptions): Promise<RunState>
  /** What it published, oldest first. */
  artifacts(run: string, options?: RequestOptions): Promise<readonly RunArtifact[]>
  /** The content of `NAME` or `NAME@VERSION`: `.text()`, `.arrayBuffer()`, `.body`. */
  artifact(run: string, name: string, options?: RequestOptions): Promise<Response>
}

/** The runs of a server behind a transport. */
export function createRuns(transport: Transport): Runs {
  const act = actor(transport)
  function events(
    run: string,
    options: EventsOptions & { readonly text: true },
  ): AsyncIterable<Event | TextDelta>
  function events(
    run: string,
    options?: EventsOptions & { readonly text?: false },
  ): AsyncIterable<Event>
  function events(run: string, options: EventsOptions = {}): AsyncIterable<Event | TextDelta> {
    return runEvents(transport, pathOf(run, '/events'), options)
  }
  return {
    async start(request, options = {}) {
      const { idempotencyKey = newKey() } = options
      const call = post('/runs', { body: request, options })
      return readRun(await transport.json({ ...call, idempotencyKey }))
    },
    get: async (run, options) => readDetail(await transport.json(get(pathOf(run), options))),
    list: (options = {}) => everyRun(transport, options),
    events,
    input: (run, input, options) => {
      const body = typeof input === 'string' ? { message: input } : input
      return act(pathOf(run, '/input'), { body, options })
    },
    results: (run, results, options) =>
      act(pathOf(run, '/results'), { body: { results }, options }),
    resume: (run, how = {}, options) => act(pathOf(run, '/resume'), { body: how, options }),
    cancel: (run, options) => act(pathOf(run, '/cancel'), { options }),
    ...people(transport),
    ...passages(transport),
    async artifacts(run, options) {
      const path = pathOf(run, '/artifacts')
      return readList(await transport.json(get(path, options)), isArtifact).data
    },
    artifact(run, name, options) {
      const path = pathOf(run, `/artifacts/${encodeURIComponent(name)}`)
      return transport.response(get(path, options))
    },
  }
}

/** What people say to a run. */
function people(
  transport: Transport,
): Pick<
  Runs,
  'approvals' | 'approve' | 'deny' | 'confirm' | 'state' | 'settle' | 'handoff' | 'fillHandoff'
> {
  const act = actor(transport)
  const decide =
    (decision: 'approve' | 'deny'): Runs['approve'] =>
    (run, answer = {}, options) =>
      act(pathOf(run, '/approvals'), { body: { decision, ...answer }, options })
  return {
    async approvals(run, options) {
      const path = pathOf(run, '/approvals')
      return readList(await transport.json(get(path, options)), isApproval).data
    },
    approve: decide('approve'),
    deny: decide('deny'),
    confirm: (run, said, options) => act(pathOf(run, '/confirmations'), { body: said, options }),
    state: (run, stated, options) => act(pathOf(run, '/states'), { body: stated, options }),
    settle: (run, found, options) => act(pathOf(run, '/settle'), { body: found, options }),
    async handoff(run, options) {
      const path = pathOf(run, '/handoff')
      return readHandoff(await transport.json(get(path, options)))
    },
    fillHandoff(run, fields, options) {
      const body = fields === undefined ? {} : { fields }
      return act(pathOf(run, '/handoff'), { body, options })
    },
  }
}

/** Going back, and going elsewhere from the same place. */
function passages(
  transport: Transport,
): Pick<Runs, 'checkpoints' | 'checkpoint' | 'rewind' | 'fork'> {
  const act = actor(transport)
  return {
    async checkpoints(run, options) {
      const path = pathOf(run, '/checkpoints')
      return readList(await transport.json(get(path, options)), isCheckpoint).data
    },
    checkpoint: (run, name, options) =>
      act(pathOf(run, '/checkpoints'), { body: { name }, options }),
    rewind(run, to, options) {
      const body = typeof to === 'string' ? { to } : to
      return act(pathOf(run, '/rewind'), { body, options })
    },
    fork: (run, from = {}, options) => act(pathOf(run, '/fork'), { body: from, options }),
  }
}

type Act = (
  path: string,
  on: { readonly body?: object; readonly options: ActOptions | undefined },
) => Promise<RunState>

function actor(transport: Transport): Act {
  return async (path, { body = {}, options = {} }) =>
    readRun(await transport.json(post(path, { body, options })))
}

async function* everyRun(
  transport: Transport,
  { pageSize, ...options }: RequestOptions & { readonly pageSize?: number },
): AsyncGenerator<RunSummary, void, undefined> {
  let cursor: string | undefined
  do {
    const call = { ...get('/runs', options), query: { limit: pageSize, cursor } }
    const page = readList(await transport.json(call), isSummary)
    yield* page.data
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
}

function pathOf(run: string, rest = ''): string {
  return `/runs/${encodeURIComponent(run)}${rest}`
}

function get(path: string, { signal, timeoutMs, headers }: RequestOptions = {}): ApiCall {
  return { method: 'GET', path, signal, timeoutMs, ...(headers === undefined ? {} : { headers }) }
}

function post(
  path: string,
  { body, options }: { readonly body: object; readonly options: ActOptions },
): ApiCall {
  const { signal, timeoutMs, headers, waitSeconds, expectedHead } = options
  return {
    method: 'POST',
    path,
    body,
    signal,
    timeoutMs,
    headers: {
      ...headers,
      ...(waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` }),
      ...(expectedHead === undefined ? {} : { 'if-match': `"${expectedHead}"` }),
    },
  }
}

/** `randomUUID` is there on secure pages alone. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
