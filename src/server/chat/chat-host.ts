import { randomUUID } from 'node:crypto'
import type { CallModel } from '../../core/decide/effect.ts'
import type { Event } from '../../core/log/event.ts'
import type { RunRecord } from '../../core/log/record/run-record.ts'
import type { LoadedWorkflow } from '../../drive/load/loaded-workflow.ts'
import type { StartOptions } from '../../drive/runtime-options.ts'
import type { Caller, ServerContext } from '../server-context.ts'
import { tracedBy } from '../operation/trace-of.ts'
import type { AnswerOptions } from './chat-answer.ts'
import type { ChatRequest } from './chat-body.ts'
import type { OutputSlot } from '../../dialect/personize/personize-schema.ts'
import type { WorkflowCache } from './workflow-cache.ts'

/*
 * What a request is taken up with, and what comes of that, whatever it asks.
 */

/** A request that was taken up. */
export interface ChatRun {
  /** The record once the run rests. */
  readonly done: Promise<RunRecord>
  readonly answer: AnswerOptions
  /** True for text of this model call that can be nothing but the answer's: it may be streamed. */
  readonly isLive: (effect: CallModel) => boolean
}

/** Who asks, and who listens. */
export interface ChatHost {
  readonly server: ServerContext
  readonly cache: WorkflowCache
  readonly caller: Caller
  readonly signal: AbortSignal
  readonly onText: (delta: string, effect: CallModel) => void
  readonly onEvents: (events: readonly Event[]) => void
}

/** A workflow and the name under which it was asked for. */
export interface Asked {
  readonly name: string
  readonly workflow: LoadedWorkflow
}

/** What every run of a request is started with. */
export function startOptions(host: ChatHost): StartOptions & { readonly id: string } {
  const { caller, signal, onText, onEvents } = host
  const id = `${caller.tenant}~${randomUUID()}`
  return { id, by: caller.by, ...tracedBy(caller), signal, onText, onEvents }
}

/** What the model marks in its text; nothing in an answer that must fit a schema (S0.23). */
export function outputSlots(request: ChatRequest): readonly OutputSlot[] {
  const { personize, response_format: format } = request
  const isText = (format ?? null) === null || format?.type === 'text'
  return isText ? (personize?.outputs ?? []) : []
}

/** The words at which an answer ends. */
export function stopWords({ stop }: ChatRequest): readonly string[] {
  return [stop ?? []].flat().filter((word) => word !== '')
}
