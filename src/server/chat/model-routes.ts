import { Hono } from 'hono'
import { ApiError } from '../api-error.ts'
import type { ServerContext, ServerEnv } from '../server-context.ts'

/** `GET /models` (S0.37): what `model` may name here, as clients' menus ask for it. */
export function modelRoutes(server: ServerContext): Hono<ServerEnv> {
  const routes = new Hono<ServerEnv>()
  routes.get('/models', (c) => c.json({ object: 'list', data: modelsOf(server) }))
  routes.get('/models/:model{.+}', (c) => {
    const id = c.req.param('model')
    const model = modelsOf(server).find((each) => each.id === id)
    if (model !== undefined) return c.json(model)
    throw new ApiError('not_found_error', `there is no model ${id} in the list of this server`, {
      code: 'model_not_found',
      param: 'model',
    })
  })
  return routes
}

interface Model {
  readonly id: string
  readonly object: 'model'
  readonly created: number
  readonly owned_by: string
}

/** Registered workflows, and the model for requests that name none; others are the provider's to know. */
function modelsOf({ workflows, model }: ServerContext): readonly Model[] {
  const own = [...workflows.keys()].map((name) => `workflow/${name}`)
  const ids = model === null ? own : [...own, model]
  return ids.map((id) => ({ id, object: 'model', created: 0, owned_by: 'lockstep' }))
}
