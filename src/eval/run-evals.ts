import { relative, sep } from 'node:path'
import { MindError, type Mind } from '../mind/mind.ts'
import type { Script } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { caseId } from './read/case-id.ts'
import type { EvalCase } from './read/eval-case.ts'
import { gradeTrial, type Graded } from './grade.ts'
import type { Judge } from './judge.ts'
import type { LoadedCase } from './read/load-evals.ts'
import { passHats } from './report/pass-hat.ts'
import type { CaseReport, CheckReport } from './report/report.ts'
import { runTrial, type Trial, type TrialOptions } from './run-trial.ts'
import type { WrittenJudge } from './read/written-case.ts'

/*
 * Cases in, reports out: each case is run, graded, and its runs are put together (S4.29).
 */

export interface EvalOptions {
  /** Runs of each case. */
  readonly repeat: number
  /** Answers instead of the scripts of cases that are not `pinned`. */
  readonly model?: string
  /** A model by its id. Rejects with a MindError where it cannot be had. */
  readonly mindOf: (model: string) => Promise<Mind>
  readonly env: TrialOptions['env']
  /** Ids of cases are paths from here. */
  readonly from: string
  readonly onCase?: (done: CaseReport) => void
  /** Before each case. */
  readonly onNext?: (next: EvalCase) => void
}

/** Runs cases one after the other, each `repeat` times. A case that nobody can answer is skipped. */
export async function runEvals(
  cases: readonly LoadedCase[],
  options: EvalOptions,
): Promise<readonly CaseReport[]> {
  const reports: CaseReport[] = []
  for (const each of cases) {
    options.onNext?.(each.eval)
    const report = await runCase(each, options)
    reports.push(report)
    options.onCase?.(report)
  }
  return reports
}

async function runCase(each: LoadedCase, options: EvalOptions): Promise<CaseReport> {
  const answering = await answeringOf(each.eval, options)
  const head = {
    id: caseId(each.eval, options.from),
    file: relative('', each.eval.file).split(sep).join('/'),
    place: each.eval.locate(['case']),
    case: each.eval.name,
    workflow: each.workflow.plan.name,
  }
  if ('missing' in answering) {
    return {
      ...head,
      answered_by: 'nobody',
      scripted: false,
      result: 'skipped',
      notice: answering.missing,
      runs: 0,
      passes: 0,
      identical: true,
      pass_k: [],
      reasons: [],
      path: [],
      checks: [],
      ms: 0,
    }
  }
  const { script, model, about } = answering
  const judgeOf = judges(each.eval, options)
  const once = async (): Promise<Tried> => {
    const mind = script === null ? answering.mind : scriptedMind(script)
    const using = { workflow: each.workflow, mind, env: options.env }
    const trial = await runTrial(each.eval, model === null ? using : { ...using, model })
    const graded = await gradeTrial(each.eval, trial, { scripted: script !== null, judgeOf })
    return { trial, graded }
  }
  const trials: Tried[] = []
  while (trials.length < options.repeat) {
    // A model is waited for, so a few runs share the wait; a script's would only share the processor.
    const wave = Math.min(script === null ? AT_ONCE : 1, options.repeat - trials.length)
    trials.push(...(await Promise.all(Array.from({ length: wave }, once))))
  }
  return { ...head, answered_by: about, scripted: script !== null, ...together(each.eval, trials) }
}

type Answering =
  | { readonly script: Script; readonly model: null; readonly mind: null; readonly about: string }
  | { readonly script: null; readonly model: string; readonly mind: Mind; readonly about: string }
  | { readonly missing: string }

