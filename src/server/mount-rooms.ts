import type { Hono } from 'hono'
import { chatRoutes } from './chat/chat-routes.ts'
import { openapiRoutes } from './openapi/openapi-routes.ts'
import { responsesRoutes } from './responses/responses-routes.ts'
import { linkRoutes } from './runs/link-routes.ts'
import { runsRoutes } from './runs/runs-routes.ts'
import type { ServerContext, ServerEnv } from './server-context.ts'

/** Adds the routes of every room: those of the API under its base, the rest beside it. */
export function mountRooms(
  { app, api }: { readonly app: Hono<ServerEnv>; readonly api: Hono<ServerEnv> },
  server: ServerContext,
): void {
  for (const room of [linkRoutes, openapiRoutes]) app.route('/', room(server))
  for (const room of [chatRoutes, responsesRoutes, runsRoutes]) api.route('/', room(server))
}
