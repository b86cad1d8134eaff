import type { State } from '../../log/state.ts'
import { isJsonObject, type Json, type JsonObject } from '../../spec/json.ts'
import type { JsonPath } from '../../spec/path/json-path.ts'
import type { PlanGate } from '../../spec/plan.ts'
import { isJsonList } from '../../spec/path/json-path-select.ts'

/*
 * Which facts a gate read, for the ledger: the newest few of each thing that it reads.
 */

const MAX_FACTS = 8

interface Reading {
  readonly state: State
  readonly context: JsonObject
}

/** Sequence numbers of the facts that a gate's predicates read, in no order; what it needs counts too. */
export function factsRead(gate: PlanGate, on: Reading): readonly number[] {
  const paths = [
    ...(gate.allow?.paths ?? []),
    ...gate.from.flatMap(({ sources }) => sources),
    ...(gate.limit === null || gate.limit.per === null ? [] : [gate.limit.per]),
  ]
  return [
    ...gate.needs.flatMap((tool) => seqsOf(on.state, tool).slice(-1)),
    ...paths.flatMap((path) => readBy(path, on)),
  ]
}

function readBy(path: JsonPath, on: Reading): readonly number[] {
  const [root, tool, part, which] = path.shape
  if (root === 'calls') {
    const items = path.shape.length < 2 ? on.state.branch.facts : path.items(on.context)
    return items.slice(-MAX_FACTS).flatMap(seqOf)
  }
  if (root !== 'tools' || typeof tool !== 'string') return []
  const seqs = seqsOf(on.state, tool)
  return part === 'outputs' && which === 'latest' ? seqs.slice(-1) : seqs
}

/** The newest successes of a tool. */
function seqsOf(state: State, tool: string): readonly number[] {
  const calls = state.branch.tools[tool]?.['calls']
  const all = isJsonObject(calls) ? calls['all'] : undefined
  return isJsonList(all) ? all.slice(-MAX_FACTS).flatMap(seqOf) : []
}

function seqOf(fact: Json): readonly number[] {
  const seq = isJsonObject(fact) ? fact['seq'] : undefined
  return typeof seq === 'number' ? [seq] : []
}
