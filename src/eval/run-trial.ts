import { randomBytes } from 'node:crypto'
import type { Event } from '../core/log/event.ts'
import { runRecord, type RunRecord } from '../core/log/run-record.ts'
import type { IssuePath } from '../core/spec/issue.ts'
import { isJsonObject, type Json } from '../core/spec/json.ts'
import type { LoadedWorkflow } from '../drive/loaded-workflow.ts'
import { LockstepError } from '../drive/lockstep-error.ts'
import type { Run } from '../drive/run.ts'
import { createRuntime } from '../drive/runtime.ts'
import type { Mind } from '../mind/mind.ts'
import type { EvalCase } from './eval-case.ts'
import type { Contents } from './criteria/artifacts.ts'
import { shapeOf, type Shape } from './measure.ts'
import type { WrittenAnswer, WrittenTurn } from './written-case.ts'

/** What came of one run of a case. */
export interface Trial {
  readonly record: RunRecord
  readonly shape: Shape
  readonly contents: Contents
  /** What could not be done as the case says, and where it says so. */
  readonly problem: { readonly path: IssuePath; readonly message: string } | null
  readonly ms: number
}

/** What a trial is run with. */
export interface TrialOptions {
  readonly workflow: LoadedWorkflow
  readonly mind: Mind
  /** Before the step's and the workflow's. */
  readonly model?: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Runs a case once, end to end, in a runtime of its own that nothing survives (S4.29). A start or a
 * turn that the run does not allow ends it there, and is its `problem`.
 */
export async function runTrial(each: EvalCase, options: TrialOptions): Promise<Trial> {
  const began = performance.now()
  const { env, mind } = options
  const runtime = createRuntime({ mind, env, secretKey: () => randomBytes(32) })
  const { input, session, states } = each
  const events: Event[] = []
  let run: Run | null = null
  let problem: Trial['problem'] = null
  let at: IssuePath = ['input']
  try {
    run = await runtime.start(options.workflow, {
      // The same in every run, for it gets into texts.
      id: 'eval',
      input,
      session,
      states,
      onEvents: (more) => events.push(...more),
      ...(options.model === undefined ? {} : { model: options.model }),
    })
    await run.done
    for (const [index, turn] of each.turns.entries()) {
      at = ['turns', index]
      await take(run, turn)
    }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    problem = { path: at, message: error.message }
  } finally {
    await runtime.close()
  }
  const record = run?.record() ?? runRecord([])
  const ms = performance.now() - began
  return { record, shape: shapeOf(record, events), contents: new Map(), problem, ms }
}

/** Does what a user does; rejects with a LockstepError where the run does not wait for it. */
async function take(run: Run, turn: WrittenTurn): Promise<unknown> {
  if (turn.send !== undefined) return run.send(turn.send)
  if (turn.answer !== undefined) return answer(run, turn.answer)
  if (turn.fail !== undefined) return run.answer([{ call: waiting(run), error: turn.fail }])
  if (turn.approve !== undefined) return run.approve(named(turn.approve))
  if (turn.deny !== undefined) return run.deny(named(turn.deny))
  if (turn.confirm !== undefined) return run.confirm(turn.confirm)
  if (turn.state !== undefined) return run.state(turn.state.kind, turn.state.facts)
  if (turn.fill !== undefined) return run.fillHandoff({ fields: turn.fill })
  if (turn.settle !== undefined) {
    const { executed, output } = turn.settle
    const call = waiting(run)
    if (!executed) return run.settle({ call, executed })
    return run.settle({ call, executed, ...(output === undefined ? {} : { output }) })
  }
  if (turn.rewind !== undefined) return run.rewind({ to: turn.rewind })
  return turn.cancel === true ? run.cancel() : run.resume()
}

/** To a client tool its result, to a question its answer. */
function answer(run: Run, given: Json): Promise<RunRecord> {
  if (run.record().reason === 'needs_client') {
    return run.answer([{ call: waiting(run), output: given }])
  }
  if (typeof given === 'string' || isJsonObject(given)) return run.send(given)
  return run.send({ message: given })
}

function waiting(run: Run): string {
  return run.record().pending?.[0]?.call ?? ''
}

function named(answer: WrittenAnswer): Exclude<WrittenAnswer, string> {
  return typeof answer === 'string' ? { by: answer } : answer
}
