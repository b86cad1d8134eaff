import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from 'hono'
import { legalNames } from '../../core/spec/issue.ts'
import { isJsonObject, type Json } from '../../core/spec/json.ts'
import type { LoadedWorkflow } from '../../drive/load/loaded-workflow.ts'
import { LockstepError } from '../../drive/lockstep-error.ts'
import type { RunRow } from '../../store/store.ts'
import { ApiError } from '../api-error.ts'
import type { ServerContext, ServerEnv } from '../server-context.ts'
import { tracedBy } from '../operation/trace-of.ts'
import { answer, listen, placeOf } from './go-on.ts'
import { keptRuns, type KeptRuns } from './kept-runs.ts'
import { waitSeconds } from './preconditions.ts'
import { readBody } from './read-request.ts'
import { startBody, type StartBody } from './run-bodies.ts'
import { idempotencyOf, newRunId, type Idempotency } from './run-id.ts'
import { toDetail, toEtag, toSummary } from './run-view.ts'

/** How long a request looks for the run that another one with the same key is about to begin. */
const LOOKS = 50
const LOOK_EVERY_MS = 20

/** POST /runs: begins a run of a registered workflow, once for each `Idempotency-Key`. */
export async function startRun(server: ServerContext, c: Context<ServerEnv>): Promise<Response> {
  const kept = keptRuns(server)
  const body = await readBody(c, startBody)
  const { tenant } = c.get('caller')
  const asked: Json = JSON.parse(JSON.stringify(body))
  const idempotency = idempotencyOf(c, { tenant, body: asked })
  if (idempotency === null) return begin({ server, kept, c, body, run: newRunId(tenant) })
  const known = await kept.store.find(idempotency.run)
  if (known !== null) return again(kept, c, { idempotency, row: known })
  const { run, request } = idempotency
  try {
    return await begin({ server, kept, c, body, run, request })
  } catch (error) {
    const isTwice =
      error instanceof LockstepError && (error.code === 'run_busy' || error.code === 'run_exists')
    if (!isTwice) throw error
    const row = await lookFor(kept, run)
    if (row === null) throw error
    return again(kept, c, { idempotency, row })
  }
}

async function begin(on: {
  readonly server: ServerContext
  readonly kept: KeptRuns
  readonly c: Context<ServerEnv>
  readonly body: StartBody
  readonly run: string
  readonly request?: string
}): Promise<Response> {
  const { server, kept, c, body, run, request } = on
  const workflow = registered(server, body.workflow)
  const { input = {}, session, states } = body
  const model = body.model ?? fallbackModel(server, workflow)
  const ears = listen(kept, run)
  const started = await kept.runtime.start(workflow, {
    ...ears.options,
    id: run,
    by: c.get('caller').by,
    ...tracedBy(c.get('caller')),
    input: isJsonObject(input) ? input : { message: input },
    ...(request === undefined ? {} : { request }),
    ...(model === undefined ? {} : { model }),
    ...(session === undefined ? {} : { session }),
    ...(states === undefined ? {} : { states }),
  })
  return answer(kept, c, { run, done: started.done, first: ears.first })
}

/** The workflow of a name; throws an ApiError 404 that says which there are. */
export function registered(server: ServerContext, name: string): LoadedWorkflow {
  const workflow = server.workflows.get(name)
  if (workflow !== undefined) return workflow
  const shown = name.slice(0, 100)
  const names = server.workflows.keys()
  const message = `there is no workflow ${JSON.stringify(shown)}; ${legalNames(shown, names)}`
  throw new ApiError('not_found_error', message, { code: 'unknown_workflow', param: 'workflow' })
}

/** The server's model, where the workflow names none at all. */
function fallbackModel({ model }: ServerContext, { plan }: LoadedWorkflow): string | undefined {
  const names = plan.spec.model !== undefined
  const named = names || [...plan.steps.values()].some((step) => step.model !== null)
  return named ? undefined : (model ?? undefined)
}

/** The same request once more: the same run, as it stands now; another request is a conflict. */
async function again(
  { store }: KeptRuns,
  c: Context<ServerEnv>,
  on: { readonly idempotency: Idempotency; readonly row: RunRow },
): Promise<Response> {
  const { idempotency, row } = on
  const [first] = await store.read(row.run, 0)
  if (first?.type !== 'run.started' || first.request !== idempotency.request) {
    const message = 'this Idempotency-Key began another run, with another body: take a new key'
    throw new ApiError('conflict_error', message, {
      code: 'idempotency_conflict',
      param: 'Idempotency-Key',
    })
  }
  c.header('Idempotent-Replayed', 'true')
  c.header('Location', placeOf(c, row.run))
  if (waitSeconds(c) > 0 && row.reason !== null) {
    const detail = await toDetail(store, row)
    c.header('ETag', toEtag(detail.head))
    return c.json(detail, 200)
  }
  c.header('ETag', toEtag(row.head))
  return c.json(toSummary(row), 202)
}

async function lookFor({ store }: KeptRuns, run: string): Promise<RunRow | null> {
  for (let look = 0; look < LOOKS; look += 1) {
    const row = await store.find(run)
    if (row !== null) return row
    await sleep(LOOK_EVERY_MS)
  }
  return null
}
