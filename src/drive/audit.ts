import { isSignedByItsKey, type Seal } from '../store/chain/seal.ts'
import { damage, type Damage } from '../store/chain/damage.ts'
import { StoreError, type ChainedLog, type RunRow, type Store } from '../store/store.ts'
import { verifyLog } from '../store/chain/verify-log.ts'
import { verifyRow } from '../store/chain/verify-row.ts'

/*
 * An audit of one run: its log and its seals out of the store in, what is wrong with them and what
 * cannot be said out.
 */

/** What an audit holds a log against, beside itself. */
export interface Evidence {
  /** Whose seals count, as seals name keys (`readPublicKey`); any seal's own key where absent. */
  readonly publicKey?: string
  /** A hash of the log's end as somebody noted it, outside of the store. */
  readonly noted?: string
}

/** What came of it. */
export interface Audit {
  readonly run: string
  readonly events: number
  /** The hash of the last event; null for a log without a chain. */
  readonly hash: string | null
  /** Seals that were looked at. */
  readonly seals: number
  /** Keys that made them, newest last. */
  readonly keys: readonly string[]
  /** Nothing when the log is clean. */
  readonly damage: readonly Damage[]
  /** What an audit could not look at, in words. */
  readonly notes: readonly string[]
}

/**
 * Verifies a run's log, its chain and its seals (S1.17). Null for an unknown run. Without a seal by a
 * known key, or a noted hash, a log that was written anew from some event on, or cut at its end
 * together with the run's row, is not told from a true one.
 */
export async function auditRun(
  store: Store,
  about: Evidence & { readonly run: string },
): Promise<Audit | null> {
  try {
    // Seals first: what is appended in between has its seal looked at next time.
    const seals = await store.readSeals(about.run)
    const log = await store.readChain(about.run)
    const row = await store.find(about.run)
    return log === null ? null : audit(log, { seals, row }, about)
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'failed') throw error
    const found = damage('unreadable', { seq: 1, message: error.message })
    const nothing = { events: 0, hash: null, seals: 0, keys: [], notes: [] }
    return { run: about.run, ...nothing, damage: [found] }
  }
}

function audit(
  log: ChainedLog,
  beside: { readonly seals: readonly Seal[]; readonly row: RunRow | null },
  { publicKey, noted }: Evidence,
): Audit {
  const { seals: all, row } = beside
  const counted = publicKey === undefined ? all : all.filter((seal) => seal.publicKey === publicKey)
  const own = verifyLog(log)
  const found = [
    ...own,
    ...(own.length > 0 || row === null ? [] : verifyRow(log, row)),
    ...counted.flatMap((seal) => checkSeal(log, seal)),
    ...(publicKey === undefined ? [] : findUnsealed(log, counted)),
    ...(noted === undefined ? [] : findNoted(log, noted)),
  ]
  return {
    run: log.run,
    events: log.events.length,
    hash: log.events.at(-1)?.hash ?? null,
    seals: counted.length,
    keys: [...new Set(counted.map((seal) => seal.publicKey))],
    damage: found,
    notes: notesOn(log, { counted, others: all.length - counted.length, publicKey }),
  }
}

function checkSeal(log: ChainedLog, seal: Seal): readonly Damage[] {
  const { seq } = seal
  if (!isSignedByItsKey(seal)) {
    const message = `the seal at event ${seq} was not made by the key that it names, or not for this`
    return [damage('seal', { seq, message })]
  }
  const end = log.events.at(-1)?.seq ?? 0
  if (seq > end) {
    const message = `the log was sealed at event ${seq} and now ends at ${end}`
    return [damage('truncated', { seq: end + 1, to: seq, message })]
  }
  const event = log.events.find((each) => each.seq === seq)
  if (event?.hash === seal.hash) return []
  const message = `event ${seq} is not the one that was sealed: the log up to it was written anew`
  return [damage('rewritten', { seq, message })]
}

/** A log whose key is known is sealed at each of its rests. */
function findUnsealed(log: ChainedLog, counted: readonly Seal[]): readonly Damage[] {
  const seq = lastRest(log)
  const newest = counted.at(-1)?.seq ?? 0
  if (seq <= newest) return []
  const seals =
    newest === 0 ? 'it has no seal by this key' : `its newest seal is at event ${newest}`
  const message = `the run rested at event ${seq}, but ${seals}: it ran without the key, or somebody wrote to the log or took seals away`
  return [damage('seal', { seq: newest + 1, to: seq, message })]
}

/**
 * The last event at which the run itself, no sub-run, came to rest; 0 for none. Those that a fork
 * copied were the other run's.
 */
function lastRest(log: ChainedLog): number {
  for (const { text, seq } of log.events.toReversed()) {
    try {
      const event: unknown = JSON.parse(text)
      if (typeof event !== 'object' || event === null || 'branch' in event) continue
      if ('type' in event && event.type === 'run.rested') return seq
      if ('type' in event && event.type === 'run.forked') return 0
    } catch {
      // verifyLog names it.
    }
  }
  return 0
}

function findNoted(log: ChainedLog, noted: string): readonly Damage[] {
  if (log.events.some(({ hash }) => hash === noted)) return []
  const seq = log.events.at(-1)?.seq ?? 1
  const message = `no event has the hash that was noted: the log was cut off before it, or written anew`
  return [damage('rewritten', { seq, message })]
}

function notesOn(
  log: ChainedLog,
  seals: {
    readonly counted: readonly Seal[]
    readonly others: number
    readonly publicKey: string | undefined
  },
): readonly string[] {
  const { counted, others, publicKey } = seals
  const notes: string[] = []
  const end = log.events.at(-1)?.seq ?? 0
  const bare = Math.min(log.chainedFrom - 1, end)
  if (bare > 0) {
    notes.push(`unchained before event ${log.chainedFrom}: written before the store kept hashes`)
  }
  const newest = counted.at(-1)?.seq
  if (newest !== undefined && newest < end) {
    notes.push(`events ${newest + 1} to ${end} came after the newest seal`)
  }
  if (newest === undefined && publicKey === undefined) {
    notes.push('not sealed: who can write to the store could have written the whole log anew')
  }
  if (newest !== undefined && publicKey === undefined) {
    notes.push('the seals were held against the keys that they name; --key FILE says whose must be')
  }
  if (others > 0) notes.push(`${others} seals by other keys were left out`)
  return notes
}
