import { Hono, type Context } from 'hono'
import { ApiError } from '../api-error.ts'
import type { ServerContext, ServerEnv } from '../server-context.ts'
import { mayDo, neededScope } from '../guard/tenants.ts'
import { artifactRoutes } from './artifact-routes.ts'
import { keptRuns, ownRun } from './kept-runs.ts'
import { listRuns } from './list-runs.ts'
import { passageRoutes } from './passage-routes.ts'
import { personRoutes } from './person-routes.ts'
import { isUnchanged } from './preconditions.ts'
import { runEvents } from './feed/run-events.ts'
import { toDetail, toEtag } from './run-view.ts'
import { startRun } from './start-run.ts'
import { workflowRoutes } from './workflow-routes.ts'

/*
 * Runs that the server keeps (issue 5, stored mode): begun, watched, answered, taken back, over HTTP.
 * In: requests of a caller who is known. Out: how the run stands; what was asked is in its log first.
 */

/** The routes under `/runs` and `/workflows`, for `/api/v1` and `/v1` alike. */
export function runsRoutes(server: ServerContext): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>()
  // A second lock behind that of the door: a route that is mounted elsewhere is as closed.
  app.use(async (c, next) => {
    assertMay(c)
    await next()
  })
  app.get('/runs', (c) => listRuns(server, c))
  app.post('/runs', (c) => startRun(server, c))
  app.get('/runs/:run', async (c) => {
    const { store } = keptRuns(server)
    const row = await ownRun({ store }, { caller: c.get('caller'), run: c.req.param('run') })
    c.header('ETag', toEtag(row.head))
    if (isUnchanged(c, row)) return c.body(null, 304)
    const detail = await toDetail(store, row)
    c.header('ETag', toEtag(detail.head))
    return c.json(detail)
  })
  app.get('/runs/:run/events', (c) => runEvents(server, c, c.req.param('run')))
  app.route('/', personRoutes(server))
  app.route('/', passageRoutes(server))
  app.route('/', artifactRoutes(server))
  app.route('/', workflowRoutes(server))
  return app
}

function assertMay(c: Context<ServerEnv>): void {
  const needed = neededScope(c.req.method, c.req.path)
  if (mayDo(c.get('caller'), needed)) return
  const message = `this key may not ${needed}`
  throw new ApiError('permission_error', message, { code: 'insufficient_scope' })
}
