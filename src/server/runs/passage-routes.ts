import { Hono } from 'hono'
import { ApiError } from '../api-error.ts'
import type { ServerContext, ServerEnv } from '../server-context.ts'
import { mayDo } from '../guard/tenants.ts'
import { goOn, placeOf } from './go-on.ts'
import { keptRuns, ownRun } from './kept-runs.ts'
import { expectedHead } from './preconditions.ts'
import { readBody } from './read-request.ts'
import { checkpointBody, emptyBody, forkBody, resumeBody, rewindBody } from './run-bodies.ts'
import { newRunId } from './run-id.ts'
import { toEtag, toSummary } from './run-view.ts'

/** The routes that take a run back, make another of it, end it, or take it up again. */
export function passageRoutes(server: ServerContext): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>()
  app.get('/runs/:run/checkpoints', async (c) => {
    const { runtime, store } = keptRuns(server)
    const row = await ownRun({ store }, { caller: c.get('caller'), run: c.req.param('run') })
    const run = await runtime.open(row.run)
    return c.json({ object: 'list', data: run.checkpoints() })
  })
  app.post('/runs/:run/checkpoints', async (c) => {
    const { name } = await readBody(c, checkpointBody)
    return goOn(server, c, { run: c.req.param('run'), act: (run) => run.checkpoint(name) })
  })
  app.post('/runs/:run/rewind', async (c) => {
    const { to, branch } = await readBody(c, rewindBody)
    const wish = { to, by: c.get('caller').by, ...(branch === undefined ? {} : { branch }) }
    return goOn(server, c, {
      run: c.req.param('run'),
      refusal: 'rewind.refused',
      act: (run) => run.rewind(wish),
    })
  })
  app.post('/runs/:run/cancel', async (c) => {
    await readBody(c, emptyBody)
    return goOn(server, c, { run: c.req.param('run'), act: (run) => run.cancel() })
  })
  app.post('/runs/:run/resume', async (c) => {
    const { model, migrate } = await readBody(c, resumeBody)
    if (migrate === true && !mayDo(c.get('caller'), 'admin')) {
      const message = 'migrate: going on under an edited workflow takes a key with `admin`'
      throw new ApiError('permission_error', message, { code: 'insufficient_scope' })
    }
    return goOn(server, c, {
      run: c.req.param('run'),
      resume: {
        ...(model === undefined ? {} : { model }),
        ...(migrate === undefined ? {} : { migrate }),
      },
      act: (run) => run.resume(),
    })
  })
  forks(app, server)
  return app
}

function forks(app: Hono<ServerEnv>, server: ServerContext): void {
  app.post('/runs/:run/fork', async (c) => {
    const { at } = await readBody(c, forkBody)
    const { runtime, store } = keptRuns(server)
    const caller = c.get('caller')
    const row = await ownRun({ store }, { caller, run: c.req.param('run') })
    const expected = expectedHead(c, row)
    const copy = await runtime.fork(row.run, {
      id: newRunId(caller.tenant),
      by: caller.by,
      ...(at === undefined ? {} : { at }),
      ...(expected === undefined ? {} : { expected }),
    })
    const made = await ownRun({ store }, { caller, run: copy.id })
    c.header('Location', placeOf(c, copy.id))
    c.header('ETag', toEtag(made.head))
    return c.json(toSummary(made), 201)
  })
}
