import { SCREEN, type PromptLength } from '../../core/spec/prompt-lengths.ts'
import type { PassHat } from '../../eval/report/pass-hat.ts'
import type { CaseReport, CheckReport, EvalReport } from '../../eval/report/report.ts'
import { oneLine, shorten } from './plain-text.ts'
import type { Screen } from './screen.ts'

/*
 * Evals for a person: each case as it is done, then what the whole says.
 */

export interface EvalProgress {
  /** Says what is run now, where a line can be taken back. */
  next(name: string): void
  done(report: CaseReport): void
  /** Takes back what `next` said. */
  clear(): void
}

/** Shows cases as they are done, under the file that holds them. */
export function evalProgress(screen: Screen): EvalProgress {
  let file = ''
  const clear = (): void => {
    if (screen.live) screen.write('\r\u001B[2K')
  }
  return {
    clear,
    next(name) {
      if (screen.live) screen.write(shorten(`  · ${oneLine(name)} …`, screen.columns - 1))
    },
    done(report) {
      clear()
      if (file !== report.file) {
        if (file !== '') screen.line()
        file = report.file
        const body = report.workflow
        screen.entry({
          indent: 0,
          mark: '▸',
          markColor: 'cyan',
          head: file,
          headColor: 'bold',
          body,
        })
      }
      showCase(screen, report)
    },
  }
}

const MARKS = {
  passed: ['✓', 'green'],
  failed: ['✗', 'red'],
  skipped: ['–', 'yellow'],
} as const

function showCase(screen: Screen, report: CaseReport): void {
  const [mark, markColor] = MARKS[report.result]
  const { runs, passes } = report
  const path = report.path.map(oneLine).join(' → ')
  const notice = report.notice === undefined ? '' : `skipped: ${oneLine(report.notice)}`
  const times = runs > 1 ? `${passes}/${runs}${report.identical ? ' identical' : ''}  ` : ''
  screen.entry({
    indent: 2,
    mark,
    markColor,
    head: oneLine(report.case),
    ...(report.result === 'failed' ? { headColor: 'red' as const } : {}),
    body: notice === '' ? ` ${times}${path}` : ` ${notice}`,
    bodyColor: notice === '' ? 'dim' : 'yellow',
    maxLines: 3,
  })
  for (const check of report.checks) {
    if (check.result === 'skipped') showSkipped(screen, check)
    if (check.result === 'failed') showFailed(screen, check, report)
  }
}

function showSkipped(screen: Screen, { name, actual }: CheckReport): void {
  const body = `skipped: ${oneLine(actual)}`
  screen.entry({ indent: 4, mark: '–', markColor: 'yellow', head: name, body, bodyColor: 'yellow' })
}

function showFailed(screen: Screen, check: CheckReport, { file, runs }: CaseReport): void {
  const { kind, name, expected, actual, failures, place } = check
  const times = runs > 1 ? `  in ${failures} of ${runs} runs` : ''
  const where = `${file}:${place.line}:${place.column}`
  const soft = kind === 'soft' ? `soft, ${score(check)}  ` : ''
  screen.entry({
    indent: 4,
    mark: kind === 'soft' ? '!' : '✗',
    markColor: kind === 'soft' ? 'yellow' : 'red',
    head: oneLine(name),
    body: ` ${soft}${where}${times}`,
    bodyColor: 'dim',
  })
  screen.entry({
    indent: 6,
    mark: 'expected',
    markColor: 'dim',
    body: oneLine(expected),
    maxLines: 6,
  })
  screen.entry({
    indent: 6,
    mark: 'actual  ',
    markColor: 'dim',
    body: oneLine(actual),
    maxLines: 6,
  })
}

function score(check: CheckReport): string {
  return check.score === null ? 'no score' : `score ${check.score.toFixed(2)}`
}

