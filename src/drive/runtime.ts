import { randomUUID } from 'node:crypto'
import type { CallModel } from '../core/decide/effect.ts'
import type { Event, EventBody } from '../core/log/event.ts'
import { newDraft } from '../core/log/draft.ts'
import { ToolError } from '../core/spec/define.ts'
import type { JsonObject } from '../core/spec/json.ts'
import type { Plan } from '../core/spec/plan.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { templateScopes } from '../core/decide/context.ts'
import { aiSdkMind } from '../mind/ai-sdk.ts'
import type { Mind } from '../mind/mind.ts'
import { resolveModel } from '../mind/provider-registry.ts'
import { systemClock, type Clock } from '../perform/clock.ts'
import { memoryStore } from '../store/memory.ts'
import type { RunRow, Store } from '../store/store.ts'
import type { HandoffDelivery } from '../perform/handoff-delivery.ts'
import type { GateCheck } from '../tool/check.ts'
import type { ToolRunner } from '../tool/tool.ts'
import { loadWorkflow } from './load-workflow.ts'
import type { InlineTools, LoadedWorkflow, LoadOptions } from './loaded-workflow.ts'
import { LockstepError } from './lockstep-error.ts'
import { openRun, startRun, type Run } from './run.ts'

/*
 * The runtime: a store, a mind and tools, put together once; runs start and go on from here.
 */

export interface RuntimeOptions {
  /** Where logs live; memory when left out, which nothing survives. */
  readonly store?: Store
  /** Who answers model calls; AI SDK providers by `provider/model` when left out. */
  readonly mind?: Mind
  /** Tools in code, by name. */
  readonly tools?: InlineTools
  /** What executes the built-in `web_search`. */
  readonly search?: ToolRunner
  readonly clock?: Clock
  /** Functions of gates (`check`) in code, by gate. */
  readonly checks?: Readonly<Record<string, GateCheck>>
  /** Who posts handoffs to a workflow's webhook. */
  readonly deliver?: HandoffDelivery
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface StartOptions {
  readonly input?: JsonObject
  /** Who starts it; with two approvers, never one of them (Law 8). */
  readonly by?: string
  /** What conditions read as `$.session`. */
  readonly session?: JsonObject
  /** `provider/model`, before the step's and the workflow's. */
  readonly model?: string
  /** The run's id; made when left out. A run that is there already rejects with `run_exists`. */
  readonly id?: string
  /** Aborting parks the run: `resume` goes on from its log. */
  readonly signal?: AbortSignal
  /** Called with each piece of a model's text as it arrives; not part of the log. */
  readonly onText?: (delta: string, effect: CallModel) => void
  /** Called with events as soon as they are committed, before anything that follows from them. */
  readonly onEvents?: (events: readonly Event[]) => void
}

export type ResumeOptions = Pick<StartOptions, 'model' | 'signal' | 'onText' | 'onEvents'> & {
  /** The workflow, for runs whose definition was made in code. */
  readonly workflow?: WorkflowSpec
}

export interface Runtime {
  /** Starts a run. Rejects with `invalid_workflow` or `invalid_input` before anything is written. */
  start(workflow: WorkflowSpec | LoadedWorkflow, options?: StartOptions): Promise<Run>
  /** Opens a run by its id, under the definition that it began with; it does not go on by itself. */
  open(id: string, options?: ResumeOptions): Promise<Run>
  list(query?: { readonly limit?: number }): Promise<readonly RunRow[]>
  close(): Promise<void>
}

/** Puts a runtime together. With no options it runs in memory against the models of the environment. */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  const store = options.store ?? memoryStore()
  const env = options.env ?? process.env
  const shared = {
    store,
    mind: options.mind ?? aiSdkMind({ model: (id: string) => resolveModel(id, env) }),
    clock: options.clock ?? systemClock,
    deliver: options.deliver ?? noDelivery,
  }
  const loading = { tools: options.tools ?? {}, checks: options.checks ?? {}, env }
  const pin = definitionKeeper(store)
  return {
    async start(workflow, start = {}) {
      const loaded = 'plan' in workflow ? workflow : await loadOrThrow(workflow, loading)
      const id = start.id ?? newRunId()
      const first = startEvents(loaded.plan, {
        id,
        input: start.input ?? {},
        session: start.session ?? {},
        ...(start.by === undefined ? {} : { by: start.by }),
        ...(start.model === undefined ? {} : { model: start.model }),
      })
      await pin(loaded.plan)
      return startRun(
        {
          ...runOptions(start),
          ...shared,
          id,
          model: null,
          workflow: withBuiltIns(loaded, options),
        },
        first,
      )
    },
    async open(id, resume = {}) {
      const row = await store.find(id)
      if (row === null) throw new LockstepError('unknown_run', `there is no run ${id}`)
      const loaded = await findDefinition(row, { store, loading, given: resume.workflow })
      return openRun({
        ...runOptions(resume),
        ...shared,
        id,
        model: resume.model ?? null,
        workflow: withBuiltIns(loaded, options),
      })
    },
    list: (query = {}) => store.list({ limit: query.limit ?? 50 }),
    close: () => store.close(),
  }
}

