import { once } from 'node:events'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startProxy, type Cut, type PostgresProxy } from '../../test/postgres-proxy.ts'
import { noPostgres, startPostgres, type PostgresServer } from '../../test/postgres-server.ts'
import { canonicalText, chainHash, chainStart } from './chain/chain.ts'
import { verifyLog } from './chain/verify-log.ts'
import { advisoryKey } from './postgres/advisory-key.ts'
import { channelOf } from './postgres/lock-session.ts'
import type { PostgresOptions } from './postgres/postgres-options.ts'
import { postgresStore } from './postgres.ts'
import { acquire, codeOf, describeStore, makeAppend, makeEvents } from './store.contract.ts'
import { StoreError, type Claim, type Lease, type Store } from './store.ts'

let server: PostgresServer
let url: string
let schema: string
let opened: Store[] = []
let made = 0

beforeAll(async () => {
  if (noPostgres !== null) return
  server = await startPostgres()
  url = await server.createDatabase()
})

afterAll(() => server?.stop())

beforeEach(() => {
  opened = []
  schema = `s${(made += 1)}`
})

afterEach(async () => {
  for (const store of opened) await store.close()
})

/** Another store on the schema of the test. */
function open(options: PostgresOptions = {}): Store {
  const store = postgresStore({ connectionString: url, schema, ...options })
  opened.push(store)
  return store
}

function sql(text: string): Promise<readonly Record<string, unknown>[]> {
  return server.query(url, text)
}

/** The StoreError that the first use rejects with, as `code: message`. */
async function firstError(store: Store): Promise<string> {
  try {
    await store.find('r1')
    return 'none'
  } catch (error) {
    return error instanceof StoreError ? `${error.code}: ${error.message}` : String(error)
  }
}

