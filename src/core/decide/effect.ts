/*
 * What `decide` asks of the outside, in the imperative. An effect carries names and positions, never
 * copies of the history (Law 10); src/perform has one file for each.
 */
import type { Json } from '../spec/json.ts'

export interface CallModel {
  readonly type: 'call-model'
  /** The position of this model call in the run, from 1. */
  readonly call: number
  readonly attempt: number
  readonly step: string
  readonly closing: boolean
}

export interface RunTool {
  readonly type: 'run-tool'
  readonly call: string
  readonly tool: string
  readonly attempt: number
  readonly args: Json
  readonly idempotencyKey: string
}

export interface Wait {
  readonly type: 'wait'
  /** What waits: `model` or a call's id. */
  readonly wait: string
  readonly delayMs: number
}

export type Effect = CallModel | RunTool | Wait

/** Names an effect among those under way, so that a driver starts each once. */
export function effectKey(effect: Effect): string {
  switch (effect.type) {
    case 'call-model':
      return `model ${effect.call}/${effect.attempt}`
    case 'run-tool':
      return `tool ${effect.call}/${effect.attempt}`
    case 'wait':
      return `wait ${effect.wait}`
  }
}
