import { messageOf } from '../core/spec/message-of.ts'
import type { CallModel } from '../core/decide/effect.ts'
import { timeLeft } from '../core/decide/budget/span.ts'
import type { Decision } from '../core/log/decision.ts'
import type { AnswerPart, EventBody, Failure, Usage } from '../core/log/event.ts'
import type { Json } from '../core/spec/json.ts'
import { costOf, priceOf } from '../core/spec/prices.ts'
import type { PriceSpec } from '../core/spec/spec.ts'
import { readJson } from '../core/spec/read-json.ts'
import { MindError, type MindAnswer } from '../mind/mind.ts'
import { withinDeadline } from './deadline.ts'
import { hideParts } from './secret/hide-secrets.ts'
import { asDecided, type Decided } from './native-envelope.ts'
import { requestOf, unfitFor } from './role-content.ts'
import { scrubStream } from './secret/scrubber.ts'
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
  if (unfit !== null) {
    const { usage } = answer.value
    return { type: 'model.failed', call, attempt, error: unfit, usage, ...usdOf(price, usage) }
  }
  const decided = native
    ? asDecided(answer.value, { plan, step })
    : { parts: partsFor(effect, answer.value) }
  return answered(effect, answer.value, { price, decided })
}

interface Hearing {
  readonly onText: (delta: string) => void
  readonly keepable: (answer: MindAnswer) => MindAnswer
  readonly flush: () => void
}

/** Neither who watches nor who records is told a secret (Law 17). */
function withoutSecrets(effect: CallModel, { plan, vault, state, onText }: World): Hearing {
  // An envelope is no text for anybody; what it says is known once it is whole.
  const native = state.branch.model?.native === true
  const pass = (delta: string): void => (native ? undefined : onText(delta, effect))
  if (vault === null) return { onText: pass, keepable: (answer) => answer, flush: () => {} }
  const { push, flush } = scrubStream(vault.scrubber, pass)
  const keepable = (answer: MindAnswer): MindAnswer => ({
    ...answer,
    parts: hideParts(answer.parts, { vault, plan, native }),
  })
  return { onText: push, keepable, flush }
}

function answered(
  effect: CallModel,
  answer: MindAnswer,
  as: { readonly price: PriceSpec | null; readonly decided: Decided },
): EventBody {
  const { finish, usage } = answer
  const { price, decided } = as
  const { parts, decision, malformed } = decided
  const risk = decision?.risk_level ?? answer.risk
  return {
    type: 'model.answered',
    call: effect.call,
    parts: parts.map((part) =>
      part.type === 'call' ? { ...part, args: plainArgs(part.args) } : part,
    ),
    finish,
    usage,
    ...(decision === undefined ? {} : { decision: plainDecision(decision) }),
    ...(malformed === undefined ? {} : { malformed }),
    ...usdOf(price, usage),
    ...(risk === undefined ? {} : { risk }),
  }
}

function usdOf(price: PriceSpec | null, usage: Usage): { readonly usd?: number } {
  return price === null ? {} : { usd: costOf(price, usage) }
}

/** A composer and a verifier have no tools: whatever they call is no call (S4.3). */
function partsFor({ role }: CallModel, { parts }: MindAnswer): readonly AnswerPart[] {
  return role === 'planner' ? parts : parts.filter(({ type }) => type !== 'call')
}

function plainDecision(decision: Decision): Decision {
  const { tool_args: args } = decision
  return args === undefined ? decision : { ...decision, tool_args: plainArgs(args) }
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
