import { Hono } from 'hono'
import type { ServerEnv } from '../server-context.ts'

/*
 * What the server does, for machines and for people. Public: it is the same for every server of this
 * version, and says nothing of its workflows or runs.
 */

/** `/openapi.json` and `/docs`, at the root. */
export function openapiRoutes(): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>()
  // Made when first asked for: most processes never are.
  let document: string | null = null
  let page: string | null = null
  app.get('/openapi.json', async (c) => {
    document ??= JSON.stringify((await import('./openapi-document.ts')).openapiDocument())
    c.header('Content-Type', 'application/json; charset=utf-8')
    c.header('Cache-Control', 'public, max-age=300')
    return c.body(document)
  })
  app.get('/docs', async (c) => {
    page ??= (await import('./openapi-page.ts')).openapiPage()
    c.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
    return c.html(page)
  })
  return app
}
