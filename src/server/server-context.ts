import type { LoadedWorkflow } from '../drive/load/loaded-workflow.ts'
import type { Runtime } from '../drive/runtime.ts'
import type { OpenArtifacts } from '../store/artifact/artifact-store.ts'
import type { LinkKey } from '../store/artifact/signed-link.ts'
import type { Store } from '../store/store.ts'
import type { Background } from './background.ts'
import type { Continuations } from './continuation/continuation.ts'

/*
 * What every route of the server is given, and what it knows of who calls.
 */

/** What a key lets its holder do; `admin` all of it. */
export type Scope = 'run' | 'approve' | 'read' | 'admin'

/** Who calls: a key's tenant, and the name under which the log has what they do. */
export interface Caller {
  readonly key: string
  /** Letters, digits and `-`; every run of it has an id that begins with `TENANT~`. */
  readonly tenant: string
  readonly scopes: ReadonlySet<Scope>
  readonly by: string
  /** The `traceparent` of this request, where it has one: what it starts belongs to that trace. */
  readonly trace?: string
}

/** The caller's own key for a provider, for one request; never logged or kept (S0.24, Law 17). */
export interface OwnKey {
  readonly provider: string
  readonly model: string
  readonly apiKey: string
}

/** Hono's variables. */
export interface ServerEnv {
  readonly Variables: { caller: Caller; requestId: string }
}

/** What all routes share. */
export interface ServerContext {
  /** Registered workflows by name: `model: "workflow/NAME"`. */
  readonly workflows: ReadonlyMap<string, LoadedWorkflow>
  /** The runtime whose runs are kept; null on a server without a store. */
  readonly stored: Runtime | null
  /** A runtime for one request, whose runs live in its continuation alone. */
  readonly stateless: (own: OwnKey | null) => Runtime
  /** Names of the server's own tools, which steps of a request may name. */
  readonly serverTools: ReadonlySet<string>
  /** The model where neither request nor workflow names one; null for none. */
  readonly model: string | null
  /** Where the runs of `stored` live, for whoever reads them; with `stored` or not at all. */
  readonly store?: Store
  /** Where the content of their artifacts is kept. */
  readonly artifacts?: OpenArtifacts
  /** What signs links to artifacts, the first of them, and opens them, all; without one there are none. */
  readonly linkKeys?: readonly LinkKey[]
  /** What writes and reads continuations: `createContinuations({ keys })`; without it a key of this process. */
  readonly continuations?: Continuations
  /** What goes on after an answer was given: `createBackground()`. */
  readonly background?: Background
}

/** A run's id for a tenant: nobody else's can begin like it. */
export function ownsRun({ tenant }: Caller, run: string): boolean {
  return run.startsWith(`${tenant}~`)
}
