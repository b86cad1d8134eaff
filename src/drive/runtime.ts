import { randomUUID } from 'node:crypto'
import type { CallModel } from '../core/decide/effect.ts'
import type { Event } from '../core/log/event.ts'
import type { Message } from '../core/log/message.ts'
import { ToolError } from '../core/spec/define.ts'
import type { Guideline } from '../core/spec/guideline/guideline.ts'
import type { JsonObject } from '../core/spec/json.ts'
import type { Plan } from '../core/spec/plan.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { aiSdkMind } from '../mind/ai-sdk.ts'
import type { Mind } from '../mind/mind.ts'
import { resolveModel } from '../mind/provider-registry.ts'
import { systemClock, type Clock } from '../perform/clock.ts'
import { memoryStore } from '../store/memory.ts'
import type { ArtifactStore, OpenArtifacts } from '../store/artifact/artifact-store.ts'
import type { Embed, MemoryBank, OpenMemory } from '../store/memory-bank/memory-bank.ts'
import type { RunRow, Store } from '../store/store.ts'
import type { HandoffDelivery } from '../perform/handoff-delivery.ts'
import type { GateCheck } from '../tool/check.ts'
import type { ToolRunner } from '../tool/tool.ts'
import { stated, type Statement } from './approve.ts'
import { assertPriced } from './assert-priced.ts'
import { chooseGuidelines } from './choose-guidelines.ts'
import { encodeDefinition } from './definition.ts'
import type { InlineTools, LoadedWorkflow } from './loaded-workflow.ts'
import { findDefinition, loadOrThrow } from './find-definition.ts'
import { forkRun, type ForkOptions } from './fork.ts'
import { joinSignals } from './join-signals.ts'
import { LockstepError } from './lockstep-error.ts'
import { DEFAULT_TENANT, memoryOpener } from './open-memory.ts'
import { vaultOpener, writableInput, type SecretKey } from './open-vault.ts'
import { importEvents } from './import-run.ts'
import { openRun, startRun, type Run } from './run.ts'
import { signerOf } from './signing-key.ts'
import { startEvents } from './start-events.ts'
import type { Telemetry } from './telemetry.ts'

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
  /** Where the content of artifacts is kept; memory when left out. */
  readonly artifacts?: ArtifactStore | OpenArtifacts
  /** Where notes live that outlive runs (S0.21); this process when left out. The caller closes it. */
  readonly memory?: MemoryBank | OpenMemory
  /** Whose notes they are, by the run's id where runs differ: no tenant sees another's. `default` when left out. */
  readonly tenant?: string | ((run: string) => string)
  /** For workflows that neither name a folder of guidelines nor have one beside their file. */
  readonly guidelines?: readonly Guideline[]
  /** Finds guidelines by what they mean, beside their words (S0.20). */
  readonly embed?: Embed
  /** Who posts handoffs to a workflow's webhook. */
  readonly deliver?: HandoffDelivery
  /**
   * An Ed25519 private key in PEM that seals each log whenever its run rests (S1.17); else the file
   * that LOCKSTEP_SIGNING_KEY names; else nothing is sealed.
   */
  readonly signingKey?: string
  /**
   * Encrypts what workflows mark `secret: true` (Law 17); else LOCKSTEP_SECRET_KEY. A function is
   * asked only where neither that is set nor anything else will do.
   */
  readonly secretKey?: SecretKey | (() => SecretKey)
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Traces runs from their logs, as `otlpTelemetry` does; nobody when left out. The caller closes it. */
  readonly telemetry?: Telemetry
  /** Aborting parks every run of this runtime: of a server that shuts down. */
  readonly signal?: AbortSignal
}

export interface StartOptions {
  readonly input?: JsonObject
  /** Who starts it; with two approvers, never one of them (Law 8). */
  readonly by?: string
  /** What conditions read as `$.session`. */
  readonly session?: JsonObject
  /** What the user states, as `run.state` does, before the first model call: `$.user.KIND`. */
  readonly states?: readonly Statement[]
  /** A conversation that was had elsewhere and goes on here; whole, each call with its result. */
  readonly history?: readonly Message[]
  /** `provider/model`, before the step's and the workflow's. */
  readonly model?: string
  /** The run's id; made when left out. A run that is there already rejects with `run_exists`. */
  readonly id?: string
  /** Stands for the request that starts it, for whoever must know the same one again; never a secret. */
  readonly request?: string
  /** A W3C `traceparent`: the run's spans belong to that trace, wherever it goes on. */
  readonly traceparent?: string
  /** Aborting parks the run: `resume` goes on from its log. */
  readonly signal?: AbortSignal
  /** Called with each piece of a model's text as it arrives; not part of the log. */
  readonly onText?: (delta: string, effect: CallModel) => void
  /** Called with events as soon as they are committed, before anything that follows from them. */
  readonly onEvents?: (events: readonly Event[]) => void
}

