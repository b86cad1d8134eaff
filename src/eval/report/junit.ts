import type { CaseReport, CheckReport, EvalReport } from './report.ts'

/**
 * Writes a report as JUnit XML, one suite per eval file, for CI servers. What XML 1.0 has no word for
 * is left out, and everything else is escaped: texts come from models.
 */
export function toJUnit(report: EvalReport): string {
  const files = [...new Set(report.cases.map(({ file }) => file))]
  const suites = files.map((file) =>
    suite(
      file,
      report.cases.filter((each) => each.file === file),
    ),
  )
  const { totals, regressions, ms } = report
  const counts = {
    name: 'lockstep eval',
    tests: totals.cases + regressions.length,
    failures: totals.failed + regressions.length,
    skipped: totals.skipped,
    time: seconds(ms),
  }
  const lost = regressions.map(({ kind, case: id, criterion, message }) => {
    const name = criterion === undefined ? id : `${id} ${criterion}`
    const failure = `<failure${attributes({ type: kind, message })}/>`
    return `    <testcase${attributes({ name, classname: 'baseline', time: '0' })}>${failure}</testcase>`
  })
  const many = {
    name: 'baseline',
    tests: lost.length,
    failures: lost.length,
    skipped: 0,
    time: '0',
  }
  const below =
    lost.length === 0 ? [] : [`  <testsuite${attributes(many)}>`, ...lost, '  </testsuite>']
  const head = '<?xml version="1.0" encoding="UTF-8"?>'
  return `${[head, `<testsuites${attributes(counts)}>`, ...suites, ...below, '</testsuites>'].join('\n')}\n`
}

function suite(file: string, cases: readonly CaseReport[]): string {
  const count = (result: CaseReport['result']): number =>
    cases.filter((each) => each.result === result).length
  const counts = {
    name: file,
    tests: cases.length,
    failures: count('failed'),
    skipped: count('skipped'),
    time: seconds(cases.reduce((sum, each) => sum + each.ms, 0)),
  }
  return [`  <testsuite${attributes(counts)}>`, ...cases.map(testcase), '  </testsuite>'].join('\n')
}

function testcase(each: CaseReport): string {
  const { case: name, workflow, file, place, ms } = each
  const open = `    <testcase${attributes({ name, classname: workflow, file, line: place.line, time: seconds(ms) })}`
  if (each.result === 'skipped') {
    return `${open}><skipped${attributes({ message: each.notice ?? '' })}/></testcase>`
  }
  const failed = each.checks.filter(({ kind, result }) => kind === 'gate' && result === 'failed')
  const failures = failed.map(
    (check) =>
      `<failure${attributes({ type: check.name, message: `${check.name}: ${check.actual}` })}>${escaped(detail(each, check))}</failure>`,
  )
  const rest = each.checks.filter((check) => !failed.includes(check) && check.result !== 'passed')
  const notes = rest.map(
    (check) => `${check.name} (${check.kind}) ${check.result}: ${check.actual}`,
  )
  const out = notes.length === 0 ? [] : [`<system-out>${escaped(notes.join('\n'))}</system-out>`]
  const body = [...failures, ...out]
  return body.length === 0 ? `${open}/>` : `${open}>${body.join('')}</testcase>`
}

function detail(each: CaseReport, { place, expected, actual, failures }: CheckReport): string {
  const times = each.runs > 1 ? `\nin ${failures} of ${each.runs} runs` : ''
  return `${each.file}:${place.line}:${place.column}\nexpected: ${expected}\nactual: ${actual}${times}`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
    .join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\t': '&#9;',
  '\r': '&#13;',
}

function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll(/[&<>"'\n\t\r]/g, (mark) => ENTITIES[mark] ?? '')
}
