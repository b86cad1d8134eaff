import type { BatchCall } from '../../log/call.ts'
import { readPointer, type HandedArtifact } from '../../log/reference.ts'
import type { JsonObject } from '../../spec/json.ts'
import type { JsonPath } from '../../spec/path/json-path.ts'
import type { PlanGate } from '../../spec/plan.ts'
import { failed, undecidable, type Objection } from '../gate/objection.ts'

/*
 * What a gate says of arguments that are handed an artifact. Its content is in no state, so a rule
 * that would read it does not take the reference in its place: it fails closed (Law 4). Only a `from`
 * that names `$.artifacts` means the reference itself; the function of a `check` reads the content.
 */

/** The rules of a gate that cannot hold because they would read an artifact's content. */
export function unseenArtifacts(
  gate: PlanGate,
  on: { readonly call: BatchCall; readonly context: JsonObject },
): readonly Objection[] {
  return on.call.artifacts.flatMap((handed) => unseen(gate, handed, on.context))
}

function unseen(gate: PlanGate, handed: HandedArtifact, context: JsonObject): readonly Objection[] {
  const { allow, from, limit, clean } = gate
  const names = readPointer(handed.at) ?? []
  const reads = (path: JsonPath): boolean => mayReach(path, names)
  const found: Objection[] = []
  const why = `is handed ${handed.ref}, whose content this rule does not see`
  const read = allow?.paths.find(reads)
  if (read !== undefined) {
    const reason = `cannot be decided (${read.text} ${why}): ${allow?.source ?? ''}`
    found.push(undecidable('allow', reason))
  }
  for (const { argument, sources } of from.filter((entry) => reads(entry.argument))) {
    const known = sources.filter(isOfArtifacts).flatMap((source) => source.select(context))
    if (known.includes(handed.ref)) continue
    const said = sources.map((source) => source.text).join(' or ')
    found.push(failed(`from ${argument.text}`, `${handed.ref} is not what ${said} gives`))
  }
  const per = limit?.per ?? null
  if (per !== null && reads(per)) {
    found.push(undecidable('limit', `${per.text} ${why}`))
  }
  for (const argument of clean.filter(reads)) {
    found.push(failed(`clean ${argument.text}`, `${argument.text} ${why}`))
  }
  return found
}

function isOfArtifacts({ root }: JsonPath): boolean {
  return root === 'artifacts'
}

/** False only where a path surely reads neither that argument nor one around or below it. */
function mayReach(path: JsonPath, names: readonly string[]): boolean {
  const { roots, leading, text } = path
  if (roots !== null && !roots.has('args')) return false
  const [root, ...way] = leading
  // A second `$` is a filter's: it may lead anywhere.
  if (root !== 'args' || text.indexOf('$', 1) >= 0) return true
  const parts = way.some((part, index) => {
    const name = names[index]
    const fromEnd = typeof part === 'number' && part < 0
    return name !== undefined && !fromEnd && String(part) !== name
  })
  return !parts
}
