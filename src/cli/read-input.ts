import { messageOf } from '../core/spec/message-of.ts'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { isJsonObject, ownValue, type Json, type JsonObject } from '../core/spec/json.ts'
import { readDocument } from '../dialect/document.ts'
import { UsageError } from './usage-error.ts'

/*
 * Values on the command line: JSON, a file, `key=value`, or plain words.
 */

const KEY_VALUE = /^([A-Za-z_][\w-]*)=([\s\S]*)$/

/** Gathers an option that may come more than once (for commander). */
export function collectOption(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/**
 * Reads an object from what was typed: `{"a":1}`, `@file` (JSON or YAML; `@-` is stdin), `key=value`
 * once per key, or plain words, which become `message`. Later entries win. A value is JSON where it
 * reads as such, unless `schema` wants a string there.
 */
export async function readInput(
  given: readonly string[],
  options: { readonly option: string; readonly schema?: JsonObject | undefined },
): Promise<JsonObject> {
  let input: JsonObject = {}
  for (const each of given) {
    const pair = KEY_VALUE.exec(each)
    if (each.startsWith('@') || each.trimStart().startsWith('{')) {
      input = { ...input, ...asObject(await readValue(each, options.option), options.option) }
    } else if (pair === null) {
      input = { ...input, message: each }
    } else {
      const [, key = '', value = ''] = pair
      input = { ...input, [key]: wantsText(options.schema, key) ? value : jsonOrText(value) }
    }
  }
  return input
}

/** Reads JSON, or what `@file` holds. Throws a UsageError that names the option. */
export async function readValue(given: string, option: string): Promise<unknown> {
  if (!given.startsWith('@')) return parseJson(given, option)
  const file = given.slice(1)
  if (file !== '-' && !existsSync(file)) throw new UsageError(`${option}: there is no file ${file}`)
  try {
    const text = file === '-' ? await readAll(process.stdin) : await readFile(file, 'utf8')
    return parseFile(text, { option, from: file === '-' ? 'stdin' : file })
  } catch (error) {
    if (error instanceof UsageError) throw error
    const message = messageOf(error)
    throw new UsageError(`${option}: cannot read ${file}: ${message}`, { cause: error })
  }
}

function parseJson(text: string, option: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`${option}: not JSON: ${message}`, { cause })
  }
}

function parseFile(
  text: string,
  place: { readonly option: string; readonly from: string },
): unknown {
  const document = readDocument(text)
  if (document.ok) return document.value
  const { line, column, message } = document.issues[0] ?? { line: 1, column: 1, message: '' }
  throw new UsageError(`${place.option}: ${place.from}:${line}:${column}: ${message}`)
}

function asObject(value: unknown, option: string): JsonObject {
  if (isJsonObject(value)) return value
  throw new UsageError(`${option} must be an object`, {
    advice: `for example: ${option} '{"message":"Hello"}', ${option} message=Hello, or ${option} @file.json`,
  })
}

function wantsText(schema: JsonObject | undefined, key: string): boolean {
  const properties = schema === undefined ? undefined : ownValue(schema, 'properties')
  const property = isJsonObject(properties) ? ownValue(properties, key) : undefined
  return isJsonObject(property) && property['type'] === 'string'
}

function jsonOrText(text: string): Json {
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch {
    return text
  }
}
