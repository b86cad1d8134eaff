import type { Event } from '../../core/log/event.ts'
import { compileSchema } from '../../core/spec/json-schema.ts'
import type { JsonObject } from '../../core/spec/json.ts'
import { parseSpec } from '../../core/spec/parse-spec.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import type { ClientResult } from '../../drive/first-events.ts'
import type { LoadedWorkflow } from '../../drive/load/loaded-workflow.ts'
import { LockstepError } from '../../drive/lockstep-error.ts'
import type { ResumeOptions } from '../../drive/runtime-options.ts'
import type { Run } from '../../drive/run.ts'
import { invalid, type Continued } from '../continuation/continuation.ts'
import { badRequest } from './request/bad-request.ts'
import { clientCalls, type Desk } from './job.ts'
import { ownKey } from './own-key.ts'
import { registered } from './request/registered.ts'

/*
 * A paused run, as it was: from the store, or from the log that its continuation holds. Nothing runs
 * before the run is asked to go on.
 */

/** A run that was taken up again. */
export interface TakenUp {
  readonly run: Run
  readonly stored: boolean
  readonly events: readonly Event[]
}

/** Finds the run of a continuation, where it stands as it did; a token is good once where a store can tell. */
export async function takeUp(desk: Desk, continued: Continued): Promise<TakenUp> {
  const { events, run, seq } = continued
  const taken =
    events === null ? await openStored(desk, run) : await takeIn(desk, continued, events)
  if (taken === null || taken.events.length !== seq) throw invalid()
  return taken
}

/** Opens a run that the store keeps; null where it does not. */
export async function openStored(
  { server, hooks, signal }: Desk,
  id: string,
): Promise<TakenUp | null> {
  if (server.stored === null) return null
  try {
    const run = await server.stored.open(id, listening({ hooks, signal }))
    const events: Event[] = []
    for await (const event of run.events()) events.push(event)
    return { run, stored: true, events }
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'unknown_run') return null
    throw error
  }
}

async function takeIn(
  desk: Desk,
  { workflow, about, run }: Continued,
  events: readonly Event[],
): Promise<TakenUp> {
  const { server, body, hooks, signal } = desk
  const runtime = server.stateless(ownKey({ ...body, model: body.model ?? about.model }))
  const loaded =
    'name' in workflow
      ? registered(desk, workflow.name)
      : await desk.plans.load(specOf(workflow.spec), runtime)
  try {
    await runtime.import(loaded, events)
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code !== 'definition_changed') throw error
    const message = 'the workflow or its tools have changed since this run paused; begin anew'
    throw badRequest(message, { code: 'definition_changed', cause: error })
  }
  const resumed = await runtime.open(run, { ...listening({ hooks, signal }), workflow: loaded })
  return { run: resumed, stored: false, events }
}

function specOf(written: JsonObject): WorkflowSpec {
  const read = parseSpec(written)
  if (!read.ok) throw invalid()
  return read.spec
}

/** Hooks may be set after this: they are asked for at each event. */
function listening({ hooks, signal }: Pick<Desk, 'hooks' | 'signal'>): ResumeOptions {
  return {
    signal,
    onText: (delta, effect) => hooks.onText(delta, effect),
    onEvents: (events) => hooks.onEvents(events),
  }
}

/** Throws an ApiError for a result that its tool's `output` does not allow. */
export function checkResults(results: readonly ClientResult[], { run }: TakenUp): void {
  const pending = new Map(clientCalls(run.record()).map((each) => [each.call, each.tool]))
  for (const result of results) {
    if (!('output' in result)) continue
    const schema = outputOf(run.workflow, pending.get(result.call) ?? '')
    const compiled = schema === null ? null : compileSchema(schema)
    const wrong = compiled?.ok === true ? compiled.check(result.output) : null
    if (wrong === null) continue
    throw badRequest(`the result of ${result.call} does not fit its tool's output: ${wrong}`, {
      code: 'invalid_tool_result',
    })
  }
}

function outputOf({ plan, workflows }: LoadedWorkflow, tool: string): JsonObject | null {
  const own = plan.tools.get(tool)
  if (own?.kind === 'client') return own.output
  for (const below of workflows.values()) {
    const found = outputOf(below, tool)
    if (found !== null) return found
  }
  return null
}
