import { digestOf } from '../spec/digest.ts'
import { canonicalJson, type Json } from '../spec/json.ts'

/** Hash of a call's canonical arguments: what grants and confirmations are bound to (Law 8). */
export function argumentsHash(args: Json): string {
  return digestOf(asLogged(args))
}

/** Names exactly this tool with exactly these arguments. */
export function confirmationKey(tool: string, args: Json): string {
  return digestOf([tool, canonicalJson(asLogged(args))])
}

/** What a log would hold of it: a number that JSON has no word for (1e400) comes back as null. */
function asLogged(args: Json): Json {
  try {
    canonicalJson(args)
    return args
  } catch {
    return JSON.parse(JSON.stringify(args))
  }
}
