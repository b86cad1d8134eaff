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

/**
 * The same for one branch: a confirmation is for a call of the run itself, or of the one sub-run that
 * asked for it, whatever else calls a tool of that name (Law 8). `key` is a `confirmationKey`.
 */
export function confirmationIn(branch: string, key: string): string {
  return branch === '' ? key : `${key} in ${branch}`
}

/**
 * Takes one confirmation away, in the draft of a fold. A log from before sub-runs had their own says
 * only the key.
 */
export function useConfirmation(
  given: Map<string, number>,
  used: { readonly branch: string; readonly key: string },
): void {
  const own = confirmationIn(used.branch, used.key)
  const key = given.has(own) ? own : used.key
  const left = (given.get(key) ?? 0) - 1
  if (left > 0) given.set(key, left)
  else given.delete(key)
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
