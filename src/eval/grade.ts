import type { IssuePath } from '../core/spec/issue.ts'
import { checkConditions } from './criteria/accept.ts'
import { checkArtifact } from './criteria/artifacts.ts'
import { checkBudget } from './criteria/budget.ts'
import { checkCalls } from './criteria/calls.ts'
import { checkConfidence } from './criteria/confidence.ts'
import { found, type Finding } from './criteria/finding.ts'
import { checkOutput } from './criteria/output.ts'
import { checkPath } from './criteria/path.ts'
import { checkSlots } from './criteria/slots.ts'
import { checkVerdicts } from './criteria/verdicts.ts'
import type { EvalCase } from './read/eval-case.ts'
import { askJudge, type Judge } from './judge.ts'
import type { Trial } from './run-trial.ts'
import type { WrittenCriteria, WrittenJudge } from './read/written-case.ts'

/** A criterion of a case and how it came out; `path` is where the case has it. */
export interface Graded extends Finding {
  /** A gate fails its case; a soft one is compared with the baseline only. */
  readonly kind: 'gate' | 'soft'
}

/** What grading needs beside the trial. */
export interface Grading {
  readonly scripted: boolean
  readonly judgeOf: (written: WrittenJudge) => Promise<Judge>
}

/** Holds every criterion of a case against one run of it (S4.29). */
export async function gradeTrial(
  each: EvalCase,
  trial: Trial,
  grading: Grading,
): Promise<readonly Graded[]> {
  const { soft = {}, ...gates } = each.criteria
  const graded: Graded[] = []
  if (trial.problem !== null) {
    const { path, message } = trial.problem
    const name = path.length > 1 ? 'turns' : 'start'
    const expected = 'what the case does is possible'
    graded.push({
      ...found({ name, path, passes: false, expected, actual: message }),
      kind: 'gate',
    })
  }
  const take = async (
    written: WrittenCriteria,
    how: { readonly kind: Graded['kind']; readonly at: IssuePath; readonly lead: string },
  ): Promise<void> => {
    for (const [key, findings] of await findingsOf(written, trial, grading)) {
      const value: unknown = Reflect.get(written, key)
      const own = typeof value === 'object' && value !== null && Reflect.get(value, 'soft') === true
      for (const finding of findings) {
        const path = [...how.at, key, ...finding.path]
        const kind = own ? 'soft' : how.kind
        graded.push({ ...finding, name: `${how.lead}${finding.name}`, path, kind })
      }
    }
  }
  await take(gates, { kind: 'gate', at: ['criteria'], lead: '' })
  await take(soft, { kind: 'soft', at: ['criteria', 'soft'], lead: 'soft.' })
  return graded
}

type ByKey = readonly (readonly [key: string, findings: readonly Finding[]])[]

async function findingsOf(
  written: WrittenCriteria,
  trial: Trial,
  { scripted, judgeOf }: Grading,
): Promise<ByKey> {
  const { record, shape, contents } = trial
  const { path, tools, calls, verdicts, reason, output, budget, slots, confidence } = written
  const found: [string, readonly Finding[]][] = []
  const add = <Written>(
    key: string,
    value: Written | undefined,
    check: (value: Written) => readonly Finding[],
  ): void => {
    if (value !== undefined) found.push([key, check(value)])
  }
  add('path', path, (each) => checkPath(each, shape))
  add('tools', tools, (each) => checkCalls(each, shape.ran, 'tools'))
  add('calls', calls, (each) => checkCalls(each, shape.asked, 'calls'))
  add('verdicts', verdicts, (each) => checkVerdicts(each, shape.verdicts))
  add('reason', reason, (each) => [checkReason([each].flat(), trial)])
  add('output', output, (each) => checkOutput(each, { output: record.output, shape }))
  for (const [name, each] of Object.entries(written.artifacts ?? {})) {
    const artifact = shape.artifacts.get(name)
    const findings = checkArtifact(name, each, { artifact, contents })
    const placed = findings.map((one) => ({ ...one, path: [name, ...one.path] }))
    add('artifacts', each, () => placed)
  }
  add('budget', budget, (each) => checkBudget(each, { shape, scripted }))
  add('slots', slots, (each) => checkSlots(each, shape))
  add('confidence', confidence, (each) => checkConfidence(each, shape.confidence))
  add('accept', written.accept, (each) => checkConditions([each].flat(), { shape, name: 'accept' }))
  const { judge } = written
  if (judge !== undefined) {
    found.push(['judge', [await askJudge(judge, { trial, judge: await judgeOf(judge) })]])
  }
  return found
}

function checkReason(wanted: readonly string[], { record }: Trial): Finding {
  const { reason, message } = record
  const told = message === '' || message === 'done' ? '' : ` (${message})`
  return found({
    name: 'reason',
    path: [],
    passes: reason !== null && wanted.includes(reason),
    expected: wanted.join(' or '),
    actual: `${reason ?? 'unfinished'}${told}`,
  })
}
