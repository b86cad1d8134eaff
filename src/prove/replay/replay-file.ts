import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { replayArgumentCases, type ArgumentReport } from './argument-cases.ts'
import type { CaseFile, RecordedRuns, Suites } from './case-file.ts'
import { replayGateCases } from './gate-cases.ts'
import { readCaseFile } from './read-case-file.ts'
import { replayRecorded, type KnownSuite, type RecordedReport } from './recorded-runs.ts'
import type { GateReport, KindTally, ReplayTotals } from './replay-report.ts'
import { loadStubbed } from './stubbed-workflow.ts'
import { replaySuite, type SuiteReport } from './suite-cases.ts'

/*
 * A file of cases in, a report out. Nothing here knows a tool or a domain: rules come from the
 * workflow, everything else from the file.
 */

export interface ReplayOptions {
  /** Workflow files: one for all, or by domain as `DOMAIN=FILE`. */
  readonly workflows: readonly string[]
  /** The folder with a folder for each domain, for domains that `workflows` does not name. */
  readonly examples: string
  /** What `$.now` reads; the machine's clock when left out. */
  readonly now?: number
}

/** What a file came to, and what is doubtful in the workflows that it was played against. */
export type ReplayReport = Outcome & { readonly warnings: readonly string[] }

type Outcome =
  | { readonly kind: 'policy'; readonly report: GateReport }
  | { readonly kind: 'arguments'; readonly report: ArgumentReport }
  | { readonly kind: 'suites'; readonly report: SuitesReport }
  | { readonly kind: 'recorded'; readonly report: RecordedTotals }

export interface SuitesReport extends ReplayTotals {
  readonly suites: readonly SuiteReport[]
}

export interface RecordedTotals extends ReplayTotals {
  readonly recorded: RecordedReport
}

/** Replays a file. Rejects with an Error in words for a file or a workflow that cannot be read. */
export async function replayFile(path: string, options: ReplayOptions): Promise<ReplayReport> {
  const file: CaseFile = await readCaseFile(path)
  const now = options.now === undefined ? {} : { now: options.now }
  switch (file.format) {
    case 'gate-cases/1': {
      const stubbed = await loadStubbed(workflowFor(file.domain, options), file.tools)
      const report = await replayGateCases(file, stubbed, now)
      return { kind: 'policy', report, warnings: stubbed.warnings }
    }
    case 'args-cases/1':
      return { kind: 'arguments', report: await replayArgumentCases(file), warnings: [] }
    case 'gate-cases/1 agentdojo': {
      const known = await knownSuites([file], options)
      return { kind: 'suites', report: await replaySuites(known), warnings: warningsOf(known) }
    }
    case 'recorded/1': {
      const known = await suitesBeside(path, file, options)
      const report = await replayRuns(file, known)
      return { kind: 'recorded', report, warnings: warningsOf(known) }
    }
  }
}

function warningsOf(known: readonly KnownSuite[]): readonly string[] {
  return [...new Set(known.flatMap(({ stubbed }) => stubbed.warnings))]
}

function workflowFor(domain: string, options: ReplayOptions): string {
  const named = options.workflows.find((each) => each.startsWith(`${domain}=`))
  const forAll = options.workflows.find((each) => !/^[\w-]+=/.test(each))
  const given = named?.slice(domain.length + 1) ?? forAll
  if (given !== undefined) return given
  const path = join(options.examples, domain, 'workflow.yaml')
  if (existsSync(path)) return path
  const hint = `give --workflow FILE, or --workflow ${domain}=FILE`
  throw new Error(`there is no workflow for ${domain} at ${path}; ${hint}`)
}

