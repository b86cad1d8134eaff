import { messageOf } from '../../core/spec/message-of.ts'
import { StoreError } from '../store.ts'

/** SQLite's primary result codes that a person can do something about. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [5, 'another process kept it locked for too long'],
  [8, 'it may not be written'],
  [10, 'the disk failed'],
  [11, 'it is damaged'],
  [13, 'the disk is full'],
  [14, 'it cannot be opened; is it a folder, or a place that may not be written?'],
  [26, 'it is not a SQLite database'],
])

/** Makes a StoreError of whatever was thrown, naming the file; a StoreError stays as it is. */
export function toStoreError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error
  const said = messageOf(error)
  const meaning = MEANINGS.get((sqliteCode(error) ?? 0) & 0xff)
  const message = meaning === undefined ? said : `${meaning} (${said})`
  return new StoreError('failed', `${path}: ${message}`, { cause: error })
}

/** Somebody else drives the run, or nobody does. */
export function leaseLost(run: string): StoreError {
  return new StoreError('lease_lost', `The lease of run ${run} is not held any more`)
}

/** True when SQLite gave up because somebody else holds the file. */
export function isBusy(error: unknown): boolean {
  return ((sqliteCode(error) ?? 0) & 0xff) === 5
}

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode : undefined
}
