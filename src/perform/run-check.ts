import type { RunCheck } from '../core/decide/effect.ts'
import { gateContext } from '../core/decide/context.ts'
import type { EventBody } from '../core/log/event.ts'
import type { Json } from '../core/spec/json.ts'
import { messageOf } from '../core/spec/message-of.ts'
import type { CheckContext } from '../tool/check.ts'
import { callIn, withArtifacts } from './artifact/artifact-references.ts'
import { withinDeadline } from './deadline.ts'
import type { World } from './world.ts'

const MAX_REASON_CHARS = 1_000

/** Asks the function of a gate about a call; whatever is no clear answer is a failure (Law 4). */
export async function runCheck(effect: RunCheck, world: World): Promise<EventBody> {
  const { gate, timeoutMs } = effect
  const check = world.checks.get(gate)
  if (check === undefined)
    return failed(effect, 'NO_CHECK', `nothing answers for gate ${gate} here`)
  const call = callIn(world.state, effect.call)
  // A function reads what will be sent: also the content of artifacts.
  const handed = call?.artifacts ?? []
  const given = await withArtifacts(call?.args ?? null, { handed, world })
  if (!given.ok) return failed(effect, given.error.code, given.error.message)
  const context = contextOf({ tool: call?.tool ?? '', args: given.args }, world)
  // Read within the same bounds: an answer may be an object whose members throw.
  const answer = await withinDeadline(
    async (signal) => readAnswer(await check({ ...context, signal })),
    { timeoutMs, signal: world.signal },
  )
  if (!answer.ok) {
    switch (answer.givenUp) {
      case 'timeout':
        return failed(effect, 'TIMEOUT', `no answer within ${timeoutMs / 1000} s`)
      case 'aborted':
        return failed(effect, 'ABORTED', 'the check was aborted')
      case null:
        return failed(effect, 'CHECK_ERROR', messageOf(answer.error))
    }
  }
  if (answer.value === null) {
    return failed(effect, 'NO_BOOLEAN', 'it answered neither true nor false')
  }
  return { type: 'check.answered', call: effect.call, gate, ...answer.value }
}

/** A copy: what a check changes in it changes nothing here. */
function contextOf(
  { tool, args: given }: { readonly tool: string; readonly args: Json },
  { plan, state }: World,
): Omit<CheckContext, 'signal'> {
  const { args, input, user, tools, calls, session, now } = gateContext(plan, state, given)
  return structuredClone({ tool, args, input, user, tools, calls, session, now })
}

function readAnswer(value: unknown): { readonly holds: boolean; readonly reason: string } | null {
  if (typeof value === 'boolean') return { holds: value, reason: '' }
  if (typeof value !== 'object' || value === null) return null
  const holds: unknown = Reflect.get(value, 'holds')
  const reason: unknown = Reflect.get(value, 'reason')
  if (typeof holds !== 'boolean') return null
  return { holds, reason: typeof reason === 'string' ? reason.slice(0, MAX_REASON_CHARS) : '' }
}

function failed(effect: RunCheck, code: string, message: string): EventBody {
  return { type: 'check.failed', call: effect.call, gate: effect.gate, error: { code, message } }
}
