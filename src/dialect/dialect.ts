import { isJsonObject, type JsonObject } from '../core/spec/json.ts'
import { readJson } from '../core/spec/read-json.ts'
import type { Dialect } from './canonical.ts'
import { personizeDialect } from './personize/personize.ts'
import { vectaraDialect } from './vectara/vectara.ts'

const DIALECTS: readonly Dialect[] = [vectaraDialect, personizeDialect]

/** A document in a dialect. */
export interface DialectDocument {
  readonly dialect: Dialect
  readonly value: JsonObject
}

/**
 * Recognises a document of one of the seeds' own formats (DESIGN §3) by its keys; null for the
 * canonical one and for everything else, which parseSpec judges. Total; the value is copied.
 */
export function recogniseDialect(value: unknown): DialectDocument | null {
  if (isCanonical(value)) return null
  const read = readJson(value)
  if (!read.ok || !isJsonObject(read.value)) return null
  const document = read.value
  const dialect = DIALECTS.find(({ isWritten }) => isWritten(document))
  return dialect === undefined ? null : { dialect, value: document }
}

/** Spares the copy for a workflow that names itself one, as nearly all do. */
function isCanonical(value: unknown): boolean {
  try {
    return isJsonObject(value) && Object.hasOwn(value, 'workflow')
  } catch {
    // A proxy that throws is parseSpec's to refuse.
    return true
  }
}
