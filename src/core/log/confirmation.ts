import { digestOf } from '../spec/digest.ts'
import { canonicalJson, type Json } from '../spec/json.ts'

/** Hash of a call's canonical arguments: what grants and confirmations are bound to (Law 8). */
export function argumentsHash(args: Json): string {
  return digestOf(args)
}

/** Names exactly this tool with exactly these arguments. */
export function confirmationKey(tool: string, args: Json): string {
  return digestOf([tool, canonicalJson(args)])
}
