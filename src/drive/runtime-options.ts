import type { CallModel } from '../core/decide/effect.ts'
import type { Event } from '../core/log/event.ts'
import type { Message } from '../core/log/message.ts'
import type { Guideline } from '../core/spec/guideline/guideline.ts'
import type { JsonObject } from '../core/spec/json.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import type { Mind } from '../mind/mind.ts'
import type { Clock } from '../perform/clock.ts'
import type { ArtifactStore, OpenArtifacts } from '../store/artifact/artifact-store.ts'
import type { Embed, MemoryBank, OpenMemory } from '../store/memory-bank/memory-bank.ts'
import type { Store } from '../store/store.ts'
import type { HandoffDelivery } from '../perform/handoff-delivery.ts'
import type { GateCheck } from '../tool/check.ts'
import type { ToolRunner } from '../tool/tool.ts'
import type { Statement } from './approve.ts'
import type { InlineTools, LoadedWorkflow } from './load/loaded-workflow.ts'
import type { SecretKey } from './open-vault.ts'
import type { Telemetry } from './telemetry.ts'

/*
 * What a runtime is made of, and what runs of it are started and gone on with.
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