/** Ends sessions of the stores: of the locks, or those that last ran a statement. */
async function endSessions(where: string): Promise<number> {
  const ended = await sql(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'lockstep' AND ${where}`,
  )
  return ended.length
}

const HOLDS_LOCKS = `pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`

/** Acquires once the server noticed that the holder is gone. */
async function acquireSoon(store: Store, run: string): Promise<Lease> {
  for (;;) {
    const lease = await store.tryAcquire(run)
    if (lease !== null) return lease
  }
}

describe.skipIf(noPostgres !== null)('on a real server', () => {
  describeStore('postgresStore', () => open())

  describe('the schema of a postgresStore', () => {
    test('keeps everything when it is closed and opened again', async () => {
      const store = open()
      const lease = await acquire(store, 'r1')
      await store.append(makeAppend(lease, 0))
      await store.requestCancel('r1')
      await store.saveDefinition('d1', '{}')
      const row = await store.find('r1')
      await store.close()
      const again = open()
      expect(await again.find('r1')).toEqual(row)
      expect(await again.read('r1', 0)).toEqual(makeEvents(0, 2))
      expect(await again.cancelRequested('r1')).toBe(true)
      expect(await again.loadDefinition('d1')).toBe('{}')
      expect(await again.tryAcquire('r1')).not.toBeNull()
    })

    test('is made once by many that find none', async () => {
      const stores = Array.from({ length: 8 }, () => open())
      expect(await Promise.all(stores.map((store) => store.list({ limit: 1 })))).toEqual(
        stores.map(() => []),
      )
      expect(await sql(`SELECT version FROM ${schema}.migrations`)).toEqual([{ version: 1 }])
    })

    test('shares nothing with another one, locks included', async () => {
      const [one, two] = [open(), open({ schema: `${schema}_other` })]
      await one.append(makeAppend(await acquire(one, 'r1'), 0))
      expect(await two.find('r1')).toBeNull()
      expect(await two.tryAcquire('r1')).not.toBeNull()
    })

    test('is refused when a newer version wrote it, or something else', async () => {
      await open().list({ limit: 1 })
      await sql(`INSERT INTO ${schema}.migrations (version) VALUES (99)`)
      expect(await firstError(open())).toMatch(/^failed: .*newer version.*version 99/)
      await sql('CREATE SCHEMA birds; CREATE TABLE birds.names (name text)')
      expect(await firstError(open({ schema: 'birds' }))).toMatch(/^failed: .*of something else/)
      expect(await sql("SELECT tablename FROM pg_tables WHERE schemaname = 'birds'")).toHaveLength(
        1,
      )
    })

    test('asks a user for no right to make what is there', async () => {
      await open().list({ limit: 1 })
      await sql(`DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN;
        GRANT USAGE ON SCHEMA ${schema} TO plain;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO plain`)
      const connectionString = url.replace('user=lockstep', 'user=plain')
      const store = open({ connectionString })
      await store.append(makeAppend(await acquire(store, 'r1'), 0))
      expect(await store.read('r1', 0)).toEqual(makeEvents(0, 2))
      const none = open({ connectionString, schema: 'none_yet' })
      expect(await firstError(none)).toMatch(/^failed: .*this user may not do that/)
      await sql(`DROP OWNED BY plain; DROP ROLE plain`)
    })

    test('needs a database that can hold every text', async () => {
      await sql(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`)
      const connectionString = url.replace(/\/test_\d+\?/, '/latin?')
      expect(await firstError(open({ connectionString }))).toMatch(/^failed: .*encoding is LATIN1/)
    })

    test('is durable whatever the role is set to', async () => {
      const database = new URL(url).pathname.slice(1)
      await sql(`ALTER DATABASE ${database} SET synchronous_commit = off`)
      const store = open()
      await store.append(makeAppend(await acquire(store, 'r1'), 0))
      await sql(`CREATE FUNCTION ${schema}.note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN new.event = jsonb_set(new.event::jsonb, '{input,text}',
          to_jsonb(current_setting('synchronous_commit'))); RETURN new; END $$;
        CREATE TRIGGER note BEFORE INSERT ON ${schema}.events FOR EACH ROW
          EXECUTE FUNCTION ${schema}.note()`)
      const lease = await acquire(store, 'r2')
      await store.append(makeAppend(lease, 0))
      await sql(`ALTER DATABASE ${database} RESET synchronous_commit`)
      expect((await store.read('r2', 0))[0]).toMatchObject({ input: { text: 'on' } })
    })
  })

  describe('the log of a postgresStore', () => {
    test('is the text that was hashed; a changed one is named', async () => {
      const store = open()
      const lease = await acquire(store, 'r1')
      await store.append(makeAppend(lease, 0))
      const events = makeEvents(0, 2)
      const [first] = (await store.readChain('r1'))?.events ?? []
      expect(first?.text).toBe(JSON.stringify(events[0]))
      expect(first?.hash).toBe(chainHash(chainStart('r1'), canonicalText(first?.text ?? '')))
      await sql(
        `UPDATE ${schema}.events SET event = replace(event, 'hello', 'hullo') WHERE seq = 2`,
      )
      const log = await store.readChain('r1')
      expect(log === null ? [] : verifyLog(log)).toMatchObject([{ kind: 'changed', seq: 2 }])
      await sql(`UPDATE ${schema}.events SET event = 'torn {' WHERE seq = 2`)
      expect(await codeOf(store.read('r1', 0))).toBe('failed')
    })

    test('one append that the server refuses takes no other with it', async () => {
      const store = open()
      const [left, right] = [await acquire(store, 'left'), await acquire(store, 'right')]
      await sql(`ALTER TABLE ${schema}.events ADD CHECK (event NOT LIKE '%poison%')`)
      const poison = [...makeEvents(0, 1), ...makeEvents(1, 1, 'poison')]
      const codes = await Promise.all([
        codeOf(store.append(makeAppend(left, 0))),
        codeOf(store.append(makeAppend(right, 0, { events: poison }))),
        codeOf(store.append(makeAppend(left, 2, { sync: true }))),
      ])
      expect(codes).toEqual(['none', 'failed', 'none'])
      expect(await store.read('left', 0)).toEqual(makeEvents(0, 4))
      expect(await store.find('right')).toBeNull()
      await store.append(makeAppend(right, 0))
      expect(await store.read('right', 0)).toEqual(makeEvents(0, 2))
    })
  })

  describe('the places of a postgresStore', () => {
    const claim = (run: string, key = 'o-1'): Claim => ({
      family: 'f',
      run,
      call: 'c1',
      places: [{ gate: 'once', key, calls: 1 }],
    })

    test('are shared by all, at once, and outlive their holder', async () => {
      const stores = Array.from({ length: 4 }, () => open())
      await Promise.all(stores.map((store) => store.list({ limit: 1 })))
      // Often, for a race that one loses may well go right.
      for (let round = 0; round < 20; round += 1) {
        const key = `o-${round}`
        const answers = await Promise.all(
          stores.flatMap((store, at) => [
            store.claim(claim(`r${at}`, key)),
            store.claim(claim(`s${at}`, key)),
          ]),
        )
        expect(answers.filter((answer) => answer === null)).toHaveLength(1)
      }
      for (const store of stores) await store.close()
      expect(await open().claim(claim('late'))).toEqual({ gate: 'once', key: 'o-1' })
    })

    test('may have a key of any length', async () => {
      const [store, long] = [open(), JSON.stringify('k'.repeat(20_000))]
      expect(await store.claim(claim('r1', long))).toBeNull()
      expect(await store.claim(claim('r2', long))).toEqual({ gate: 'once', key: long })
      expect(await store.claim(claim('r2', `${long}x`))).toBeNull()
    })
  })

  describe('the leases of a postgresStore', () => {
    test('hold between two stores, and end with the one that held them', async () => {
      const [one, two] = [open(), open()]
      const lease = await acquire(one, 'r1')
      for (let ask = 0; ask < 3; ask += 1) expect(await two.tryAcquire('r1')).toBeNull()
      await one.append(makeAppend(lease, 0))
      await lease.release()
      const next = await acquire(two, 'r1')
      expect(await one.tryAcquire('r1')).toBeNull()
      expect(await codeOf(one.append(makeAppend(lease, 2)))).toBe('lease_lost')
      await two.append(makeAppend(next, 2))
      await two.close()
      const last = await acquire(one, 'r1')
      await one.append(makeAppend(last, 4))
      expect(await one.read('r1', 0)).toEqual(makeEvents(0, 6))
    })

    test('of hundreds of runs take one connection', async () => {
      const store = open({ pool: { max: 2 } })
      const runs = Array.from({ length: 300 }, (_, index) => `run-${index}`)
      const leases = await Promise.all(runs.map((run) => acquire(store, run)))
      await Promise.all(leases.map((lease) => store.append(makeAppend(lease, 0))))
      const [count] = await sql(
        `SELECT count(*)::int AS many FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'lockstep'`,
      )
      expect(count).toEqual({ many: 3 })
      expect(await store.list({ limit: 400 })).toHaveLength(300)
    })

    test('are lost with the session of the locks, and free at once', async () => {
      const [one, two] = [open(), open()]
      const lease = await acquire(one, 'r1')
      await one.append(makeAppend(lease, 0))
      expect(await endSessions(HOLDS_LOCKS)).toBe(1)
      const next = await acquireSoon(two, 'r1')
      expect(await codeOf(one.append(makeAppend(lease, 2)))).toBe('lease_lost')
      await two.append(makeAppend(next, 2))
      await next.release()
      await lease.release()
      const again = await acquire(one, 'r1')
      await one.append(makeAppend(again, 4))
      expect(await one.read('r1', 0)).toEqual(makeEvents(0, 6))
    })

    test('fence off a holder that does not know yet that its session is gone', async () => {
      const [one, two] = [open(), open()]
      const lease = await acquire(one, 'r1')
      await one.append(makeAppend(lease, 0))
      // As the server leaves it where the holder's machine was cut off: no lock, the old token.
      await sql(`UPDATE ${schema}.runs SET holder = 'another'`)
      expect(await codeOf(one.append(makeAppend(lease, 2)))).toBe('lease_lost')
      expect(await two.read('r1', 0)).toEqual(makeEvents(0, 2))
    })

    test('of a run that cannot be claimed are not kept', async () => {
      const [one, two] = [open(), open()]
      await one.list({ limit: 1 })
      await sql(`ALTER TABLE ${schema}.runs ADD CONSTRAINT no CHECK (run <> 'r1')`)
      expect(await codeOf(one.tryAcquire('r1'))).toBe('failed')
      await sql(`ALTER TABLE ${schema}.runs DROP CONSTRAINT no`)
      const lease = await acquire(two, 'r1')
      await lease.release()
      expect(await one.tryAcquire('r1')).not.toBeNull()
    })
  })

  describe('a postgresStore that loses connections', () => {
    let proxy: PostgresProxy
    beforeEach(async () => {
      proxy = await startProxy(url)
    })
    afterEach(() => proxy.close())

    test.each<Cut>(['before', 'after'])(
      'writes an append once that was cut off %s the server heard it',
      async (when) => {
        const store = open({ connectionString: proxy.url })
        const lease = await acquire(store, 'r1')
        await store.append(makeAppend(lease, 0))
        proxy.cut(when, 'needle')
        const events = makeEvents(2, 2, 'needle')
        expect(await store.append(makeAppend(lease, 2, { events }))).toEqual({
          cancelRequested: false,
        })
        expect(proxy.wasCut()).toBe(true)
        await store.append(makeAppend(lease, 4))
        expect((await store.read('r1', 2)).slice(0, 2)).toEqual(events)
        const log = await store.readChain('r1')
        expect(log?.events).toHaveLength(6)
        expect(log?.headHash).toBe(log?.events.at(-1)?.hash)
      },
    )

    test.each<Cut>(['before', 'after'])(
      'takes places once when the claim was cut off %s the server heard it',
      async (when) => {
        const store = open({ connectionString: proxy.url })
        await store.list({ limit: 1 })
        proxy.cut(when, 'needle')
        const claim = { family: 'f', run: 'r', call: 'c' }
        const places = [{ gate: 'needle', key: '', calls: 1 }]
        expect(await store.claim({ ...claim, places })).toBeNull()
        expect(proxy.wasCut()).toBe(true)
        expect(await sql(`SELECT run FROM ${schema}.places`)).toEqual([{ run: 'r' }])
      },
    )

    test.each<Cut>(['before', 'after'])(
      'takes a lease although the asking session was cut off %s the server heard it',
      async (when) => {
        const store = open({ connectionString: proxy.url })
        const other = await acquire(store, 'other')
        proxy.cut(when, 'needle')
        const lease = await acquireSoon(store, 'needle')
        expect(proxy.wasCut()).toBe(true)
        await store.append(makeAppend(lease, 0))
        // What the lost session held is lost with it.
        expect(await codeOf(store.append(makeAppend(other, 0)))).toBe('lease_lost')
      },
    )

    test('goes on when idle connections, or the whole server, went away', async () => {
      const store = open()
      const lease = await acquire(store, 'r1')
      await store.append(makeAppend(lease, 0))
      expect(await endSessions(`NOT ${HOLDS_LOCKS}`)).toBeGreaterThan(0)
      await store.append(makeAppend(lease, 2))
      await server.restart()
      expect(await store.read('r1', 0)).toEqual(makeEvents(0, 4))
      expect(await codeOf(store.append(makeAppend(lease, 4)))).toBe('lease_lost')
      const next = await acquire(store, 'r1')
      await store.append(makeAppend(next, 4))
      expect(await store.read('r1', 0)).toEqual(makeEvents(0, 6))
    })
  })

  describe('what watches a run of a postgresStore', () => {
    /** Resolves with the run's head once it is that. */
    function seen(store: Store, head: number): Promise<number> {
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      const unwatch = store.watch?.('r1', () => {
        look().catch(reject)
      })
      async function look(): Promise<void> {
        const row = await store.find('r1')
        if (row?.head !== head) return
        unwatch?.()
        resolve(head)
      }
      return promise
    }

    test('hears of appends elsewhere, also after connections were lost', async () => {
      const [writer, reader] = [open(), open()]
      const lease = await acquire(writer, 'r1')
      const first = seen(reader, 2)
      await writer.append(makeAppend(lease, 0))
      expect(await first).toBe(2)
      const second = seen(reader, 4)
      await endSessions(`query LIKE 'LISTEN%'`)
      await writer.append(makeAppend(lease, 2))
      expect(await second).toBe(4)
    })

    test('is told of every append by who made it', async () => {
      const writer = open()
      const lease = await acquire(writer, 'r1')
      const listener = new Client({ connectionString: url })
      await listener.connect()
      const told = once(listener, 'notification')
      await listener.query(`LISTEN ${channelOf({ schema })}`)
      await writer.append(makeAppend(lease, 0))
      expect(await told).toMatchObject([{ payload: advisoryKey('run', schema, 'r1') }])
      await listener.end()
    })

    test('comes to see what nobody told', async () => {
      const [writer, reader] = [open(), open()]
      const lease = await acquire(writer, 'r1')
      await writer.append(makeAppend(lease, 0))
      expect(await seen(reader, 2)).toBe(2)
      const untold = seen(reader, 7)
      await sql(`UPDATE ${schema}.runs SET head = 7`)
      expect(await untold).toBe(7)
    })
  })
})

