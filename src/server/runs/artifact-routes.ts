import { Hono, type Context } from 'hono'
import { artifactRecords, type ArtifactRecord } from '../../core/log/record/artifact-record.ts'
import { artifactFileName } from '../../store/artifact/artifact-file-name.ts'
import type { ArtifactStore } from '../../store/artifact/artifact-store.ts'
import { toContentDisposition } from '../../store/artifact/content-disposition.ts'
import { signLink } from '../../store/artifact/signed-link.ts'
import { ApiError } from '../api-error.ts'
import type { ServerContext, ServerEnv } from '../server-context.ts'
import { findVersion } from './find-version.ts'
import { keptRuns, logOf, ownRun } from './kept-runs.ts'
import { readBody, readQuery } from './read-request.ts'
import { branchQuery, linkBody } from './run-bodies.ts'

/*
 * What runs published, to be read: which there are is the log's to say, never the store's (S4.8).
 * Content goes out as a file that no browser shows or runs (Law 16).
 */

/** The routes of a run's artifacts. */
export function artifactRoutes(server: ServerContext): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>()
  app.get('/runs/:run/artifacts', async (c) => {
    const { store } = keptRuns(server)
    const row = await ownRun({ store }, { caller: c.get('caller'), run: c.req.param('run') })
    return c.json({ object: 'list', data: artifactRecords(await logOf(store, row.run)) })
  })
  app.get('/runs/:run/artifacts/:name', async (c) => {
    const { run, name } = c.req.param()
    const { version } = await wanted(server, c, { run, name })
    return download(server, c, version)
  })
  app.post('/runs/:run/artifacts/:name/links', async (c) => {
    const { run, name } = c.req.param()
    const { expires_in: seconds } = await readBody(c, linkBody)
    const { version } = await wanted(server, c, { run, name })
    const now = Date.now()
    const stored = await (await artifactsOf(server)).find(version.digest, { now })
    if (stored === null) throw gone(version)
    // No longer than there is something to download.
    const expiresAt = Math.min(now + seconds * 1000, stored.expiresAt ?? Infinity)
    const url = await linkTo(server, c, { run, version, now, expiresAt })
    return c.json({ url, expires_at: new Date(expiresAt).toISOString(), artifact: version }, 201)
  })
  return app
}

async function wanted(
  server: ServerContext,
  c: Context<ServerEnv>,
  asked: { readonly run: string; readonly name: string },
): Promise<{ readonly version: ArtifactRecord }> {
  const { branch } = readQuery(c, branchQuery)
  const { store } = keptRuns(server)
  const row = await ownRun({ store }, { caller: c.get('caller'), run: asked.run })
  const named = { named: asked.name, ...(branch === undefined ? {} : { branch }) }
  const { status: _, ...version } = findVersion(await logOf(store, row.run), named)
  return { version }
}

/** Answers with the content of a version, checked against its digest. */
export async function download(
  server: ServerContext,
  c: Context,
  version: Pick<ArtifactRecord, 'artifact' | 'version' | 'digest' | 'type'>,
): Promise<Response> {
  const { digest, type } = version
  const content = await (await artifactsOf(server)).read(digest, { now: Date.now() })
  if (content === null) throw gone(version)
  c.header('Content-Type', `${type.split(';')[0] ?? 'text/plain'}; charset=utf-8`)
  c.header('Content-Disposition', toContentDisposition(artifactFileName(version)))
  c.header('Content-Security-Policy', "default-src 'none'; sandbox")
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('Cache-Control', 'private, no-cache')
  c.header('ETag', `"${digest}"`)
  if (c.req.header('if-none-match') === `"${digest}"`) return c.body(null, 304)
  return c.body(content)
}

/** The bucket's own address where it gives one, else a path of this server that its key signs. */
async function linkTo(
  server: ServerContext,
  c: Context,
  on: {
    readonly run: string
    readonly version: ArtifactRecord
    readonly now: number
    readonly expiresAt: number
  },
): Promise<string> {
  const { run, version, now, expiresAt } = on
  const { artifact, digest, type } = version
  const filename = artifactFileName(version)
  const artifacts = await artifactsOf(server)
  if (artifacts.link !== undefined) {
    const url = await artifacts.link(digest, { now, expiresAt, filename })
    if (url === null) throw gone(version)
    return url
  }
  const [key] = server.linkKeys ?? []
  if (key === undefined) {
    const message = 'this server signs no links: it has no link key'
    throw new ApiError('conflict_error', message, { code: 'no_link_key' })
  }
  const claims = {
    run,
    artifact,
    version: version.version,
    digest,
    type,
    name: filename,
    expiresAt,
  }
  return signLink({ ...claims, key })
}

function artifactsOf({ artifacts }: ServerContext): Promise<ArtifactStore> {
  if (artifacts !== undefined) return artifacts()
  const message = 'this server has no store of artifacts that it could read'
  throw new ApiError('not_found_error', message, { code: 'no_artifacts' })
}

function gone({ artifact, version }: Pick<ArtifactRecord, 'artifact' | 'version'>): ApiError {
  const message = `${artifact} version ${version} is not kept any more`
  return new ApiError('not_found_error', message, { code: 'artifact_gone' })
}
