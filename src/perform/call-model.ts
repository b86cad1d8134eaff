import { messageOf } from '../core/spec/message-of.ts'
import type { CallModel } from '../core/decide/effect.ts'
import { mindRequest } from '../core/decide/prompt.ts'
import { timeLeft } from '../core/decide/span.ts'
import type { EventBody, Failure } from '../core/log/event.ts'
import type { Json } from '../core/spec/json.ts'
import { costOf, priceOf } from '../core/spec/prices.ts'
import type { PriceSpec } from '../core/spec/spec.ts'
import { readJson } from '../core/spec/read-json.ts'
import { MindError, type MindAnswer } from '../mind/mind.ts'
import { withinDeadline } from './deadline.ts'
import type { World } from './world.ts'

/** Calls the mind once and says what came of it. Retries are the kernel's. */
export async function callModel(effect: CallModel, world: World): Promise<EventBody> {
  const { plan, state, mind } = world
  const step = plan.steps.get(effect.step)
  if (step === undefined) throw new RangeError(`the plan has no step ${effect.step}`)
  const request = mindRequest(plan, state, step)
  // No longer than the budgets have time for: a millisecond more, so that it is seen to be spent.
  const timeoutMs = Math.min(step.timeoutMs, (timeLeft(plan, state) ?? step.timeoutMs) + 1)
  const answer = await withinDeadline(
    (signal) => mind.answer(request, { signal, onText: (delta) => world.onText(delta, effect) }),
    { timeoutMs, signal: world.signal },
  )
  if (answer.ok) return answered(effect, answer.value, priceOf(request.model, plan))
  const error = failure(answer, timeoutMs)
  return { type: 'model.failed', call: effect.call, attempt: effect.attempt, error }
}

function answered(effect: CallModel, answer: MindAnswer, price: PriceSpec | null): EventBody {
  const { finish, usage, risk } = answer
  const parts = answer.parts.map((part) =>
    part.type === 'call' ? { ...part, args: plainArgs(part.args) } : part,
  )
  return {
    type: 'model.answered',
    call: effect.call,
    parts,
    finish,
    usage,
    ...(price === null ? {} : { usd: costOf(price, usage) }),
    ...(risk === undefined ? {} : { risk }),
  }
}

/** Arguments as plain, bounded JSON; what is not becomes a text, which no tool's schema accepts. */
function plainArgs(args: Json): Json {
  const read = readJson(args)
  return read.ok ? read.value : `unreadable arguments: ${read.issues[0]?.message ?? 'not JSON'}`
}

type NotOk = Extract<Awaited<ReturnType<typeof withinDeadline<MindAnswer>>>, { ok: false }>

function failure(answer: NotOk, timeoutMs: number): Failure {
  switch (answer.givenUp) {
    case 'timeout':
      return { code: 'timeout', message: `no answer within ${timeoutMs / 1000} s`, retryable: true }
    case 'aborted':
      return { code: 'aborted', message: 'the call was aborted', retryable: false }
    case null:
      return thrown(answer.error)
  }
}

function thrown(error: unknown): Failure {
  if (error instanceof MindError) {
    const { code, message, retryable, retryAfterSeconds } = error
    return {
      code,
      message,
      retryable,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    }
  }
  return {
    code: 'mind_error',
    message: messageOf(error),
    retryable: false,
  }
}
