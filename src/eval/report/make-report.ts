import { allPlans } from '../read/all-plans.ts'
import type { LoadedCase } from '../read/load-evals.ts'
import { meanPassHats } from './pass-hat.ts'
import { promptLengths } from '../../core/spec/prompt-lengths.ts'
import type { CaseReport, EvalReport } from './report.ts'
import type { Regression } from './regression.ts'

/** Sums reports of cases up; `ok` where no gate criterion failed and nothing is worse than it was. */
export function makeReport(
  cases: readonly CaseReport[],
  on: {
    readonly loaded: readonly LoadedCase[]
    readonly regressions: readonly Regression[]
    readonly ms: number
  },
): EvalReport {
  const { regressions, ms } = on
  const count = (result: CaseReport['result']): number =>
    cases.filter((each) => each.result === result).length
  const reasons = cases.flatMap((each) => each.reasons)
  const aborts = reasons.filter((reason) => reason === 'store_artifact_loop_abort').length
  const checks = cases.flatMap((each) => each.checks)
  const all = on.loaded.flatMap(({ workflow }) => allPlans(workflow.plan))
  const plans = new Map(all.map((plan) => [plan.digest, plan]))
  return {
    v: 1,
    ok: count('failed') === 0 && regressions.length === 0,
    totals: {
      cases: cases.length,
      passed: count('passed'),
      failed: count('failed'),
      skipped: count('skipped'),
      skipped_criteria: checks.filter(({ result }) => result === 'skipped').length,
      runs: reasons.length,
    },
    loop_aborts: {
      runs: reasons.length,
      aborts,
      rate: reasons.length === 0 ? 0 : aborts / reasons.length,
    },
    pass_k: meanPassHats(sampled(cases).map((each) => each.pass_k)),
    regressions,
    prompts: [...plans.values()].flatMap(promptLengths),
    ms,
    cases,
  }
}

/** A script is no sample: where models answered, only theirs count. */
function sampled(cases: readonly CaseReport[]): readonly CaseReport[] {
  const ran = cases.filter(({ runs }) => runs > 0)
  const answered = ran.filter(({ scripted }) => !scripted)
  return answered.length > 0 ? answered : ran
}
