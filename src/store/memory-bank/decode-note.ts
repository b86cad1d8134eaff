import type { NoteSource } from '../../core/log/memory.ts'
import { isJsonObject, type Json } from '../../core/spec/json.ts'
import { MemoryBankError, type MemoryItem } from './memory-bank.ts'

/*
 * What a database gives for a note, as the port has it. Nothing is believed: a column that holds what
 * it cannot is a MemoryBankError `failed`, for every adapter that keeps rows.
 */

/** What a statement gives for a row, by column. */
export type Row = Readonly<Record<string, unknown>>

const KINDS = ['memorize', 'tool-result', 'message', 'output'] as const

/** Reads a row with tenant, id, record, at, text, source and tags (both JSON texts). */
export function decodeNote(row: Row): MemoryItem {
  const tags = row['tags'] === null ? null : parse(row, 'tags')
  return {
    tenant: decodeText(row, 'tenant'),
    id: decodeText(row, 'id'),
    record: decodeText(row, 'record'),
    at: decodeNumber(row, 'at'),
    text: decodeText(row, 'text'),
    source: decodeSource(parse(row, 'source')),
    ...(Array.isArray(tags) ? { tags: tags.map(String) } : {}),
  }
}

export function decodeText(row: Row, column: string): string {
  const value = row[column]
  return typeof value === 'string' ? value : misfit(column)
}

export function decodeNumber(row: Row, column: string): number {
  const value = row[column]
  return typeof value === 'number' ? value : misfit(column)
}

/** Reads a vector as 32-bit floats; a copy, since a database's bytes need not lie on a boundary. */
export function decodeVector(row: Row): Float32Array {
  const value = row['vector']
  if (!(value instanceof Uint8Array) || value.byteLength % 4 !== 0) return misfit('vector')
  return new Float32Array(Uint8Array.from(value).buffer)
}

function decodeSource(value: Json): NoteSource {
  if (!isJsonObject(value)) return misfit('source')
  const { run, call, tool } = value
  const kind = KINDS.find((each) => each === value['kind'])
  if (typeof run !== 'string' || kind === undefined) return misfit('source')
  return {
    run,
    kind,
    ...(typeof call === 'string' ? { call } : {}),
    ...(typeof tool === 'string' ? { tool } : {}),
  }
}

function parse(row: Row, column: string): Json {
  try {
    const value: Json = JSON.parse(decodeText(row, column))
    return value
  } catch {
    return misfit(column)
  }
}

function misfit(column: string): never {
  throw new MemoryBankError('failed', `the memory holds something unexpected in ${column}`)
}
