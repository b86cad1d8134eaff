import { messageOf } from '../core/spec/message-of.ts'
import type { CallModel } from '../core/decide/effect.ts'
import { timeLeft } from '../core/decide/budget/span.ts'
import { readEnvelope, type Decision } from '../core/log/decision.ts'
import type { AnswerPart, EventBody, Failure } from '../core/log/event.ts'
import type { Json } from '../core/spec/json.ts'
import { costOf, priceOf } from '../core/spec/prices.ts'
import type { PriceSpec } from '../core/spec/spec.ts'
import { readJson } from '../core/spec/read-json.ts'
import { MindError, type MindAnswer } from '../mind/mind.ts'
import { withinDeadline } from './deadline.ts'
import { hideParts } from './hide-secrets.ts'
import { requestOf, unfitFor } from './role-content.ts'
import { scrubStream } from './scrubber.ts'
import type { World } from './world.ts'

/** Calls the mind once and says what came of it. Retries are the kernel's. */
export async function callModel(effect: CallModel, world: World): Promise<EventBody> {
  const { plan, state, mind } = world
  const step = plan.steps.get(effect.step)
  if (step === undefined) throw new RangeError(`the plan has no step ${effect.step}`)
  const built = await requestOf(step, world)
  if (!built.ok) {
    const error = { code: 'prompt', message: built.message, retryable: false }
    return { type: 'model.failed', call: effect.call, attempt: effect.attempt, error }
  }
  const { request } = built
  // No longer than the budgets have time for: a millisecond more, so that it is seen to be spent.
  const timeoutMs = Math.min(step.timeoutMs, (timeLeft(plan, state) ?? step.timeoutMs) + 1)
  const { onText, keepable, flush } = withoutSecrets(effect, world)
  const answer = await withinDeadline(
    (signal) => mind.answer(request, { signal, onText, keepable }),
    {
      timeoutMs,
      signal: world.signal,
    },
  )
  flush()
  const native = state.branch.model?.native === true
  const price = priceOf(request.model, plan)
  const { call, attempt, role } = effect
  if (!answer.ok) return { type: 'model.failed', call, attempt, error: failure(answer, timeoutMs) }
  const unfit = unfitFor(role, answer.value)
  if (unfit !== null) return { type: 'model.failed', call, attempt, error: unfit }
  return answered(effect, answer.value, { price, native })
}

interface Hearing {
  readonly onText: (delta: string) => void
  readonly keepable: (answer: MindAnswer) => MindAnswer
  readonly flush: () => void
}

/** Neither who watches nor who records is told a secret (Law 17). */
function withoutSecrets(effect: CallModel, { plan, vault, onText }: World): Hearing {
  const pass = (delta: string): void => onText(delta, effect)
  if (vault === null) return { onText: pass, keepable: (answer) => answer, flush: () => {} }
  const { push, flush } = scrubStream(vault.scrubber, pass)
  const keepable = (answer: MindAnswer): MindAnswer => ({
    ...answer,
    parts: hideParts(answer.parts, { vault, plan }),
  })
  return { onText: push, keepable, flush }
}

function answered(
  effect: CallModel,
  answer: MindAnswer,
  as: { readonly price: PriceSpec | null; readonly native: boolean },
): EventBody {
  const { finish, usage } = answer
  const { price, native } = as
  const { parts, ...said }: Decided = native
    ? asDecided(answer)
    : { parts: partsFor(effect, answer) }
  const risk = said.decision?.risk_level ?? answer.risk
  const { decision, malformed } = said
  return {
    type: 'model.answered',
    call: effect.call,
    parts: parts.map((part) =>
      part.type === 'call' ? { ...part, args: plainArgs(part.args) } : part,
    ),
    finish,
    usage,
    ...(decision === undefined ? {} : { decision }),
    ...(malformed === undefined ? {} : { malformed }),
    ...(price === null ? {} : { usd: costOf(price, usage) }),
    ...(risk === undefined ? {} : { risk }),
  }
}

/** A composer and a verifier have no tools: whatever they call is no call (S4.3). */
function partsFor({ role }: CallModel, { parts }: MindAnswer): readonly AnswerPart[] {
  return role === 'planner' ? parts : parts.filter(({ type }) => type !== 'call')
}

interface Decided {
  readonly parts: readonly AnswerPart[]
  readonly decision?: Decision
  readonly malformed?: string
}

/** The message that a native envelope stands for; a message that calls tools needs none (S4.15). */
function asDecided({ parts }: MindAnswer): Decided {
  if (parts.some((part) => part.type === 'call')) return { parts }
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const envelope = readEnvelope(text)
  if (!envelope.ok) return { parts, malformed: envelope.message }
  const rest = parts.filter((part) => part.type !== 'text')
  return { parts: [...rest, ...envelope.parts], decision: envelope.decision }
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