/** Saves each definition once: its digest names its content, so a second time would change nothing. */
function definitionKeeper(store: Store): (plan: Plan) => Promise<void> {
  const kept = new Set<string>()
  return async ({ digest, spec }) => {
    if (kept.has(digest)) return
    await store.saveDefinition(digest, JSON.stringify({ spec }))
    kept.add(digest)
  }
}

function runOptions(options: StartOptions): {
  readonly signal: AbortSignal
  readonly onText: (delta: string, effect: CallModel) => void
  readonly onEvents: (events: readonly Event[]) => void
} {
  return {
    signal: options.signal ?? new AbortController().signal,
    onText: options.onText ?? (() => {}),
    onEvents: options.onEvents ?? (() => {}),
  }
}

/** Sorts by time, so that a list of ids reads in order. */
function newRunId(): string {
  return `run_${Date.now().toString(36)}_${randomUUID().slice(0, 8)}`
}

async function loadOrThrow(
  spec: WorkflowSpec,
  loading: LoadOptions & { readonly source?: string | null },
): Promise<LoadedWorkflow> {
  const loaded = await loadWorkflow(spec, loading)
  if (loaded.ok) return loaded.workflow
  const summary = loaded.issues.map((issue) => issue.message).join('; ')
  throw new LockstepError('invalid_workflow', summary, { issues: loaded.issues })
}

/**
 * The events of a start, after the input was checked and the instructions rendered. Throws a
 * LockstepError `invalid_input`.
 */
export function startEvents(
  plan: Plan,
  start: {
    readonly id: string
    readonly input: JsonObject
    readonly session: JsonObject
    readonly by?: string
    readonly model?: string
  },
): readonly EventBody[] {
  const { id, input, session } = start
  const wrong = plan.input?.(input) ?? null
  if (wrong !== null) throw new LockstepError('invalid_input', `the input does not fit: ${wrong}`)
  const draft = newDraft([])
  draft.branch.input = input
  draft.session = session
  const scopes = templateScopes(plan, draft)
  const instructions = plan.instructions?.render(scopes) ?? { ok: true, text: null }
  if (!instructions.ok)
    throw new LockstepError('invalid_input', `instructions: ${instructions.error.message}`)
  return [
    {
      type: 'run.started',
      run: id,
      workflow: plan.name,
      digest: plan.digest,
      input,
      instructions: instructions.text,
      session,
      ...(start.by === undefined ? {} : { by: start.by }),
      ...(start.model === undefined ? {} : { model: start.model }),
    },
    { type: 'turn.started', turn: 1, input: {} },
  ]
}

/** A run goes on under what it began with (Law 13): the pinned spec, and modules that still match. */
async function findDefinition(
  row: RunRow,
  known: {
    readonly store: Store
    readonly loading: LoadOptions
    readonly given: WorkflowSpec | undefined
  },
): Promise<LoadedWorkflow> {
  const pinned = await known.store.loadDefinition(row.digest)
  const spec = known.given ?? (await readDefinition(pinned))
  if (spec === undefined) {
    throw new LockstepError(
      'no_definition',
      `the definition ${row.digest} of run ${row.run} is not in the store`,
    )
  }
  const loaded = await loadOrThrow(spec, { ...known.loading, source: row.source })
  if (loaded.plan.digest !== row.digest) {
    throw new LockstepError(
      'definition_changed',
      `run ${row.run} began with ${row.digest}, but its workflow or a module of its tools is now ${loaded.plan.digest}`,
    )
  }
  return loaded
}

/** Loads the reader with the first definition, for its validator is slow to load. */
async function readDefinition(pinned: string | null): Promise<WorkflowSpec | undefined> {
  const { readPinned } = await import('./read-pinned.ts')
  return readPinned(pinned)
}

/** Adds what executes the built-ins that reach outside. */
function withBuiltIns(workflow: LoadedWorkflow, options: RuntimeOptions): LoadedWorkflow {
  if (workflow.runners.has('web_search')) return workflow
  const search = options.search ?? noSearch
  return { ...workflow, runners: new Map([...workflow.runners, ['web_search', search]]) }
}

const noDelivery: HandoffDelivery = () =>
  Promise.reject(new Error('nothing delivers handoffs here'))

const noSearch: ToolRunner = () =>
  Promise.reject(
    new ToolError(
      'no search provider is configured: pass `search` to createRuntime, or declare web_search as a tool',
      {
        code: 'NOT_CONFIGURED',
        executed: false,
      },
    ),
  )
