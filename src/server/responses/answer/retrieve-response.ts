import type { JsonObject } from '../../../core/spec/json.ts'
import { runRecord } from '../../../core/log/record/run-record.ts'
import { ApiError } from '../../api-error.ts'
import type { Continuations } from '../../continuation/continuation.ts'
import { endOf } from '../continue-job.ts'
import type { Desk, Job } from '../job.ts'
import { responseBody } from './response-body.ts'
import { responseFrame } from './response-frame.ts'
import { REQUEST_WORKFLOW } from '../request/request-spec.ts'
import { readResponseId } from '../run-reference.ts'
import { openStored } from '../take-up.ts'

/** Reads a response that is kept (`GET /responses/ID`). Throws an ApiError 404 for what is not there. */
export async function retrieveResponse(
  desk: Desk,
  on: { readonly id: string; readonly continuations: Continuations },
): Promise<JsonObject> {
  const reference = readResponseId(on.id, desk.caller)
  const taken = reference === null ? null : await openStored(desk, reference.run)
  const [begun] = taken?.events.slice(reference?.from) ?? []
  if (taken === null || reference === null || begun === undefined) throw notFound(on.id)
  const { plan } = taken.run.workflow
  const events = taken.events.slice(0, endOf(taken.events, reference.from) ?? undefined)
  const record = runRecord(events)
  const job: Job = {
    run: reference.run,
    loaded: taken.run.workflow,
    stored: true,
    before: taken.events.slice(0, reference.from),
    about: {
      surface: 'openai',
      model: plan.name === REQUEST_WORKFLOW ? (plan.spec.model ?? null) : `workflow/${plan.name}`,
      outputs: [],
      session: null,
      metadata: {},
    },
    warnings: [],
    begin: () => Promise.resolve(record),
  }
  const frame = responseFrame(job, { body: desk.body, createdAt: Math.floor(begun.at / 1000) })
  if (record.reason === null) return frame
  const { body } = await responseBody(
    {
      job,
      frame,
      record,
      events,
      tenant: desk.caller.tenant,
      reasoning: false,
      completedAt: Math.floor((events.at(-1)?.at ?? begun.at) / 1000),
    },
    on.continuations,
  )
  return body
}

function notFound(id: string): ApiError {
  return new ApiError('not_found_error', `there is no response ${id.slice(0, 80)}`, {
    code: 'response_not_found',
  })
}
