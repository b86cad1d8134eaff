import type { Event } from '../../core/log/event.ts'
import { fold } from '../../core/log/fold/fold.ts'
import { legalNames } from '../../core/spec/issue.ts'
import { compileSchema } from '../../core/spec/json-schema.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import type { Plan } from '../../core/spec/plan.ts'
import { parseSpec } from '../../core/spec/parse-spec.ts'
import type { ClientResult } from '../../drive/first-events.ts'
import type { LoadedWorkflow } from '../../drive/loaded-workflow.ts'
import { LockstepError } from '../../drive/lockstep-error.ts'
import type { Run } from '../../drive/run.ts'
import type { Runtime } from '../../drive/runtime.ts'
import { invalid, type Continued } from '../continuation/continuation.ts'
import { readAnswers } from '../continuation/conversation.ts'
import { assertSameRequest } from '../continuation/same-request.ts'
import { badRequest } from './bad-request.ts'
import { clientCalls, type Desk, type Job } from './job.ts'
import { ownKey } from './start-job.ts'
import { conversationOf } from './conversation-of.ts'

/*
 * A request that goes on with a run (S0.27-S0.30): the run as it was when it paused, after a look at
 * whether what the caller sends is what it waits for. Nothing runs before that.
 */

/** A run that was taken up again. */
export interface TakenUp {
  readonly runtime: Runtime
  readonly run: Run
  readonly loaded: LoadedWorkflow
  readonly stored: boolean
  readonly events: readonly Event[]
}

/** Goes on from a continuation with the conversation that belongs to it (Personize). */
export async function continueJob(
  desk: Desk,
  on: { readonly signature: string; readonly raw: JsonObject },
): Promise<Job> {
  const { body, caller, continuations } = desk
  const continued = await continuations.decode(on.signature, caller)
  assertSameRequest(on.raw, { body, continued, serverTools: desk.server.serverTools })
  const taken = await takeUp(desk, continued)
  const { conversation } = body
  if (!Array.isArray(conversation)) {
    throw badRequest('`conversation` is missing: send the one that you were given, with a `tool` message for each call that waits', {
      code: 'missing_conversation',
      param: 'conversation',
    })
  }
  const given = conversationOf(taken.loaded.plan, taken.events, taken.run.record())
  const results = readAnswers(conversation, { given, pending: clientCalls(taken.run.record()) })
  return answerJob(desk, taken, { results, about: continued.about })
}

/** Lets a run go on with the results of its calls, once these fit the tools' schemas. */
export function answerJob(
  desk: Desk,
  taken: TakenUp,
  on: { readonly results: readonly ClientResult[]; readonly about: Job['about'] },
): Job {
  const { run, loaded, stored, events } = taken
  for (const result of on.results) checkResult(result, taken)
  return {
    run: run.id,
    loaded,
    stored,
    before: events,
    about: on.about,
    begin: () => run.answer(on.results),
  }
}

/** Finds the run of a continuation: in the store, or in the token itself. */
export async function takeUp(desk: Desk, continued: Continued): Promise<TakenUp> {
  const { events, run: id, seq } = continued
  const taken = events === null ? await openStored(desk, id) : await importRun(desk, continued, events)
  if (taken.events.length !== seq) throw invalid()
  return taken
}

/** Opens a kept run. Throws an ApiError where there is none, or no store. */
export async function openStored({ server, hooks, signal }: Desk, id: string): Promise<TakenUp> {
  const runtime = server.stored
  if (runtime === null) throw invalid()
  const name = [...server.workflows.values()]
  const run = await openOrInvalid(runtime, id, { hooks, signal })
  const events: Event[] = []
  for await (const event of run.events()) events.push(event)
  const { digest, workflow } = run.record()
  const known = name.find(({ plan }) => plan.digest === digest)
  const loaded = known ?? (await runtime.open(id)).workflow
  if (loaded === undefined) throw new RangeError(`the run ${id} of ${workflow} has no definition`)
  return { runtime, run, loaded, stored: true, events }
}