describe('the options of a postgresStore', () => {
  const secret = 'postgres://ana:hunter2@127.0.0.1:1/books'

  test('that cannot be are refused without their secrets', () => {
    const wrong: readonly (readonly [PostgresOptions, RegExp])[] = [
      [{ schema: 'a; DROP' }, /schema "a; DROP" is no legal name/],
      [{ connectionString: 'mysql://ana:hunter2@host/db' }, /should look like postgres:/],
      [{ connectionString: 'hunter2' }, /should look like postgres:/],
      [{ connectionString: 'postgres://ana:hunter2@host:port/db' }, /should look like postgres:/],
    ]
    for (const [options, message] of wrong) {
      const refused = (): Store => postgresStore(options)
      expect(refused).toThrow(message)
      expect(refused).not.toThrow(/hunter2/)
    }
  })

  test('that lead nowhere name the place, and never the password', async () => {
    const store = postgresStore({ connectionString: secret })
    const error = await store.find('r1').catch((caught: unknown) => caught)
    await store.close()
    expect(error).toMatchObject({ code: 'failed' })
    expect(String(error)).toMatch(/Postgres 127\.0\.0\.1:1, database books: nobody listens there/)
    expect(JSON.stringify(error, Object.getOwnPropertyNames(Object(error)))).not.toMatch(/hunter2/)
  })
})
