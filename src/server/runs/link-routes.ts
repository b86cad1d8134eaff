import { Hono } from 'hono'
import { artifactRecords } from '../../core/log/record/artifact-record.ts'
import { readLink } from '../../store/artifact/signed-link.ts'
import { ApiError } from '../api-error.ts'
import type { ServerContext, ServerEnv } from '../server-context.ts'
import { download } from './artifact-routes.ts'
import { keptRuns, logOf } from './kept-runs.ts'

const REFUSALS = {
  malformed: 'this is no link to an artifact',
  expired: 'the link has expired: ask for a new one',
  signature_mismatch: 'the link is not genuine',
} as const

/**
 * Downloads by a signed link, at the root and with no key: whoever has the link may (S4.24). What a
 * rewind took back since is withheld all the same.
 */
export function linkRoutes(server: ServerContext): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>()
  app.get('/artifacts/:digest', async (c) => {
    const { pathname, search } = new URL(c.req.url)
    const keys = server.linkKeys ?? []
    const read = readLink(`${pathname}${search}`, { keys, now: Date.now() })
    if (!read.ok) {
      const { reason } = read
      throw new ApiError('permission_error', REFUSALS[reason], { code: `link_${reason}` })
    }
    const { claims } = read
    const { store } = keptRuns(server)
    const stands = artifactRecords(await logOf(store, claims.run)).some(
      ({ digest, artifact, version }) =>
        digest === claims.digest && artifact === claims.artifact && version === claims.version,
    )
    if (!stands) {
      const message = 'what the link leads to was taken back'
      throw new ApiError('not_found_error', message, { code: 'artifact_gone' })
    }
    return download(server, c, claims)
  })
  return app
}
