import { chainOnto, chainStart, toLink } from '../chain/chain.ts'
import type { LogEnd, Seal } from '../chain/seal.ts'
import { decodeHexOrNull, decodeInteger, decodeTextOrNull } from '../decode-row.ts'
import { StoreError, type Append, type Appended } from '../store.ts'
import type { Ask, Values } from './database.ts'
import type { Hold } from './lock-session.ts'
import { leaseLost } from './postgres-error.ts'
import { tryAgain } from './try-again.ts'

/**
 * Writes an append under the token of its holder (Law 18). A connection that is lost on the way is
 * replaced and the same is written again: only where the log still ends as expected, so that it is
 * there once, whatever became of the first try. Rejects with `conflict`, `lease_lost`, or what the
 * server or `pg` said.
 */
export async function writeAppend(ask: Ask, held: Hold, append: Append): Promise<Appended> {
  const { expected } = append
  const { lost } = held.session
  if (lost.aborted) throw leaseLost(held.run)
  if (held.end.seq !== expected) held.end = await readEnd(ask, held, expected)
  const chained = chainOnto(held.end.hash, append.events.map(toLink))
  const end: LogEnd = {
    run: held.run,
    seq: expected + chained.length,
    hash: chained.at(-1)?.hash ?? '',
  }
  const values = [
    held.key,
    expected,
    held.token,
    ...headValues(append, end),
    chained.map(({ text }) => text),
    chained.map(({ hash }) => hash),
    ...sealValues(append.sign?.(end)),
  ]
  const appended = await tryAgain(
    () => writeOnce(ask, held, { values, end, expected }),
    lost,
  ).catch((error: unknown) => {
    // Whether it was written is not known; nobody may go on as if it was not.
    throw lost.aborted && !(error instanceof StoreError) ? leaseLost(held.run, error) : error
  })
  held.end = end
  return appended
}

async function writeOnce(
  ask: Ask,
  held: Hold,
  {
    values,
    end,
    expected,
  }: { readonly values: Values; readonly end: LogEnd; readonly expected: number },
): Promise<Appended> {
  const [row] = await ask('append', values)
  if (row !== undefined) return { cancelRequested: decodeInteger(row, 'cancel_requested') === 1 }
  const place = await readPlace(ask, held)
  // A try whose answer was lost had written it: the hash speaks for these events and all before.
  if (place.seq === end.seq && place.hash === end.hash) {
    return { cancelRequested: place.cancelRequested }
  }
  throw conflict(held.run, { ends: place.seq, expected })
}

/** Where the log ends, when that is not where this holder left it: after a write of unknown outcome. */
async function readEnd(ask: Ask, held: Hold, expected: number): Promise<LogEnd> {
  const { seq, hash } = await readPlace(ask, held)
  if (seq !== expected) throw conflict(held.run, { ends: seq, expected })
  return { run: held.run, seq, hash: hash ?? chainStart(held.run) }
}

/** The run's row; rejects with `lease_lost` when it shows another's token, or is gone. */
async function readPlace(ask: Ask, { run, key, token }: Hold) {
  const [row] = await ask('readPlace', [key])
  if (row === undefined || decodeTextOrNull(row, 'holder') !== token) throw leaseLost(run)
  return {
    seq: decodeInteger(row, 'head'),
    hash: decodeHexOrNull(row, 'hash'),
    cancelRequested: decodeInteger(row, 'cancel_requested') === 1,
  }
}

function headValues({ head, events }: Append, end: LogEnd): Values {
  const createdAt = events[0]?.at ?? 0
  const { workflow, digest, source, reason, step } = head
  const updatedAt = events.at(-1)?.at ?? createdAt
  return [end.seq, end.hash, workflow, digest, source, reason, step, createdAt, updatedAt]
}

function sealValues(seal: Seal | undefined): Values {
  return seal === undefined ? [null, null] : [seal.signature, seal.publicKey]
}

function conflict(
  run: string,
  at: { readonly ends: number; readonly expected: number },
): StoreError {
  return new StoreError('conflict', `Run ${run} ends at ${at.ends}, not at ${at.expected}`)
}
