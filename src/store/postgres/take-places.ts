import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'
import { decodeInteger } from '../decode-row.ts'
import type { Claim, Place } from '../store.ts'
import { advisoryKey } from './advisory-key.ts'
import type { Ask } from './database.ts'

/**
 * Takes all places of a claim, or none and says which is full (`limit`); inside a transaction, in
 * which no other one of the family is served.
 */
export async function takePlaces(
  { family, run, call, places }: Claim,
  {
    ask,
    client,
    schema,
  }: { readonly ask: Ask; readonly client: ClientBase; readonly schema: string },
): Promise<Place | null> {
  const lock = advisoryKey('places', schema, family)
  await client.query('SELECT pg_advisory_xact_lock($1::bigint)', [lock])
  for (const { gate, key, calls } of places) {
    const [row] = await ask('countPlaces', [family, gate, hashOf(key), run, call])
    if (row !== undefined && decodeInteger(row, 'taken') >= calls) return { gate, key }
  }
  for (const { gate, key } of places) {
    await ask('takePlace', [family, gate, hashOf(key), run, call, key])
  }
  return null
}

function hashOf(key: string): Uint8Array {
  return createHash('sha256').update(key).digest()
}
