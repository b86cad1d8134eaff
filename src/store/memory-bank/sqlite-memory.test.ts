import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, test } from 'vitest'
import { sqliteStore } from '../sqlite.ts'
import { describeMemoryBank, fakeEmbed, note } from './memory-bank.contract.ts'
import { sqliteMemory } from './sqlite-memory.ts'
import { prepareMemory } from './sqlite/memory-statements.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-memory-'))
afterAll(() => rmSync(folder, { recursive: true }))
let places = 0

function freshFile(): string {
  return join(folder, String((places += 1)), 'memory.db')
}

describeMemoryBank('sqliteMemory', () => {
  const path = freshFile()
  return { open: (options) => sqliteMemory(path, options) }
})

/** Everything that lies on the disk of a memory. */
function bytesOf(path: string): string {
  const beside = join(path, '..')
  return readdirSync(beside)
    .map((name) => readFileSync(join(beside, name), 'latin1'))
    .join('')
}

describe('a memory in a file', () => {
  test('two processes see each other, and notes outlive them', async () => {
    const path = freshFile()
    const first = sqliteMemory(path)
    const second = sqliteMemory(path)
    await first.memorize([note('from the first')])
    expect(await second.recall({ tenant: 'acme', query: 'first', limit: 5 })).toHaveLength(1)
    await first.close()
    await second.close()
    const third = sqliteMemory(path)
    expect(await third.list({ tenant: 'acme', limit: 5 })).toHaveLength(1)
    await third.close()
  })

  test('forgotten, nothing of a record is left in any file: no text, no word, no vector', async () => {
    const path = freshFile()
    const bank = sqliteMemory(path, { embed: fakeEmbed })
    const words = Array.from({ length: 400 }, (_, index) => `qx${(index * 7_919).toString(36)}zj`)
    for (const [at, word] of words.entries()) {
      const text = `Abonnent ${word} plaintext${word}`
      const record = at % 2 === 0 ? 'doomed' : 'kept'
      await bank.memorize([note(text, { id: `id${word}`, record, at, tags: [`tag${word}`] })])
    }
    const doomed = words.filter((_, at) => at % 2 === 0)
    const lying = (): readonly string[] => {
      const bytes = bytesOf(path)
      return doomed.filter((word) => bytes.includes(word))
    }
    expect(lying().length).toBeGreaterThan(100)
    expect(await bank.forget({ tenant: 'acme', record: 'doomed' })).toBe(200)
    expect(lying()).toEqual([])
    const database = new DatabaseSync(path)
    expect(database.prepare('SELECT count(*) AS n FROM vectors').get()).toEqual({ n: 200 })
    // The index agrees with its notes.
    database.exec("INSERT INTO note_words (note_words, rank) VALUES ('integrity-check', 1)")
    database.close()
    const [kept = ''] = words.slice(1)
    const [found] = await bank.recall({ tenant: 'acme', query: kept, limit: 5 })
    expect(found?.text).toContain(kept)
    await bank.close()
  })

  test('while somebody reads, forgetting says that the log of writes may still hold it', async () => {
    const path = freshFile()
    const bank = sqliteMemory(path, { busyTimeoutMs: 50 })
    await bank.memorize([note('plain secret')])
    const reader = new DatabaseSync(path)
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM notes').get()
    const forget = bank.forget({ tenant: 'acme', record: 'customer-1' })
    await expect(forget).rejects.toMatchObject({
      code: 'failed',
      message: /forget the record again/,
    })
    reader.exec('COMMIT')
    reader.close()
    expect(await bank.forget({ tenant: 'acme', record: 'customer-1' })).toBe(0)
    expect(bytesOf(path)).not.toContain('plain secret')
    await bank.close()
  })

  test('a search asks the index once, and the newest are found by an index', async () => {
    const path = freshFile()
    await sqliteMemory(path).close()
    const database = new DatabaseSync(path)
    const { search, newest } = prepareMemory(database)
    const planOf = (sql: string): readonly unknown[] =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => detail)
    // The other way round it was asked anew for each note of the tenant: minutes.
    expect(planOf(search.sourceSQL)[0]).toMatch(/^SCAN note_words VIRTUAL TABLE/)
    expect(planOf(newest('r').sourceSQL)[0]).toContain('notes_by_record')
    expect(planOf(newest(null).sourceSQL)[0]).toContain('notes_by_age')
    database.close()
  })

  test('a file of something else, a newer one and a broken one are left alone', async () => {
    const logs = freshFile()
    await sqliteStore(logs).close()
    expect(() => sqliteMemory(logs)).toThrow(/something else/)
    const newer = freshFile()
    await sqliteMemory(newer).close()
    const database = new DatabaseSync(newer)
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(() => sqliteMemory(newer)).toThrow(/newer version/)
    const broken = join(folder, 'broken.db')
    writeFileSync(broken, 'not a database, but long enough to be looked at '.repeat(100))
    expect(() => sqliteMemory(broken)).toThrow(/broken\.db/)
  })
})
