import { Command } from 'commander'
import type { Guideline, GuidelineMatch } from '../../core/spec/guideline/guideline.ts'
import { DEFAULT_GUIDELINE_BUDGET, priorityOf } from '../../core/spec/guideline/guideline.ts'
import { rankGuidelines } from '../../core/spec/guideline/rank-guidelines.ts'
import { tokensIn } from '../../core/spec/guideline/select-guidelines.ts'
import { applyGuidelines } from '../../guideline/apply-guidelines.ts'
import { GUIDELINE_FOLDER, loadGuidelines } from '../../guideline/load-guidelines.ts'
import { writeJson, type Cli } from '../cli.ts'
import { oneLine } from '../display/plain-text.ts'
import { tableLines } from '../display/screen.ts'
import { showIssues } from '../issues.ts'
import { UsageError } from '../usage-error.ts'
import { wholeNumber } from '../whole-number.ts'

const EXAMPLES = `
Guidelines are Markdown files with front matter (id, title, tags, priority, always, summary, enforced_by).

Examples:
  $ lockstep guidelines list
  $ lockstep guidelines match "Draft a cold email to a CTO"
  $ lockstep guidelines match "Refund an order" --folder policies --match strict --json`

const MATCHES = ['balanced', 'strict', 'broad'] as const

interface ListOptions {
  readonly folder: string
  readonly json?: true
}

interface MatchOptions extends ListOptions {
  readonly match: GuidelineMatch
  readonly budget: number
}

/** `lockstep guidelines`: what a folder of guidelines has, and what fits a task (S0.20). */
export function guidelinesCommand(cli: Cli): Command {
  const folder = ['--folder <folder>', 'where they are', GUIDELINE_FOLDER] as const
  const list = new Command('list')
    .description('list the guidelines of a folder')
    .option(...folder)
    .option('--json', 'print one JSON object')
    .action((options: ListOptions) => listGuidelines(cli, options))
  const match = new Command('match')
    .description('say which guidelines a run about this task is told')
    .argument('<task>', 'what it is about')
    .option(...folder)
    .option('--match <how>', MATCHES.join(', '), readMatch, 'balanced')
    .option('--budget <tokens>', 'tokens that they may take', wholeNumber, DEFAULT_GUIDELINE_BUDGET)
    .option('--json', 'print one JSON object')
    .action((task: string, options: MatchOptions) => matchTask(cli, task, options))
  return new Command('guidelines')
    .description('list guidelines, and say which of them fit a task')
    .addHelpText('after', EXAMPLES)
    .addCommand(list)
    .addCommand(match)
}

function readMatch(given: string): GuidelineMatch {
  const known = MATCHES.find((each) => each === given)
  if (known !== undefined) return known
  throw new UsageError(`--match is ${given}; legal: ${MATCHES.join(', ')}`)
}

/** The guidelines of a folder; null where something is wrong, which has been said then. */
async function load(cli: Cli, options: ListOptions): Promise<readonly Guideline[] | null> {
  const loaded = await loadGuidelines(options.folder)
  if (loaded.ok) return loaded.guidelines
  cli.exitCode = 2
  if (options.json === true) writeJson(cli, { ok: false, errors: loaded.issues })
  else await showIssues(cli.screen, loaded.issues)
  return null
}

async function listGuidelines(cli: Cli, options: ListOptions): Promise<void> {
  const guidelines = await load(cli, options)
  if (guidelines === null) return
  if (options.json === true) return writeJson(cli, { folder: options.folder, guidelines })
  if (guidelines.length === 0) return say(cli, `there are no guidelines in ${options.folder}`)
  const rows = guidelines.map((each) => [
    oneLine(each.id),
    `${each.priority ?? 'normal'}${each.always === true ? ', always' : ''}`,
    String(tokensIn(each.text)),
    (each.tags ?? []).map(oneLine).join(', '),
    oneLine(each.title),
  ])
  showTable(cli, [['ID', 'PRIORITY', 'TOKENS', 'TAGS', 'TITLE'], ...rows])
}

async function matchTask(cli: Cli, task: string, options: MatchOptions): Promise<void> {
  const guidelines = await load(cli, options)
  if (guidelines === null) return
  const { match, budget, json } = options
  const { text, applied } = await applyGuidelines(guidelines, { task, match, budget })
  const scores = new Map(
    rankGuidelines(guidelines, task).map(({ guideline, score }) => [guideline.id, score]),
  )
  const scored = [...guidelines]
    .filter(({ id }) => scores.has(id) || applied.ids.includes(id))
    .toSorted((left, right) => (scores.get(right.id) ?? 0) - (scores.get(left.id) ?? 0))
  if (json === true) {
    const all = scored.map(({ id }) => ({ id, score: scores.get(id) ?? 0 }))
    return writeJson(cli, { task, match, applied, scores: all, text })
  }
  if (scored.length === 0) return say(cli, 'no guideline has a word in common with this')
  const rows = scored.map((each) => [
    oneLine(each.id),
    (scores.get(each.id) ?? 0).toFixed(2),
    outcomeOf(each, applied),
    oneLine(each.title),
  ])
  showTable(cli, [['ID', 'SCORE', 'TOLD', 'TITLE'], ...rows])
  say(cli, `about ${applied.tokens} of ${budget} tokens`)
}

function outcomeOf(
  each: Guideline,
  applied: { readonly ids: readonly string[]; readonly demoted: readonly string[] },
): string {
  if (!applied.ids.includes(each.id)) return 'no'
  const how = applied.demoted.includes(each.id) ? 'as a summary' : 'whole'
  const why = each.always === true ? ', always' : priorityOf(each) >= 100 ? ', critical' : ''
  return `${how}${why}`
}

function showTable(cli: Cli, rows: readonly (readonly string[])[]): void {
  const { screen } = cli
  const lines = tableLines(rows, { columns: screen.columns, least: 3 })
  lines.forEach((line, index) => screen.line(index === 0 ? screen.paint(line, 'dim') : line))
}

function say(cli: Cli, words: string): void {
  cli.screen.entry({ indent: 0, mark: '·', body: oneLine(words) })
}