export type ResumeOptions = Pick<StartOptions, 'model' | 'signal' | 'onText' | 'onEvents'> & {
  /** The workflow: of runs whose definition was made in code, or an edited one to go on under. */
  readonly workflow?: WorkflowSpec | LoadedWorkflow
  /** A person's word that the run goes on under an edited workflow although a step ahead differs (Law 13). */
  readonly migrate?: boolean
  /** How many events its log had when whoever goes on with it looked; `head_moved` where it grew since. */
  readonly expected?: number
}

export interface Runtime {
  /** Compiles a workflow with this runtime's tools; rejects with `invalid_workflow` and every issue. */
  load(workflow: WorkflowSpec): Promise<LoadedWorkflow>
  /** Starts a run. Rejects with `invalid_workflow` or `invalid_input` before anything is written. */
  start(workflow: WorkflowSpec | LoadedWorkflow, options?: StartOptions): Promise<Run>
  /**
   * Opens a run by its id, under the definition that it began with; it does not go on by itself.
   * Where that has changed since, or another is given, it goes on if nothing differs that it can
   * still reach; else everything but reading, cancelling and people's answers (which are recorded as
   * refused) rejects with `definition_changed`, unless `migrate` says otherwise.
   */
  open(id: string, options?: ResumeOptions): Promise<Run>
  /**
   * Takes in a run whose log was kept elsewhere, whole and unchanged; it goes on when it is asked to.
   * Rejects with `run_exists` where the store has it already.
   */
  import(workflow: LoadedWorkflow, events: readonly Event[]): Promise<Run>
  /** Makes a run of another's first events; it has no grants, shares its places, and waits for `resume`. */
  fork(id: string, options?: ForkOptions): Promise<Run>
  list(query?: { readonly limit?: number }): Promise<readonly RunRow[]>
  close(): Promise<void>
}

const PINNED = { old: null, migrate: false }

/** Puts a runtime together. With no options it runs in memory against the models of the environment. */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  const parts = putTogether(options)
  const { shared, loading, pin, openVault } = parts
  const { store } = shared
  const open: Runtime['open'] = async (id, resume = {}) => {
    const row = await knownRow(store, id)
    const { loaded, old } = await findDefinition(row, { store, loading, given: resume.workflow })
    if (loaded.plan.digest !== row.digest) await pin(loaded.plan)
    if (resume.model !== undefined) assertPriced(loaded.plan, resume.model)
    return openRun({
      ...runOptions(resume, options.signal),
      ...shared,
      id,
      tenant: tenantOf(options, id),
      adoption: { old, migrate: resume.migrate === true },
      model: resume.model ?? null,
      ...(resume.expected === undefined ? {} : { expected: resume.expected }),
      vault: () => openVault(loaded.plan),
      workflow: withBuiltIns(loaded, options),
    })
  }
  return {
    load: (workflow) => loadOrThrow(workflow, loading),
    start: starter(options, parts),
    open,
    async import(loaded, events) {
      await pin(loaded.plan)
      return open(await importEvents({ store, plan: loaded.plan, events, source: loaded.source }))
    },
    async fork(id, { id: copy = newRunId(), ...how } = {}) {
      const row = await knownRow(store, id)
      const { loaded } = await findDefinition(row, { store, loading, given: undefined })
      const vault = openVault(loaded.plan)
      await forkRun({ ...how, ...shared, id: copy, plan: loaded.plan, row })
      await vault?.load(copy, row.run)
      await vault?.save()
      return open(copy)
    },
    list: (query = {}) => store.list({ limit: query.limit ?? 50 }),
    close: () => store.close(),
  }
}