async function replaySuites(known: readonly KnownSuite[]): Promise<SuitesReport> {
  const suites: SuiteReport[] = []
  for (const { suite, results, stubbed } of known) {
    suites.push(await replaySuite(suite, { results, stubbed }))
  }
  const sum = (of: (report: SuiteReport) => number): number =>
    suites.reduce((total, report) => total + of(report), 0)
  return {
    must_pass: {
      total: sum(({ honest }) => honest.total),
      refused: sum(({ honest }) => honest.refused),
    },
    near_miss: { total: 0, refused: 0 },
    must_block: {
      total: sum((report) => both(report, 'attacks')),
      executed: sum((report) => both(report, 'left')),
    },
    by_gate: gatesOf(
      suites.map((report) => report.answered_by),
      known,
    ),
    by_kind: Object.fromEntries(suites.map((report) => [report.suite, kindOf(report)])),
    cases: suites.flatMap(({ suite, refused, left }) => [
      ...refused.map((id) => `${suite}/${id}`),
      ...left,
    ]),
    failures: [],
    suites,
  }
}

function both({ attacks }: SuiteReport, key: 'attacks' | 'left'): number {
  return attacks.both.at_once[key] + attacks.both.at_the_end[key]
}

function kindOf({ honest, attacks, answered_by }: SuiteReport): KindTally {
  const { at_once, at_the_end } = attacks.both
  return {
    total: honest.total + at_once.attacks + at_the_end.attacks,
    refused: honest.refused,
    executed: at_once.left + at_the_end.left,
    answered_by,
  }
}

/** How often each gate objected; a workflow's gate that never did is there with 0. */
function gatesOf(
  answers: readonly Readonly<Record<string, number>>[],
  known: readonly KnownSuite[],
): ReplayTotals['by_gate'] {
  const written = known.flatMap(({ stubbed }) => Object.keys(stubbed.spec.gates ?? {}))
  const totals = new Map(written.map((gate) => [gate, 0]))
  for (const [gate, count] of answers.flatMap((each) => Object.entries(each))) {
    totals.set(gate, (totals.get(gate) ?? 0) + count)
  }
  const entries = [...totals].map(
    ([gate, must_block]) => [gate, { must_pass: 0, near_miss: 0, must_block }] as const,
  )
  return Object.fromEntries(entries)
}

async function knownSuites(
  files: readonly Suites[],
  options: ReplayOptions,
): Promise<readonly KnownSuite[]> {
  const known: KnownSuite[] = []
  for (const { suites, results } of files) {
    for (const suite of suites) {
      const stubbed = await loadStubbed(workflowFor(suite.suite, options), suite.tools)
      known.push({ suite, results, stubbed })
    }
  }
  return known
}

/** Recordings hold calls alone: their tasks and results are in the suite files beside them. */
async function suitesBeside(
  path: string,
  file: RecordedRuns,
  options: ReplayOptions,
): Promise<readonly KnownSuite[]> {
  const folder = dirname(path)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted()
  const needed = new Set(file.runs.map((run) => run.suite))
  const files: Suites[] = []
  for (const name of names) {
    const beside = await readCaseFile(join(folder, name)).catch(() => null)
    if (beside?.format !== 'gate-cases/1 agentdojo') continue
    files.push({ ...beside, suites: beside.suites.filter(({ suite }) => needed.has(suite)) })
  }
  if (files.every(({ suites }) => suites.length === 0)) {
    const suites = [...needed].join(', ')
    throw new Error(`${basename(path)} needs the suite file of ${suites} beside it in ${folder}`)
  }
  return knownSuites(files, options)
}

async function replayRuns(
  file: RecordedRuns,
  known: readonly KnownSuite[],
): Promise<RecordedTotals> {
  const recorded = await replayRecorded(file, known)
  const { gates } = recorded.by_defence
  return {
    must_pass: { total: gates.honest, refused: gates.refused },
    near_miss: { total: 0, refused: 0 },
    must_block: { total: gates.attacks, executed: gates.left },
    by_gate: gatesOf([recorded.answered_by], known),
    by_kind: Object.fromEntries(
      Object.entries(recorded.by_suite).map(([suite, { gates: own }]) => [
        suite,
        {
          total: own.attacks + own.honest,
          refused: own.refused,
          executed: own.left,
          answered_by: {},
        },
      ]),
    ),
    cases: [...recorded.refused, ...recorded.left],
    failures: [],
    recorded,
  }
}