async function answeringOf(each: EvalCase, options: EvalOptions): Promise<Answering> {
  const { answers, pinned } = each
  const asked = pinned ? undefined : options.model
  const model = asked ?? (answers.kind === 'model' ? answers.model : undefined)
  if (model !== undefined) {
    try {
      return { script: null, model, mind: await options.mindOf(model), about: model }
    } catch (error) {
      if (!(error instanceof MindError)) throw error
      return { missing: `model ${model}: ${error.message}` }
    }
  }
  if (answers.kind === 'script') {
    // What the judge says is not the run's.
    const script = answers.script.filter(({ when }) => when.role !== 'judge')
    return { script, model: null, mind: null, about: answers.from }
  }
  return { missing: 'nobody answers: give the case script, recording or model, or --model' }
}

/** A judge is the case's script where that has its grade, else the model that is named for it. */
function judges(each: EvalCase, options: EvalOptions): (written: WrittenJudge) => Promise<Judge> {
  const { answers } = each
  const lines = answers.kind === 'script' ? answers.script : []
  const script = lines.filter(({ when }) => when.role === 'judge')
  return async ({ model: own }) => {
    const ran = answers.kind === 'model' ? answers.model : undefined
    const model = own ?? options.model ?? ran
    if (script.length > 0 && options.model === undefined) {
      return { mind: scriptedMind(script), model: null }
    }
    if (model === undefined)
      return { missing: 'there is no model to judge: give judge.model, or --model' }
    try {
      return { mind: await options.mindOf(model), model }
    } catch (error) {
      if (!(error instanceof MindError)) throw error
      return { missing: `there is no model to judge: ${error.message}` }
    }
  }
}

const AT_ONCE = 4

/** One run of a case, and how its criteria came out. */
interface Tried {
  readonly trial: Trial
  readonly graded: readonly Graded[]
}

type Together = Omit<
  CaseReport,
  'id' | 'file' | 'place' | 'case' | 'workflow' | 'answered_by' | 'scripted'
>

function together(each: EvalCase, trials: readonly Tried[]): Together {
  const runs = trials.length
  const passes = trials.filter(({ graded }) => graded.every(isMet)).length
  const [first] = trials
  const names = [...new Set(trials.flatMap(({ graded }) => graded.map(({ name }) => name)))]
  const checks = names.flatMap((name) =>
    checkOver(
      trials.flatMap(({ graded }) => graded.filter((one) => one.name === name)),
      { each, runs },
    ),
  )
  return {
    result: passes === runs ? 'passed' : 'failed',
    runs,
    passes,
    identical: new Set(trials.map(({ trial }) => behaviour(trial))).size <= 1,
    pass_k: passHats(passes, runs),
    reasons: trials.map(({ trial }) => trial.record.reason),
    path: first?.trial.shape.path ?? [],
    checks,
    ms: trials.reduce((sum, { trial }) => sum + trial.ms, 0),
  }
}

function isMet({ kind, result }: Graded): boolean {
  return kind === 'soft' || result !== 'failed'
}

function checkOver(
  graded: readonly Graded[],
  on: { readonly each: EvalCase; readonly runs: number },
): readonly CheckReport[] {
  const failed = graded.filter(({ result }) => result === 'failed')
  const shown = failed[0] ?? graded.find(({ result }) => result === 'skipped') ?? graded[0]
  if (shown === undefined) return []
  const { name, kind, path, expected, actual, result } = shown
  const scores = graded.map(({ score }) => score)
  const known = scores.filter((score) => score !== null)
  // A problem of a turn is only there where it came; elsewhere the turn was possible.
  const all = name === 'start' || name === 'turns' ? on.runs : scores.length
  const sum = known.reduce((total, score) => total + score, all - scores.length)
  const score = known.length < scores.length ? null : sum / all
  const place = on.each.locate(path)
  return [{ name, kind, result, score, expected, actual, failures: failed.length, place }]
}

/** What a run did, without times and ids. */
function behaviour({ shape, record, problem }: Trial): string {
  const calls = shape.asked.map(({ tool, args }) => [tool, args])
  const verdicts = shape.verdicts.map(({ tool, verdict }) => [tool, verdict])
  const { reason, output } = record
  return JSON.stringify([shape.pathWithSubRuns, calls, verdicts, reason, output, problem?.message])
}
