import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noPostgres, startPostgres, type PostgresServer } from '../../../test/postgres-server.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import type { Mind } from '../../mind/mind.ts'
import { postgresStore } from '../../store/postgres.ts'
import { sqliteStore } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import { givenRuns, textAt, type GivenRuns } from './given-runs.ts'

/*
 * Two API machines over one store: whichever is asked, the run is one.
 */

const folder = mkdtempSync(join(tmpdir(), 'lockstep-two-servers-'))
let postgres: PostgresServer | null = null
beforeAll(async () => {
  if (noPostgres === null) postgres = await startPostgres()
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await postgres?.stop()
})

const TALK: WorkflowSpec = {
  workflow: 'talk',
  input: { type: 'object', properties: { message: { type: 'string' } } },
  steps: [{ name: 'ask', prompt: 'Ask.', tools: ['request_input'] }],
}
const SCRIPT = [{ call: 'request_input', args: { question: 'Which?' } }, { text: 'thanks' }]
const WAIT = { headers: { prefer: 'wait=20' } }

type Kind = 'sqlite' | 'postgres'

/** Two stores on the same place, as two processes would have them. */
async function twoStores(kind: Kind, name: string): Promise<readonly Store[]> {
  if (kind === 'sqlite') return [1, 2].map(() => sqliteStore(join(folder, `${name}.db`)))
  const connectionString = (await postgres?.createDatabase()) ?? ''
  return [1, 2].map(() => postgresStore({ connectionString }))
}

async function two(
  kind: Kind,
  name: string,
  mind?: Mind,
): Promise<readonly [GivenRuns, GivenRuns] & { close: () => Promise<void> }> {
  const stores = await twoStores(kind, name)
  const [one, other] = await Promise.all(
    stores.map((store) =>
      givenRuns({ workflow: TALK, script: SCRIPT, store, ...(mind === undefined ? {} : { mind }) }),
    ),
  )
  if (one === undefined || other === undefined) throw new Error('there are two')
  const close = async (): Promise<void> => {
    await Promise.all([one, other].map(({ background }) => background.park(10_000)))
    await Promise.all(stores.map((store) => store.close()))
  }
  return Object.assign([one, other] as const, { close })
}

const KINDS: readonly Kind[] = noPostgres === null ? ['sqlite', 'postgres'] : ['sqlite']

describe.each(KINDS)('over %s', (kind) => {
  test('a run that began on one is read, answered and ended on the other', async () => {
    const servers = await two(kind, 'alternately')
    const [one, other] = servers
    const { json } = await one.post('/v1/runs', { workflow: 'talk' }, WAIT)
    const run = `/v1/runs/${textAt(json, 'id')}`
    const read = other.get(`${run}/events?stream=true`)
    const followed = one.get(`${run}/events?stream=true`)
    const { json: told } = await other.post(`${run}/input`, { message: 'red' }, WAIT)
    expect(told).toMatchObject({ reason: 'completed', output: { text: 'thanks' } })
    const [there, here] = await Promise.all([read, followed])
    expect(here.text).toBe(there.text)
    expect(here.text).toContain('stream.ended')
    expect((await one.get(run)).headers.get('etag')).toBe(
      (await other.get(run)).headers.get('etag'),
    )
    await servers.close()
  })

  test('one key of idempotency is one run, whichever is asked, at once', async () => {
    const servers = await two(kind, 'idempotent')
    const asking = { headers: { 'idempotency-key': 'k-1' } }
    const answers = await Promise.all(
      [...servers, ...servers].map(({ post }) => post('/v1/runs', { workflow: 'talk' }, asking)),
    )
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202])
    expect(new Set(answers.map(({ json }) => json['id'])).size).toBe(1)
    expect(await servers[0].store.list({ limit: 9 })).toHaveLength(1)
    await servers.close()
  })

  test('a run that one drives is cancelled from the other', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    const servers = await two(kind, 'cancelled', {
      answer: (_, { signal }) => {
        resolve()
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')))
        })
      },
    })
    const [one, other] = servers
    const { headers } = await one.post('/v1/runs', { workflow: 'talk' })
    const run = headers.get('location') ?? ''
    await asked
    const busy = await other.post(`${run}/input`, { message: 'x' })
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([409, '1'])
    expect((await other.post(`${run}/cancel`, {})).status).toBe(202)
    const { text } = await other.get(`${run}/events?stream=true`)
    expect(text).toContain('"reason":"cancelled","head"')
    await servers.close()
  })
})
