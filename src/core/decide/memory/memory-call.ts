import type { GateOutcome } from '../../log/event.ts'
import { isJsonObject, ownValue } from '../../spec/json.ts'
import { refuse, type KnownQuestion } from '../gate/question.ts'
import { recordOf } from './record.ts'

/**
 * Why a call of `recall` or `memorize` may not be made; null where it may, and for other tools. A run
 * whose memory is somebody's reads and writes no other: a model could be talked into naming one.
 */
export function memoryRefusal({ plan, state, call, tool }: KnownQuestion): GateOutcome | null {
  if (tool.kind !== 'recall' && tool.kind !== 'memorize') return null
  const whose = recordOf(plan, state)
  if (whose?.ok === false) return refuse('memory', whose.message)
  const named = isJsonObject(call.args) ? ownValue(call.args, 'record') : undefined
  if (whose === null) {
    if (named !== undefined || tool.kind === 'recall') return null
    return refuse('memory', '`record` is missing: this workflow has no `memory.record`')
  }
  if (named === undefined || named === whose.record) return null
  return refuse('memory', `the memory of this run is ${JSON.stringify(whose.record)} alone`)
}
