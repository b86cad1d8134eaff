import { randomBytes } from 'node:crypto'
import type { Event } from '../core/log/event.ts'
import { runRecord, type RunRecord } from '../core/log/record/run-record.ts'
import type { IssuePath } from '../core/spec/issue.ts'
import { isJsonObject, type Json } from '../core/spec/json.ts'
import type { LoadedWorkflow } from '../drive/load/loaded-workflow.ts'
import { LockstepError } from '../drive/lockstep-error.ts'
import type { Run } from '../drive/run.ts'
import { createRuntime, type Runtime } from '../drive/runtime.ts'
import type { Mind } from '../mind/mind.ts'
import type { ArtifactStore } from '../store/artifact/artifact-store.ts'
import { memoryArtifacts } from '../store/artifact/memory-artifacts.ts'
import type { EvalCase } from './read/eval-case.ts'
import type { Contents } from './criteria/artifacts.ts'
import { shapeOf, type Shape } from './measure.ts'
import type { WrittenAnswer, WrittenTurn } from './read/written-case.ts'

/** What came of one run of a case. */
export interface Trial {
  readonly record: RunRecord
  readonly shape: Shape
  readonly contents: Contents
  /** What the user said: the input, then what was sent and answered. */
  readonly said: readonly Json[]
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
  const artifacts = memoryArtifacts()
  const runtime = createRuntime({ mind, env, artifacts, secretKey: () => randomBytes(32) })
  const events: Event[] = []
  try {
    const { run, problem } = await playCase(each, { ...options, runtime, events })
    const record = run?.record() ?? runRecord([])
    const shape = shapeOf(record, events)
    const contents = await contentsOf(shape, artifacts)
    const said = [each.input, ...each.turns.flatMap(({ send, answer }) => send ?? answer ?? [])]
    return { record, shape, contents, said, problem, ms: performance.now() - began }
  } finally {
    await runtime.close()
  }
}

interface Played {
  readonly run: Run | null
  readonly problem: Trial['problem']
}

async function playCase(
  each: EvalCase,
  on: TrialOptions & { readonly runtime: Runtime; readonly events: Event[] },
): Promise<Played> {
  const { input, session, states } = each
  let run: Run | null = null
  let at: IssuePath = ['input']
  try {
    run = await on.runtime.start(on.workflow, {
      // The same in every run, for it gets into texts.
      id: 'eval',
      input,
      session,
      states,
      onEvents: (more) => on.events.push(...more),
      ...(on.model === undefined ? {} : { model: on.model }),
    })
    await run.done
    for (const [index, turn] of each.turns.entries()) {
      at = ['turns', index]
      await take(run, turn)
    }
    return { run, problem: null }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return { run, problem: { path: at, message: error.message } }
  }
}

/** The text of every version, by digest; one that has expired is not among them. */
async function contentsOf({ artifacts }: Shape, store: ArtifactStore): Promise<Contents> {
  const contents = new Map<string, string>()
  for (const { versions } of artifacts.values()) {
    for (const { digest } of versions) {
      const text = await store.read(digest, { now: Date.now() })
      if (text !== null) contents.set(digest, text)
    }
  }
  return contents
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
