/*
 * What `decide` asks of the outside, in the imperative. An effect carries names and positions, never
 * copies of the history (Law 10); src/perform has one file for each.
 */
import type { Reservation } from '../log/event.ts'
import type { Json } from '../spec/json.ts'

interface InBranch {
  /** The sub-run that it belongs to; absent for the run itself. */
  readonly branch?: string
}

export interface CallModel extends InBranch {
  readonly type: 'call-model'
  /** The position of this model call in the run, from 1. */
  readonly call: number
  readonly attempt: number
  readonly step: string
  readonly role: 'planner' | 'composer' | 'verifier'
  readonly closing: boolean
}

export interface RunTool extends InBranch {
  readonly type: 'run-tool'
  readonly call: string
  readonly tool: string
  readonly attempt: number
  readonly args: Json
  readonly idempotencyKey: string
}

export interface Wait extends InBranch {
  readonly type: 'wait'
  /** What waits: `model`, `handoff` or a call's id. */
  readonly wait: string
  readonly delayMs: number
}

/** Asks the function of a gate's `check` about a call. */
export interface RunCheck extends InBranch {
  readonly type: 'run-check'
  readonly call: string
  readonly gate: string
  readonly timeoutMs: number
}

/** Takes a call's places under `limit` gates for its own among all forks of the run. */
export interface ClaimPlaces extends InBranch {
  readonly type: 'claim-places'
  readonly call: string
  readonly family: string
  readonly places: readonly (Reservation & { readonly calls: number })[]
}

/** Puts what a call writes through the gate of its artifact and into the store (S4.19). */
export interface StoreArtifact extends InBranch {
  readonly type: 'store-artifact'
  readonly call: string
  readonly attempt: number
  readonly artifact: string
  readonly version: number
  /** False where a verifier has its say first. */
  readonly publish: boolean
}

/** Asks the memory for notes of a record, before the first step (S0.21). */
export interface RecallMemory extends InBranch {
  readonly type: 'recall-memory'
  readonly record: string
  /** What they should be about; null for the newest. */
  readonly query: string | null
  /** True where the newest fill up what matches too little. */
  readonly fill: boolean
  readonly limit: number
}

/** Keeps what a turn said and came to in the memory of a record (S0.23). */
export interface KeepMemory extends InBranch {
  readonly type: 'keep-memory'
  readonly record: string
  /** What was kept already ends here; what is new is between these two. */
  readonly after: number
  readonly upTo: number
  readonly toolResults: boolean
}

/** Posts the handoff to the workflow's webhook. */
export interface DeliverHandoff extends InBranch {
  readonly type: 'deliver-handoff'
  readonly attempt: number
}

export type Effect =
  | CallModel
  | RunTool
  | Wait
  | RunCheck
  | ClaimPlaces
  | StoreArtifact
  | RecallMemory
  | KeepMemory
  | DeliverHandoff

/** Names an effect among those under way, so that a driver starts each once. */
export function effectKey(effect: Effect): string {
  switch (effect.type) {
    case 'call-model':
      return `model ${effect.call}/${effect.attempt}`
    case 'run-tool':
      return `tool ${effect.call}/${effect.attempt}`
    case 'wait':
      return `wait ${effect.branch ?? ''}/${effect.wait}`
    case 'run-check':
      return `check ${effect.call}/${effect.gate}`
    case 'claim-places':
      return `claim ${effect.call}`
    case 'store-artifact':
      return `store ${effect.call}/${effect.attempt}`
    case 'recall-memory':
      return `recall ${effect.branch ?? ''}`
    case 'keep-memory':
      return `keep ${effect.branch ?? ''}/${effect.upTo}`
    case 'deliver-handoff':
      return `handoff ${effect.attempt}`
  }
}
