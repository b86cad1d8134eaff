import type { CallModel } from '../../src/core/decide/effect.ts'
import { call, NO_USAGE, text } from '../../src/core/given.ts'
import type { AnswerPart, Entry, EventBody } from '../../src/core/log/event.ts'
import type { JsonObject } from '../../src/core/spec/json.ts'
import { costOf } from '../../src/core/spec/prices.ts'
import { MAX_OUTPUT, PRICE } from './plan.ts'

/*
 * What a model of a random play answers: as a planner, a composer or a verifier, well or badly.
 */

type Choose = (choices: number) => number

const TOOLS =
  'pay pay pay mail fetch ask expert finish request_input escalate_to_human nope refund store_artifact store_artifact artifact_create verify_artifact artifact_read'.split(
    ' ',
  )
const IDS = ['', 'model', 'handoff', 'c', '__proto__']
const TEXTS = ['"done"', '{"a":1}', '"more"', 'stop']
const REFERENCES = ['ref:slot/name', 'ref:tool/fetch:/id', 'ref:tool/pay', 'ref:artifact/letter']

/** Any answer, or a failure, to a model call. */
export function modelAnswer(
  effect: CallModel,
  { choose, branch }: { readonly choose: Choose; readonly branch: string },
): Entry {
  const { call: number, attempt } = effect
  if (choose(15) === 14) {
    const error = { code: 'X', message: 'x', retryable: choose(2) === 1 }
    return { type: 'model.failed', call: number, attempt, error }
  }
  if (effect.role !== 'planner') return roleAnswer(choose, effect)
  const calls = Array.from({ length: choose(4) }, () => anyCall(choose))
  const parts = calls.length === 0 ? [text(TEXTS[choose(TEXTS.length)] ?? '')] : calls
  const finish = calls.length === 0 ? 'stop' : 'tool-calls'
  const usage = { ...NO_USAGE, output: choose(MAX_OUTPUT + 1) }
  const usd = costOf(PRICE, usage)
  const native = branch === '' ? asNative(choose, parts) : {}
  return { type: 'model.answered', call: number, parts, finish, usage, usd, ...native }
}

/** Arguments that fit their tool now and then. */
function anyCall(choose: Choose): AnswerPart {
  const tool = TOOLS[choose(TOOLS.length)] ?? ''
  const name = ['letter', 'doc', 'free'][choose(3)] ?? ''
  const artifact = { name, ...(choose(2) === 0 ? {} : { content: 'x' }) }
  const args: JsonObject =
    tool === 'request_input'
      ? ([{ question: 'q' }, { slots: ['tone'] }, {}][choose(3)] ?? {})
      : tool.includes('artifact')
        ? tool === 'verify_artifact' || tool === 'artifact_read'
          ? { name }
          : artifact
        : { id: choose(3) === 2 ? (REFERENCES[choose(4)] ?? '') : choose(3), question: 'q' }
  return call(tool, args, IDS[choose(IDS.length)])
}

/** What a composer or a verifier answers, in the end. */
function roleAnswer(choose: Choose, effect: CallModel): Entry {
  const report = { score: choose(10) + 1, feedback: 'f' }
  const parts = [text(effect.role === 'composer' ? 'content' : JSON.stringify(report))]
  const usage = { ...NO_USAGE, output: choose(MAX_OUTPUT + 1) }
  const usd = costOf(PRICE, usage)
  const { call: number, attempt } = effect
  if (choose(8) === 7) {
    // An answer that cannot be used: it was cut off, or is no report.
    const error = { code: 'unfit_answer', message: 'x', retryable: choose(2) === 1 }
    return { type: 'model.failed', call: number, attempt, error, usage, usd }
  }
  return { type: 'model.answered', call: number, parts, finish: 'stop', usage, usd }
}

/** An envelope, a broken one, or none. */
function asNative(choose: Choose, parts: readonly AnswerPart[]): Partial<ModelAnswered> {
  const [part] = parts
  const kind = choose(4)
  if (kind === 3) return { malformed: 'bad.' }
  if (kind === 2 || part === undefined) return {}
  const next_action =
    part.type === 'call' ? 'call_tool' : choose(5) === 4 ? 'fail_safe' : 'final_answer'
  const sure = {
    confidence: choose(3) / 2,
    risk_level: 'low',
    success_criteria_met: false,
  } as const
  return { decision: { next_action, source: 'native', ...sure } }
}

type ModelAnswered = Extract<EventBody, { readonly type: 'model.answered' }>