/** Shows regressions, pass^k, prompts that are too long, loop aborts, and the sums. */
export function showEvalReport(screen: Screen, report: EvalReport): void {
  screen.line()
  for (const { kind, case: id, criterion, message } of report.regressions) {
    screen.entry({
      indent: 0,
      mark: '✗',
      markColor: 'red',
      head: `regression: ${kind.replaceAll('_', ' ')}`,
      headColor: 'red',
      body: `${oneLine(id)}${criterion === undefined ? '' : ` ${oneLine(criterion)}`}: ${oneLine(message)}`,
    })
  }
  showPassHats(screen, report)
  showPrompts(screen, report.prompts)
  const { runs, aborts, rate } = report.loop_aborts
  const often = `${aborts} of ${runs} runs (${percent(rate)})`
  note(screen, `store_artifact_loop_abort: ${often}`)
  const { totals, regressions, ms, ok } = report
  const parts = [
    `${totals.passed} of ${plural(totals.cases, 'case')} ${totals.cases === 1 ? 'passes' : 'pass'}`,
    ...(totals.failed > 0 ? [`${totals.failed} ${totals.failed === 1 ? 'fails' : 'fail'}`] : []),
    ...(totals.skipped > 0 ? [`${totals.skipped} skipped`] : []),
    ...(totals.skipped_criteria > 0
      ? [
          `${totals.skipped_criteria} ${totals.skipped_criteria === 1 ? 'criterion' : 'criteria'} skipped`,
        ]
      : []),
    ...(regressions.length > 0 ? [`${regressions.length} worse than the baseline`] : []),
    `${plural(totals.runs, 'run')} in ${Math.round(ms)} ms`,
  ]
  const color = ok ? 'green' : 'red'
  screen.entry({
    indent: 0,
    mark: ok ? '✓' : '✗',
    markColor: color,
    body: parts.join(', '),
    bodyColor: color,
  })
}

function showPassHats(screen: Screen, { cases, pass_k }: EvalReport): void {
  const most = Math.max(...cases.map(({ runs }) => runs))
  if (most < 2) return
  const ran = cases.filter(({ runs }) => runs > 0)
  if (ran.every(({ scripted }) => scripted)) {
    const same = ran.filter(({ identical }) => identical).length
    const body = `repeats: ${same} of ${ran.length} cases did the same in all ${most} runs: a script is no sample, pass^k says nothing of a model`
    return note(screen, body)
  }
  const shown = pass_k.filter(({ k }) => k === 1 || k === most || (k & (k - 1)) === 0)
  const models = ran.filter(({ scripted }) => !scripted).length
  const of = `of ${plural(models, 'case')} that a model answered, with the interval of 95%`
  note(screen, `pass^k ${of}: ${shown.map(passHatText).join('; ')}`)
}

function passHatText({ k, estimate, low, high }: PassHat): string {
  return `k=${k} ${percent(estimate)} (${percent(low)}–${percent(high)})`
}

function showPrompts(screen: Screen, prompts: readonly PromptLength[]): void {
  const roles = (['planner', 'composer', 'verifier'] as const).flatMap((role) => {
    const [longest] = prompts
      .filter((each) => each.role === role)
      .toSorted((left, right) => right.lines - left.lines || right.characters - left.characters)
    return longest === undefined ? [] : [longest]
  })
  const told = roles.map(
    ({ role, lines, characters, workflow, of }) =>
      `${role} ${plural(lines, 'line')}, ${characters} characters (${oneLine(workflow)}.${oneLine(of)})`,
  )
  const whole = `a screen has ${SCREEN.lines} lines of ${SCREEN.columns} columns`
  if (told.length > 0) note(screen, `longest prompts: ${told.join('; ')}; ${whole}`)
  for (const { role, lines, workflow, of } of prompts.filter(({ exceeds }) => exceeds)) {
    screen.entry({
      indent: 0,
      mark: '!',
      markColor: 'yellow',
      head: `${oneLine(workflow)}.${oneLine(of)}`,
      body: `the ${role}'s prompt has ${lines} lines: more than one screen`,
    })
  }
}

function note(screen: Screen, body: string): void {
  screen.entry({ indent: 0, mark: '·', markColor: 'dim', body, bodyColor: 'dim' })
}

function plural(many: number, name: string): string {
  return `${many} ${name}${many === 1 ? '' : 's'}`
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10}%`
}