/** Starts runs: their first events are there before the first is written. */
function starter(
  options: RuntimeOptions,
  { shared, loading, pin, openVault }: ReturnType<typeof putTogether>,
): Runtime['start'] {
  return async (workflow, start = {}) => {
    const loaded = 'plan' in workflow ? workflow : await loadOrThrow(workflow, loading)
    const { plan } = loaded
    const id = start.id ?? newRunId()
    const vault = openVault(plan)
    const input = writableInput(start.input ?? {}, { plan, vault })
    const { embed } = options
    const guidelines = await chooseGuidelines(plan, { id, input, start, mind: shared.mind, embed })
    const first = startEvents(plan, {
      id,
      input,
      session: start.session ?? {},
      ...(start.by === undefined ? {} : { by: start.by }),
      ...(start.model === undefined ? {} : { model: start.model }),
      ...(start.history === undefined ? {} : { history: start.history }),
      ...(start.request === undefined ? {} : { request: start.request }),
      ...(start.traceparent === undefined ? {} : { traceparent: start.traceparent }),
      guidelines,
    })
    const words = (start.states ?? []).map(stated)
    await pin(plan)
    return startRun(
      {
        ...runOptions(start, options.signal),
        ...shared,
        id,
        tenant: tenantOf(options, id),
        adoption: PINNED,
        model: null,
        vault: () => vault,
        workflow: withBuiltIns(loaded, options),
      },
      [...first, ...words],
    )
  }
}

/** What all runs of a runtime share. */
function putTogether(options: RuntimeOptions) {
  const store = options.store ?? memoryStore()
  const env = options.env ?? process.env
  const shared = {
    store,
    mind: options.mind ?? aiSdkMind({ model: (id: string) => resolveModel(id, env) }),
    clock: options.clock ?? systemClock,
    deliver: options.deliver ?? postHandoffs(env),
    artifacts: openerOf(options.artifacts),
    memory: memoryOpener(options.memory),
    sign: signerOf(options.signingKey, env),
    telemetry: options.telemetry,
  }
  const { tools = {}, checks = {}, guidelines } = options
  const loading = { tools, checks, env, ...(guidelines === undefined ? {} : { guidelines }) }
  const pin = definitionKeeper(store)
  const openVault = vaultOpener({ store, given: options.secretKey, env })
  return { shared, loading, pin, openVault }
}

function tenantOf({ tenant = DEFAULT_TENANT }: RuntimeOptions, run: string): string {
  return typeof tenant === 'function' ? tenant(run) : tenant
}

async function knownRow(store: Store, id: string): Promise<RunRow> {
  const row = await store.find(id)
  if (row === null) throw new LockstepError('unknown_run', `there is no run ${id}`)
  return row
}

/** Saves each definition once: its digest names its content, so a second time would change nothing. */
function definitionKeeper(store: Store): (plan: Plan) => Promise<void> {
  const kept = new Set<string>()
  return async (plan) => {
    const { digest } = plan
    if (kept.has(digest)) return
    await store.saveDefinition(digest, encodeDefinition(plan))
    kept.add(digest)
  }
}

function runOptions(
  options: StartOptions,
  all: AbortSignal | undefined,
): {
  readonly signal: AbortSignal
  readonly onText: (delta: string, effect: CallModel) => void
  readonly onEvents: (events: readonly Event[]) => void
} {
  return {
    signal: joinSignals(options.signal, all),
    onText: options.onText ?? (() => {}),
    onEvents: options.onEvents ?? (() => {}),
  }
}

/** Sorts by time, so that a list of ids reads in order. */
function newRunId(): string {
  return `run_${Date.now().toString(36)}_${randomUUID().slice(0, 8)}`
}

/** Adds what executes the built-ins that reach outside. */
function withBuiltIns(workflow: LoadedWorkflow, options: RuntimeOptions): LoadedWorkflow {
  const below = [...workflow.workflows].map(
    ([key, each]) => [key, withBuiltIns(each, options)] as const,
  )
  const whole = { ...workflow, workflows: new Map(below) }
  if (workflow.runners.has('web_search')) return whole
  const search = options.search ?? noSearch
  return { ...whole, runners: new Map([...workflow.runners, ['web_search', search]]) }
}

/** Opens the store of artifacts once, when the first is written or read. */
function openerOf(given: RuntimeOptions['artifacts']): OpenArtifacts {
  if (typeof given === 'object') return () => Promise.resolve(given)
  let opened: Promise<ArtifactStore> | null = null
  return () => (opened ??= (given ?? inMemory)())
}

async function inMemory(): Promise<ArtifactStore> {
  const { memoryArtifacts } = await import('../store/artifact/memory-artifacts.ts')
  return memoryArtifacts()
}

/** Loads what posts to webhooks with the first handoff that needs it. */
function postHandoffs(env: NonNullable<RuntimeOptions['env']>): HandoffDelivery {
  return async (packet, delivery) => {
    const { webhookDelivery } = await import('../perform/webhook.ts')
    return webhookDelivery({ env })(packet, delivery)
  }
}

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
