import { textOf } from '../../../core/log/call-ids.ts'
import type { CallModel } from '../../../core/decide/effect.ts'
import type { Event } from '../../../core/log/event.ts'
import { runRecord } from '../../../core/log/record/run-record.ts'
import type { JsonObject } from '../../../core/spec/json.ts'
import { ApiError } from '../../api-error.ts'
import type { Hooks, Job } from '../job.ts'
import { messageItem } from './output-items.ts'
import { stepsOf, type ResponseBody } from './response-body.ts'
import { createSseWriter, type SseWriter } from './sse-writer.ts'
import { createItemStream, type ItemStream } from './stream-items.ts'

/*
 * A response as it is made (SSE): OpenAI's own events and items only, in their order, for clients
 * throw on others. What steps came to rides along in the response itself.
 */

export interface Streaming {
  readonly job: Job
  readonly frame: JsonObject
  readonly hooks: Hooks
  /** Lets the run go on, and writes down what came of it; `events` is the log as it grows. */
  readonly finish: (events: readonly Event[]) => Promise<ResponseBody>
  /** Aborted when the client goes away: the run parks. */
  readonly gone: AbortController
  /** True where the order of items matters more than to see them early: reasoning comes first. */
  readonly whole: boolean
  /** True to have the run's own events in the stream. */
  readonly detailed: boolean
}

/** Streams a response; `done` resolves when nothing more is written, and never rejects. */
export function streamResponse(streaming: Streaming): {
  readonly body: ReadableStream<Uint8Array>
  readonly done: Promise<void>
} {
  const writer = createSseWriter(() => streaming.gone.abort())
  const done = write(streaming, writer)
  return { body: writer.body, done }
}

async function write(streaming: Streaming, writer: SseWriter): Promise<void> {
  const { job, frame, hooks, finish } = streaming
  const events: Event[] = [...job.before]
  writer.send({ type: 'response.created', response: frame })
  writer.send({ type: 'response.in_progress', response: frame })
  const items = createItemStream(writer)
  const early = earlyWriter(streaming, items)
  hooks.onText = (delta, effect) => early.text(delta, effect)
  hooks.onEvents = (more) => {
    for (const event of more) {
      events.push(event)
      if (streaming.detailed) writer.send({ type: `lockstep:${event.type}`, event: toJson(event) })
      early.event(event)
      if (event.type === 'step.completed' && event.branch === undefined) {
        const steps = stepsOf(runRecord(events))
        writer.send({ type: 'response.in_progress', response: { ...frame, steps } })
      }
    }
  }
  try {
    const { body, output } = await finish(events)
    for (const item of output) items.whole(item)
    const response = { ...body, output: items.written().map((item) => ({ ...item })) }
    writer.send({ type: finalType(body['status']), response: toJson(response) })
  } catch (error) {
    const shown = error instanceof ApiError ? error : null
    const failure = { code: 'server_error', message: shown?.message ?? 'the server failed' }
    const response = { ...frame, status: 'failed', error: failure }
    writer.send({ type: 'response.failed', response })
  } finally {
    writer.end()
  }
}

function toJson(value: object): JsonObject {
  const json: JsonObject = JSON.parse(JSON.stringify(value))
  return json
}

function finalType(status: unknown): string {
  if (status === 'failed' || status === 'cancelled') return 'response.failed'
  return status === 'incomplete' ? 'response.incomplete' : 'response.completed'
}

/** Writes text as it comes, where it is sure to be part of the answer. */
function earlyWriter(
  { job, whole }: Streaming,
  items: ItemStream,
): {
  text(delta: string, effect: CallModel): void
  event(event: Event): void
} {
  const { plan } = job.loaded
  const isSure = (name: string): boolean => {
    const step = plan.steps.get(name)
    if (step === undefined || whole || job.about.outputs.length > 0) return false
    // What may be sent back, or followed by another step, is not said before that is known.
    return step.next.length === 0 && step.output === null && step.accept.length === 0
  }
  let step = job.before.findLast((event) => event.type === 'step.entered')?.step ?? ''
  return {
    text(delta, effect) {
      if (effect.branch !== undefined || effect.role !== 'planner' || !isSure(effect.step)) return
      // A second attempt begins anew: its text is written when it is whole.
      if (effect.attempt > 1) return
      items.delta(messageItem(job.run, effect.call, '').id, delta)
    },
    event(event) {
      if (event.branch !== undefined) return
      if (event.type === 'step.entered') step = event.step
      if (event.type !== 'model.answered' || !isSure(step)) return
      const text = textOf(event.parts)
      if (text !== '') items.whole(messageItem(job.run, event.call, text))
    },
  }
}
