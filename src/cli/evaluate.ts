import { existsSync, statSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import {
  decodeBaseline,
  encodeBaseline,
  regressionsOf,
  type Baseline,
} from '../eval/report/baseline.ts'
import { caseId, folderOf, placeOfId } from '../eval/read/case-id.ts'
import { toJUnit } from '../eval/report/junit.ts'
import { loadEvals, type LoadedEvals } from '../eval/read/load-evals.ts'
import { makeReport } from '../eval/report/make-report.ts'
import type { CaseReport, EvalReport } from '../eval/report/report.ts'
import { runEvals } from '../eval/run-evals.ts'
import { aiSdkMind } from '../mind/ai-sdk.ts'
import type { Mind } from '../mind/mind.ts'
import { resolveModel } from '../mind/provider-registry.ts'
import { writeJson, type Cli } from './cli.ts'
import { evalProgress, showEvalReport } from './display/eval-lines.ts'
import type { Screen } from './display/screen.ts'
import { BASELINE_FILE, type EvalFlags } from './eval-flags.ts'
import { shownPath } from './home/home.ts'
import { UsageError } from './usage-error.ts'

/** Runs the cases at these paths, shows or writes what came of them, and sets the exit code. */
export async function evaluate(
  cli: Cli,
  given: readonly string[],
  flags: EvalFlags,
): Promise<void> {
  const began = performance.now()
  const paths = given.length === 0 ? ['.'] : given
  const { save, before, former } = await readBaselines(flags)
  const loaded = await loadEvals(paths, cli.env)
  assertUsable(loaded)
  const mindOf = (model: string): Promise<Mind> => modelMind(model, cli.env)
  if (flags.model !== undefined) await mindOf(flags.model)
  const json = flags.json === true
  const screen = json ? (cli.aside.live ? cli.aside : null) : cli.screen
  const cases = await runAll(loaded, { flags, mindOf, screen, env: cli.env })
  const from = folderOf(flags.baseline)
  const regressions =
    before === null ? [] : regressionsOf(cases, before, looking(from, { paths, loaded }))
  const ms = performance.now() - began
  const report = makeReport(cases, { loaded: loaded.cases, regressions, ms })
  if (flags.junit !== undefined) await write(flags.junit, toJUnit(report))
  if (save !== null) {
    const looked = looking(folderOf(save), { paths, loaded })
    const kept = Object.entries(former?.cases ?? {}).filter(([id]) => !looked(id))
    const ids = loaded.cases.map((each) => caseId(each.eval, folderOf(save)))
    const renamed = cases.map((each, index) => ({ ...each, id: ids[index] ?? each.id }))
    await write(save, encodeBaseline(renamed, Object.fromEntries(kept)))
  }
  if (json) writeJson(cli, report)
  if (screen !== null) show(screen, report, save)
  cli.exitCode = report.ok ? 0 : 1
}

async function runAll(
  loaded: LoadedEvals,
  on: {
    readonly flags: EvalFlags
    readonly mindOf: (model: string) => Promise<Mind>
    readonly screen: Screen | null
    readonly env: Cli['env']
  },
): Promise<readonly CaseReport[]> {
  const { flags, mindOf, screen, env } = on
  const progress = screen === null ? null : evalProgress(screen)
  try {
    return await runEvals(loaded.cases, {
      repeat: flags.repeat,
      ...(flags.model === undefined ? {} : { model: flags.model }),
      mindOf,
      env,
      from: folderOf(flags.baseline),
      onNext: ({ name }) => progress?.next(name),
      onCase: (done) => progress?.done(done),
    })
  } finally {
    progress?.clear()
  }
}

/** Rejects with a MindError where the model cannot be had: a key is missing. */
async function modelMind(model: string, env: Cli['env']): Promise<Mind> {
  await resolveModel(model, env)
  return aiSdkMind({ model: (id: string) => resolveModel(id, env) })
}

function show(screen: Screen, report: EvalReport, save: string | null): void {
  showEvalReport(screen, report)
  if (save === null) return
  const failed = report.totals.failed
  const many = failed === 1 ? 'case is' : 'cases are'
  const open = failed === 0 ? '' : `; its ${failed} failing ${many} kept as failing`
  screen.entry({ indent: 0, mark: '·', markColor: 'dim', body: `baseline kept in ${save}${open}` })
}

/** Before anything is run: a case that nobody can run, or a wrong file, must not be found out late. */
function assertUsable({ cases, problems, issues }: LoadedEvals): void {
  if (issues.length > 0) {
    const shown = issues.map((issue) =>
      issue.file === undefined ? issue : { ...issue, file: shownPath(issue.file) },
    )
    throw new UsageError('nothing was run: mend these first', { issues: shown })
  }
  const [problem] = problems
  if (cases.length > 0 && problem === undefined) return
  throw new UsageError(problem ?? 'there are no cases here', {
    advice: 'cases are files in evals/ beside a workflow; `lockstep init my-agent` makes some',
  })
}

interface Baselines {
  /** The file to keep this run in. */
  readonly save: string | null
  /** What it holds already. */
  readonly former: Baseline | null
  /** What this run is compared with. */
  readonly before: Baseline | null
}

async function readBaselines({ baseline, saveBaseline }: EvalFlags): Promise<Baselines> {
  if (baseline !== undefined && !existsSync(baseline)) {
    const advice = `\`lockstep eval --save-baseline ${baseline}\` makes it`
    throw new UsageError(`there is no baseline ${baseline}`, { advice })
  }
  const before = baseline === undefined ? null : await readBaseline(baseline)
  const save = saveBaseline === true ? (baseline ?? BASELINE_FILE) : (saveBaseline ?? null)
  if (save === null) return { save, former: null, before }
  // `--save-baseline my-agent` is meant to be two words more often than not.
  const isFolder = existsSync(save) && statSync(save).isDirectory()
  if (isFolder || !save.endsWith('.json')) {
    const advice = `write paths before it, or \`--save-baseline ${BASELINE_FILE} ${save}\``
    throw new UsageError(`--save-baseline takes a .json file, not ${save}`, { advice })
  }
  return { save, former: existsSync(save) ? await readBaseline(save) : null, before }
}

async function readBaseline(file: string): Promise<Baseline> {
  const read = decodeBaseline(await readFile(file, 'utf8'))
  if (read.ok) return read.baseline
  throw new UsageError(`${shownPath(file)} is no baseline: ${read.message}`)
}

/** Says of an id whether its case should have been seen among what was looked at. */
function looking(
  from: string,
  on: { readonly paths: readonly string[]; readonly loaded: LoadedEvals },
): (id: string) => boolean {
  const others = new Set(on.loaded.others.map((each) => caseId(each, from)))
  const evals = new Set(on.loaded.cases.map((each) => each.eval.file))
  const places = on.paths.map((path) => {
    const full = resolve(path)
    // A workflow stands for the evals beside it; a folder or an eval file for itself.
    const isItself = statSync(full).isDirectory() || evals.has(full)
    return isItself ? full : join(dirname(full), 'evals')
  })
  return (id) => {
    const file = placeOfId(id, from)
    const isThere = places.some((place) => file === place || file.startsWith(`${place}${sep}`))
    return isThere && !others.has(id)
  }
}

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true })
  await writeFile(file, content)
}
