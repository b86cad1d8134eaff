import { Command } from 'commander'
import type { Plan } from '../../core/spec/plan.ts'
import { promptLengths } from '../../core/spec/prompt-lengths.ts'
import { loadWorkflowFile } from '../../drive/load/load-workflow.ts'
import type { PlacedIssue } from '../../drive/load/loaded-workflow.ts'
import { writeJson, type Cli } from '../cli.ts'
import { checkedGuidelines, showCheckedGuidelines } from '../display/guideline-lines.ts'
import { oneLine } from '../display/plain-text.ts'
import { showPromptLengths } from '../display/prompt-length-lines.ts'
import { showIssues } from '../issues.ts'
import { assertFile } from '../open-workflow.ts'

const EXAMPLES = `
Examples:
  $ lockstep check workflow.yaml
  $ lockstep check workflow.yaml --json

Exit code: 0 it can run (there may be warnings); 2 it has errors.`

/** `lockstep check FILE`: says what is wrong with a workflow, or what it consists of. */
export function checkCommand(cli: Cli): Command {
  return new Command('check')
    .description('say what is wrong with a workflow, with line and column')
    .argument('<file>', 'the workflow: .yaml, .json, .ts or .js')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((file: string, options: { readonly json?: true }) =>
      check(cli, file, { json: options.json === true }),
    )
}

async function check(cli: Cli, file: string, options: { readonly json: boolean }): Promise<void> {
  assertFile(file)
  const loaded = await loadWorkflowFile(file, { env: cli.env })
  const issues = loaded.ok ? loaded.workflow.warnings : loaded.issues
  const plan = loaded.ok ? loaded.workflow.plan : null
  cli.exitCode = plan === null ? 2 : 0
  if (options.json) {
    writeJson(cli, report(file, { issues, plan }))
    return
  }
  const { screen } = cli
  await showIssues(screen, inOrder(issues))
  if (issues.length > 0) screen.line()
  const errors = count(issues, 'error')
  const warnings = count(issues, 'warning')
  const counts = [plural(errors, 'error'), plural(warnings, 'warning')]
  if (plan === null) {
    screen.entry({
      indent: 0,
      mark: '✗',
      markColor: 'red',
      head: `${oneLine(file)}:`,
      body: counts.slice(0, warnings === 0 ? 1 : 2).join(', '),
    })
    return
  }
  screen.entry({
    indent: 0,
    mark: '✓',
    markColor: 'green',
    head: `${plan.name}:`,
    headColor: 'bold',
    body: warnings === 0 ? 'fine' : plural(warnings, 'warning'),
  })
  for (const [name, value] of Object.entries(summary(plan))) {
    const body = typeof value === 'string' ? value : `${value.length}: ${value.join(', ')}`
    if (value.length > 0) {
      screen.entry({ indent: 2, mark: name.padEnd(9), markColor: 'dim', body })
    }
  }
  showPromptLengths(screen, promptLengths(plan))
  if (plan.guidelines !== null) showCheckedGuidelines(screen, checkedGuidelines(plan.guidelines))
}

function report(
  file: string,
  found: { readonly issues: readonly PlacedIssue[]; readonly plan: Plan | null },
): object {
  const { issues, plan } = found
  return {
    ok: plan !== null,
    file,
    errors: issues.filter((issue) => issue.severity === 'error'),
    warnings: issues.filter((issue) => issue.severity === 'warning'),
    ...(plan === null
      ? {}
      : {
          workflow: plan.name,
          ...summary(plan),
          prompts: promptLengths(plan),
          ...(plan.guidelines === null ? {} : { guidelines: checkedGuidelines(plan.guidelines) }),
        }),
  }
}

function summary(plan: Plan): Readonly<Record<string, string | readonly string[]>> {
  return {
    steps: [...plan.steps.keys()],
    artifacts: [...plan.artifacts.keys()],
    slots: [...plan.slots.keys()],
    tools: plan.toolNames,
    gates: Object.keys(plan.spec.gates ?? {}),
    digest: plan.digest,
  }
}

/** As they stand in their files; what has no place comes first. */
function inOrder(issues: readonly PlacedIssue[]): readonly PlacedIssue[] {
  const files = [...new Set(issues.map((issue) => issue.file))]
  return issues.toSorted(
    (left, right) =>
      files.indexOf(left.file) - files.indexOf(right.file) ||
      (left.place?.line ?? 0) - (right.place?.line ?? 0) ||
      (left.place?.column ?? 0) - (right.place?.column ?? 0),
  )
}

function count(issues: readonly PlacedIssue[], severity: PlacedIssue['severity']): number {
  return issues.filter((issue) => issue.severity === severity).length
}

function plural(many: number, name: string): string {
  return `${many} ${name}${many === 1 ? '' : 's'}`
}
