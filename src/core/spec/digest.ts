import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { canonicalJson, type Json } from './json.ts'

/** SHA-256 of a value's canonical JSON, as `sha256:` and 64 hex digits. */
export function digestOf(value: Json): string {
  return `sha256:${sha256Hex(canonicalJson(value))}`
}

/** SHA-256 of a text's UTF-8 bytes, in hex. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)))
}
