import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { WorkflowSpec } from '../src/core/spec/spec.ts'
import { auditRun, type Evidence } from '../src/drive/audit.ts'
import { createRuntime } from '../src/index.ts'
import { canonicalText, chainHash, chainStart } from '../src/store/chain/chain.ts'
import { createSigner, readPublicKey } from '../src/store/chain/seal.ts'
import { sqliteStore } from '../src/store/sqlite.ts'
import type { Store } from '../src/store/store.ts'
import { parseScript, scriptedMind } from '../src/testing.ts'

/*
 * Somebody clever with the file: they know the format, can compute hashes and have a key of their
 * own, but not the run's. What must not pass all the same.
 */

const pair = (): { readonly pem: string; readonly publicKey: string } => {
  const keys = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return { pem: keys.privateKey, publicKey: readPublicKey(keys.publicKey) }
}
const OURS = pair()
const THEIRS = pair()
const spec = { workflow: 'w', steps: { talk: { prompt: 'Talk: {{message}}' } } }

let folder: string
let store: Store
let database: DatabaseSync

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-forger-'))
  store = sqliteStore(join(folder, 'runs.db'))
  database = new DatabaseSync(join(folder, 'runs.db'))
  await run('run_1')
})

afterEach(async () => {
  database.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Two turns, a sealed rest after each. */
async function run(id: string, message = 'hello'): Promise<void> {
  const parsed = parseScript([{ text: 'one' }, { text: 'two' }])
  const mind = scriptedMind(parsed.ok ? parsed.script : [])
  const runtime = createRuntime({ store, mind, env: {}, signingKey: OURS.pem })
  const started = await runtime.start(spec, { id, input: { message } })
  await started.done
  await started.send('go on')
}

async function kinds(evidence: Evidence = {}, id = 'run_1'): Promise<readonly string[]> {
  const found = await auditRun(store, { run: id, ...evidence })
  return (found?.damage ?? []).map(({ kind }) => kind)
}

/** The events from `from` on, chained anew from the hash before them. */
async function chainAnew(from: number, previous: string): Promise<string> {
  const log = await store.readChain('run_1')
  let hash = previous
  for (const { seq, text } of log?.events ?? []) {
    if (seq < from) continue
    hash = chainHash(hash, canonicalText(text))
    database
      .prepare('UPDATE events SET hash = ? WHERE run = 1 AND seq = ?')
      .run(Buffer.from(hash, 'hex'), seq)
  }
  database.prepare("UPDATE runs SET hash = ? WHERE run = 'run_1'").run(Buffer.from(hash, 'hex'))
  return hash
}

const EDIT = `UPDATE events SET event = replace(event, 'hello', 'hullo') WHERE seq = 1`
const ours = { publicKey: OURS.publicKey }

describe('a log is not passed off as one from before there were hashes', () => {
  test('that keeps the hashes at its seals and at what was noted', async () => {
    const seals = await store.readSeals('run_1')
    const noted = seals.at(-1)?.hash ?? ''
    expect(await kinds({ ...ours, noted })).toEqual([])
    const at = seals.map(({ seq }) => seq).join(', ')
    database.exec(EDIT)
    database.exec(`UPDATE events SET hash = NULL WHERE seq NOT IN (${at})`)
    database.exec('UPDATE runs SET chained_from = head + 1')
    expect(await kinds()).not.toEqual([])
    expect(await kinds({ ...ours, noted })).not.toEqual([])
  })

  test('nor its first part, with the rest chained anew', async () => {
    const [first] = await store.readSeals('run_1')
    const { seq = 0 } = first ?? {}
    database.exec(EDIT)
    database.exec(`UPDATE events SET hash = NULL WHERE seq < ${seq}`)
    database.exec(`UPDATE runs SET chained_from = ${seq + 1}`)
    database.exec(`DELETE FROM seals WHERE seq > ${seq}`)
    await chainAnew(seq + 1, chainStart('run_1'))
    expect(await kinds(ours)).not.toEqual([])
  })

  test('nor all of it: its seals speak of hashes', async () => {
    database.exec(EDIT)
    database.exec('UPDATE events SET hash = NULL')
    database.exec('UPDATE runs SET hash = NULL, chained_from = head + 1')
    expect(await kinds(ours)).toContain('rewritten')
    database.exec('DELETE FROM seals')
    expect(await kinds(ours)).toEqual(['seal'])
  })
})

describe('a seal', () => {
  test('by another key does not stand for ours', async () => {
    database.exec(EDIT)
    await chainAnew(1, chainStart('run_1'))
    const log = await store.readChain('run_1')
    const end = log?.events.at(-1)
    const sign = createSigner(THEIRS.pem)
    const { signature, publicKey } = sign({
      run: 'run_1',
      seq: end?.seq ?? 0,
      hash: end?.hash ?? '',
    })
    database.exec('DELETE FROM seals')
    const insert = 'INSERT INTO seals VALUES (?, ?, ?, ?, ?)'
    const hash = Buffer.from(end?.hash ?? '', 'hex')
    database.prepare(insert).run('run_1', end?.seq ?? 0, hash, signature, publicKey)
    expect(await kinds(ours)).toEqual(['seal'])
    // Under the name of our key it is not signed.
    database.prepare('UPDATE seals SET public_key = ?').run(OURS.publicKey)
    expect(await kinds(ours)).toContain('seal')
  })
})

describe('events of two runs', () => {
  const swap = (): void => {
    database.exec('PRAGMA foreign_keys = OFF')
    for (const [from, to] of [
      [1, 9],
      [2, 1],
      [9, 2],
    ]) {
      database.exec(`UPDATE events SET run = ${to} WHERE run = ${from}`)
    }
  }
  test('do not change places, with or without their rows', async () => {
    await run('run_2', 'other')
    swap()
    expect(await kinds()).not.toEqual([])
    swap()
    expect(await kinds(ours)).toEqual([])
    database.exec("UPDATE runs SET run = 'x' WHERE key = 1")
    database.exec("UPDATE runs SET run = 'run_1' WHERE key = 2")
    expect(await kinds(ours)).not.toEqual([])
    expect(await kinds({}, 'x')).not.toEqual([])
  })
})

describe("a run's row", () => {
  test.each([
    ["reason = 'needs_approval'", /says needs_approval/],
    ['reason = NULL', /says nothing/],
    ["digest = 'sha256:0'", /sha256:0/],
    ["workflow = 'another'", /another/],
    ["step = 'elsewhere'", /elsewhere/],
  ])('that says %s is held against the log', async (change, message) => {
    database.exec(`UPDATE runs SET ${change}`)
    expect(await kinds({ ...ours })).toEqual(['head'])
    const found = await auditRun(store, { run: 'run_1' })
    expect(found?.damage).toMatchObject([{ kind: 'head', message: expect.stringMatching(message) }])
  })
})

describe('the definition that the store keeps', () => {
  const pay = { about: 'Pay', input: { type: 'object' } }
  const strict: WorkflowSpec = {
    workflow: 'w',
    gates: { large: { on: 'pay', allow: 'false', else: 'approve' } },
    steps: { act: { prompt: 'Act.', tools: ['pay'] } },
  }

  test('lets no held call go when its gates, and what was kept of them, are edited away', async () => {
    let paid = 0
    const tools = { pay: { ...pay, execute: () => ++paid } }
    const parsed = parseScript([{ call: 'pay', args: {} }, { text: 'done' }])
    const mind = scriptedMind(parsed.ok ? parsed.script : [])
    const runtime = createRuntime({ store, mind, tools, env: {} })
    const held = await runtime.start(strict, { id: 'held' })
    expect((await held.done).reason).toBe('needs_approval')
    await (
      await runtime.start({ ...strict, gates: {} }, { id: 'open' })
    ).done
    const [kept, open] = [await store.find('held'), await store.find('open')]
    paid = 0
    database
      .prepare(
        `UPDATE definitions SET definition = (SELECT definition FROM definitions WHERE digest = ?)
         WHERE digest = ?`,
      )
      .run(open?.digest ?? '', kept?.digest ?? '')
    const again = await createRuntime({ store, mind, tools, env: {} }).open('held')
    await expect(again.resume()).rejects.toMatchObject({ code: 'definition_changed' })
    expect(paid).toBe(0)
  })
})
