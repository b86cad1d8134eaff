import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { logOf, planOf } from '../core/given.ts'
import type { EventBody } from '../core/log/event.ts'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { canonicalText, chainHash, chainStart } from '../store/chain/chain.ts'
import { readPublicKey } from '../store/chain/seal.ts'
import { sqliteStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { auditRun, type Audit, type Evidence } from './audit.ts'
import { createRuntime } from './runtime.ts'
import type { RuntimeOptions } from './runtime-options.ts'
import { startEvents } from './start-events.ts'

const KEY = makeKey()
const OTHER = makeKey()
const RUN = 'run_1'

function makeKey(): { readonly pem: string; readonly publicKey: string } {
  const pair = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return { pem: pair.privateKey, publicKey: readPublicKey(pair.publicKey) }
}

let folder: string
let store: Store
let database: DatabaseSync

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-audit-'))
  store = sqliteStore(join(folder, 'runs.db'))
  database = new DatabaseSync(join(folder, 'runs.db'))
})

afterEach(async () => {
  database.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A run of two turns; both of its rests are sealed where there is a key. */
async function run(options: Pick<RuntimeOptions, 'signingKey' | 'env'> = {}): Promise<void> {
  const parsed = parseScript([{ text: 'one' }, { text: 'two' }])
  if (!parsed.ok) throw new Error('the script is wrong')
  const runtime = createRuntime({ store, mind: scriptedMind(parsed.script), env: {}, ...options })
  const spec = { workflow: 'w', steps: { talk: { prompt: 'Talk: {{message}}' } } }
  const started = await runtime.start(spec, { id: RUN, input: { message: 'hello' } })
  await started.done
  await started.send('go on')
}

async function audit(evidence: Evidence = {}): Promise<Audit> {
  const found = await auditRun(store, { run: RUN, ...evidence })
  if (found === null) throw new Error('the run is gone')
  return found
}

async function kinds(evidence: Evidence = {}): Promise<readonly string[]> {
  return (await audit(evidence)).damage.map(({ kind }) => kind)
}

/** What somebody who knows how can do: change events and make the whole chain anew, with its head. */
async function forge(change: (text: string, seq: number) => string | null): Promise<void> {
  const log = await store.readChain(RUN)
  let hash = chainStart(RUN)
  const rewrite = database.prepare('UPDATE events SET event = ?, hash = ? WHERE seq = ?')
  for (const { seq, text } of log?.events ?? []) {
    const changed = change(text, seq)
    if (changed === null) {
      database.prepare('DELETE FROM events WHERE seq >= ?').run(seq)
      database.prepare('UPDATE runs SET head = ?, hash = ?').run(seq - 1, Buffer.from(hash, 'hex'))
      return
    }
    hash = chainHash(hash, canonicalText(changed))
    rewrite.run(changed, Buffer.from(hash, 'hex'), seq)
  }
  database.prepare('UPDATE runs SET hash = ?').run(Buffer.from(hash, 'hex'))
}

const theirs = { publicKey: KEY.publicKey }

describe('an audit', () => {
  test('of a run that nobody knows is none', async () => {
    expect(await auditRun(store, { run: 'nope' })).toBeNull()
  })

  test('finds a run clean, and says what it could not look at', async () => {
    await run()
    expect(await audit()).toMatchObject({ damage: [], seals: 0, keys: [] })
    expect((await audit()).notes.join()).toContain('not sealed')
  })

  test('finds one seal at each rest, by its key', async () => {
    await run({ signingKey: KEY.pem })
    const { damage, seals, keys, events, hash, notes } = await audit(theirs)
    expect({ damage, seals, keys, notes }).toEqual({
      damage: [],
      seals: 2,
      keys: [KEY.publicKey],
      notes: [],
    })
    expect((await store.readSeals(RUN)).at(-1)).toMatchObject({ seq: events, hash })
  })

  test('takes the key from the file that the environment names', async () => {
    const file = join(folder, 'key.pem')
    writeFileSync(file, KEY.pem)
    await run({ env: { LOCKSTEP_SIGNING_KEY: file } })
    expect(await kinds(theirs)).toEqual([])
  })

  test('does not start a run that it cannot seal', () => {
    const missing = { LOCKSTEP_SIGNING_KEY: join(folder, 'no.pem') }
    expect(() => createRuntime({ store, env: missing })).toThrow(/no\.pem/)
    const rsa = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    expect(() => createRuntime({ store, signingKey: rsa.privateKey })).toThrow(/rsa, not ed25519/)
    expect(() => createRuntime({ store, signingKey: 'x' })).toThrow(/no key in PEM form/)
  })
})

describe('a seal', () => {
  test('tells of a log that was written anew, hashes and all', async () => {
    await run({ signingKey: KEY.pem })
    await forge((text) => text.replace('hello', 'hullo'))
    expect(await kinds()).toEqual(['rewritten', 'rewritten'])
    database.exec('DELETE FROM seals')
    // Without a seal the forgery is whole: that is what the key is for.
    expect(await kinds()).toEqual([])
    expect(await kinds(theirs)).toEqual(['seal'])
  })

  test('tells of a log that was cut off with the row of its run', async () => {
    await run({ signingKey: KEY.pem })
    const { events } = await audit()
    await forge((text, seq) => (seq > events - 2 ? null : text))
    // The row still says for what the run rested.
    expect(await kinds()).toEqual(['head', 'truncated'])
  })

  test('a hash that was noted tells of a cut that took the seals as well', async () => {
    await run({ signingKey: KEY.pem })
    const { hash, events } = await audit()
    const [first] = await store.readSeals(RUN)
    const noted = hash ?? ''
    expect(await kinds({ ...theirs, noted })).toEqual([])
    expect(await kinds({ noted: first?.hash ?? '' })).toEqual([])
    await forge((text, seq) => (seq > (first?.seq ?? events) ? null : text))
    database.prepare('DELETE FROM seals WHERE seq > ?').run(first?.seq ?? 0)
    expect(await kinds(theirs)).toEqual([])
    expect(await kinds({ ...theirs, noted })).toEqual(['rewritten'])
  })

  test('is owed by a fork for its own rests, not for those that it copied', async () => {
    const lease = await store.tryAcquire(RUN)
    if (lease === null) throw new Error('the lease is taken')
    const fork = { run: RUN, from: 'run_0', position: 3, family: 'run_0', by: null } as const
    const plan = planOf({ workflow: 'w', steps: { a: { prompt: 'A' } } })
    const bodies: readonly EventBody[] = [
      ...startEvents(plan, {
        id: 'run_0',
        input: {},
        session: {},
      }),
      { type: 'run.rested', reason: 'completed', message: '' },
      { type: 'run.forked', ...fork },
    ]
    const { digest } = plan
    const head = { workflow: 'w', digest, source: null, reason: 'completed', step: null } as const
    const at = { lease, head, sync: false }
    await store.append({ ...at, expected: 0, events: logOf(bodies) })
    expect(await kinds(theirs)).toEqual([])
    const rest: EventBody = { type: 'run.rested', reason: 'cancelled', message: '' }
    await store.append({
      ...at,
      head: { ...head, reason: 'cancelled' },
      expected: 4,
      events: [{ v: 1, seq: 5, at: 9, ...rest }],
    })
    expect(await kinds(theirs)).toEqual(['seal'])
  })

  test('of somebody else does not count', async () => {
    await run({ signingKey: OTHER.pem })
    expect(await kinds()).toEqual([])
    const found = await audit(theirs)
    expect(found.damage.map(({ kind }) => kind)).toEqual(['seal'])
    expect(found.notes.join()).toContain('2 seals by other keys')
  })

  test('that was changed, or moved from another run, was not made by its key', async () => {
    await run({ signingKey: KEY.pem })
    database.exec("UPDATE seals SET signature = 'AAAA' WHERE seq = (SELECT max(seq) FROM seals)")
    expect(await kinds(theirs)).toEqual(['seal'])
    database.exec("UPDATE seals SET run = 'run_0'")
    expect(await kinds(theirs)).toEqual(['seal'])
    database.exec(
      `INSERT INTO seals SELECT '${RUN}', 1, hash, signature, public_key FROM seals LIMIT 1`,
    )
    expect(await kinds()).toEqual(['seal'])
  })
})
