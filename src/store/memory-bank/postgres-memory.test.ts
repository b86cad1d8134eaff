import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noPostgres, startPostgres, type PostgresServer } from '../../../test/postgres-server.ts'
import { postgresStore } from '../postgres.ts'
import type { MemoryBank } from './memory-bank.ts'
import { describeMemoryBank, fakeEmbed, note } from './memory-bank.contract.ts'
import { noteStatementsIn } from './postgres/note-statements.ts'
import { toPlaceQuery, toWordQuery } from './postgres/word-index.ts'
import { postgresMemory, type PostgresMemoryOptions } from './postgres-memory.ts'

let server: PostgresServer
let url: string
let schemas = 0

beforeAll(async () => {
  if (noPostgres !== null) return
  server = await startPostgres()
  url = await server.createDatabase()
})

afterAll(() => server?.stop())

function freshSchema(): string {
  return `m${(schemas += 1)}`
}

function open(schema: string, options: PostgresMemoryOptions = {}): MemoryBank {
  return postgresMemory({ connectionString: url, schema, ...options })
}

function sql(text: string): Promise<readonly Record<string, unknown>[]> {
  return server.query(url, text)
}

describe.skipIf(noPostgres !== null)('on a real server', () => {
  describeMemoryBank('postgresMemory', () => {
    const schema = freshSchema()
    return { open: (options) => open(schema, options) }
  })

  test('several machines that make a memory at once keep every note once', async () => {
    const schema = freshSchema()
    const banks = Array.from({ length: 4 }, () => open(schema))
    const writes = banks.flatMap((bank, index) =>
      Array.from({ length: 10 }, (_, at) => {
        const shared = note(`shared ${at}`, { record: 'shared' })
        const own = note(`own ${index} ${at}`, { record: `own-${index}` })
        // In different orders, so that they wait for each other both ways.
        return bank.memorize(index % 2 === 0 ? [shared, own] : [own, shared])
      }),
    )
    const added = (await Promise.all(writes)).flat()
    expect(added.toSorted()).toEqual([...new Set(added)].toSorted())
    expect(added).toHaveLength(50)
    const [one] = banks
    const records = (await one?.records('acme'))?.map(({ record, notes }) => `${record} ${notes}`)
    const expected = ['own-0 10', 'own-1 10', 'own-2 10', 'own-3 10', 'shared 10']
    expect(records?.toSorted()).toEqual(expected)
    for (const bank of banks) await bank.close()
  })

  test('a server that starts again is not noticed', async () => {
    const schema = freshSchema()
    const bank = open(schema)
    await bank.memorize([note('before')])
    await server.restart()
    expect(await bank.memorize([note('after')])).toEqual(['after'])
    expect(await bank.list({ tenant: 'acme', limit: 5 })).toHaveLength(2)
    await bank.close()
  })

  test('a search reads the index of words alone, and of nobody else', async () => {
    const schema = freshSchema()
    const bank = open(schema)
    const long = 'long '.repeat(200)
    const numbers = Array.from({ length: 450 }, (_, at) => at)
    await bank.memorize([
      ...numbers.map((at) => note(`kite ${long}`, { tenant: 'globex', id: `k${at}` })),
      ...numbers.map((at) => note(`boat ${long}`, { record: 'customer-2', id: `b${at}` })),
      note('my kite'),
    ])
    await sql(`ANALYZE ${schema}.notes`)
    const planOf = async (text: string, more: readonly string[]): Promise<string> => {
      const client = new Client({ connectionString: url })
      await client.connect()
      const values = ['acme', 0, 9_999, 5, ...more]
      const { rows } = await client.query<object>(`EXPLAIN (ANALYZE) ${text}`, values)
      await client.end()
      return JSON.stringify(rows)
    }
    const { search, newestOfRecord } = noteStatementsIn(schema)
    const queries = [toPlaceQuery(['kite'], { tenant: 'acme' }), toWordQuery(['kite'])]
    const searched = await planOf(search, queries)
    expect(searched).toMatch(/Bitmap Index Scan on notes_by_words.* rows=1(?:\.00)? loops/)
    expect(searched).not.toMatch(/Rows Removed|Seq Scan/)
    expect(await planOf(newestOfRecord, ['customer-1'])).toContain('notes_by_record')
    await bank.close()
  })

  test('forgotten, no row is left; rewritten, no byte in the files of the database', async () => {
    const schema = freshSchema()
    const bank = open(schema, { embed: fakeEmbed })
    const words = Array.from({ length: 200 }, (_, index) => `qx${(index * 7_919).toString(36)}zj`)
    await bank.memorize(
      words.map((word, at) => {
        const record = at % 2 === 0 ? `doomed${word}` : 'kept'
        const text = `Abonnent ${word} plaintext${word}`
        return note(text, { id: `id${word}`, record, tags: [`tag${word}`] })
      }),
    )
    const doomed = words.filter((_, at) => at % 2 === 0)
    await sql(`ANALYZE ${schema}.notes`)
    const lying = async (): Promise<readonly string[]> => {
      await sql('CHECKPOINT')
      const found = new Set(tableBytes().match(/qx[a-z0-9]+zj/g))
      return doomed.filter((word) => found.has(word))
    }
    expect((await lying()).length).toBe(doomed.length)
    for (const word of doomed) {
      expect(await bank.forget({ tenant: 'acme', record: `doomed${word}` })).toBe(1)
    }
    const left = await sql(`SELECT count(*)::int AS n FROM ${schema}.notes`)
    expect(left).toEqual([{ n: 100 }])
    await sql(`VACUUM FULL ${schema}.notes`)
    expect(await lying()).toEqual([])
    const [kept = ''] = words.slice(1)
    const [found] = await bank.recall({ tenant: 'acme', query: kept, limit: 5 })
    expect(found?.text).toContain(kept)
    await bank.close()
  })

  test('a schema of a store, a newer one and a wrong place are left alone', async () => {
    const schema = freshSchema()
    const store = postgresStore({ connectionString: url, schema })
    await store.find('r1')
    const listing = { tenant: 'acme', limit: 5 }
    const failing = async (bank: MemoryBank, message: RegExp): Promise<void> => {
      await expect(bank.list(listing)).rejects.toMatchObject({ code: 'failed', message })
      await bank.close()
    }
    await failing(open(schema), /holds tables of something else; name another/)
    await store.close()
    const newer = freshSchema()
    const bank = open(newer)
    await bank.list(listing)
    const there = postgresStore({ connectionString: url, schema: newer })
    await expect(there.find('r1')).rejects.toMatchObject({ message: /something else/ })
    await there.close()
    await bank.close()
    await sql(`INSERT INTO ${newer}.memory_migrations (version) VALUES (99)`)
    await failing(open(newer), /a newer version wrote/)
  })

  /** Everything in the files of the databases; not in the log of writes. */
  function tableBytes(): string {
    const base = join(new URL(url).searchParams.get('host') ?? '', 'data/base')
    const files = readdirSync(base, { recursive: true, encoding: 'utf8' }).map((name) =>
      join(base, name),
    )
    return files
      .filter((file) => statSync(file).isFile())
      .map((file) => readFileSync(file, 'latin1'))
      .join('')
  }
})

test('what cannot be a memory says so, and never the password (Law 17)', async () => {
  expect(() => postgresMemory({ connectionString: 'mysql://ana:hunter2@host/db' })).toThrow(
    expect.objectContaining({ name: 'MemoryBankError', code: 'failed' }),
  )
  expect(() => postgresMemory({ schema: 'a"; DROP' })).toThrow(/no legal name/)
  const nobody = postgresMemory({ connectionString: 'postgres://ana:hunter2@127.0.0.1:1/books' })
  const asked = nobody.list({ tenant: 'acme', limit: 5 })
  const error: unknown = await asked.catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'failed', message: /nobody listens there/ })
  expect(String(error)).not.toMatch(/hunter2|\bana\b/)
  await nobody.close()
})
