import type { Event } from '../../core/log/event.ts'
import type { JsonObject } from '../../core/spec/json.ts'
import type { Hooks, Job } from './job.ts'
import type { ResponseBody } from './response-body.ts'

export interface Streaming {
  readonly job: Job
  readonly frame: JsonObject
  readonly hooks: Hooks
  /** Lets the run go on, and writes down what came of it; `events` is the log as it grows. */
  readonly finish: (events: readonly Event[]) => Promise<ResponseBody>
  readonly gone: AbortController
  /** True to have the run's own events in the stream. */
  readonly detailed: boolean
}

export function streamResponse(streaming: Streaming): {
  readonly body: ReadableStream<Uint8Array>
  readonly done: Promise<void>
} {
  void streaming
  throw new Error('not yet')
}
