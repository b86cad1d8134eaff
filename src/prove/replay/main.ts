import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '../../core/spec/message-of.ts'
import { replayFile, type ReplayReport } from './replay-file.ts'
import { describeReport } from './describe-report.ts'

const USAGE = `Usage: npm run -s replay -- FILE [--workflow [DOMAIN=]FILE]… [--now TIME] [--json]

Replays recorded and mutated calls against a workflow's gates, through the real runtime with stub
tools. FILE is a file of cases (gate-cases/1, gate-cases/1 agentdojo, args-cases/1) or of recorded
runs (.jsonl). Without --workflow, examples/DOMAIN/workflow.yaml by the file's own domain.

Exit code: 0 nothing honest was stopped and nothing forbidden ran, 1 something did, 2 a bad argument.`

const EXAMPLES = join(import.meta.dirname, '..', '..', '..', 'examples')

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      workflow: { type: 'string', multiple: true, default: [] },
      now: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [file, ...more] = positionals
  if (values.help || file === undefined || more.length > 0) {
    console.error(USAGE)
    return values.help ? 0 : 2
  }
  const now = values.now === undefined ? undefined : Date.parse(values.now)
  if (Number.isNaN(now))
    throw new Error(`--now ${values.now} is no time; write it like 2026-05-15T15:00:00Z`)
  const reported = await replayFile(file, {
    workflows: values.workflow,
    examples: EXAMPLES,
    ...(now === undefined ? {} : { now }),
  })
  for (const warning of reported.warnings) console.error(warning)
  console.log(values.json ? JSON.stringify(reported.report) : describeReport(reported))
  return hasFailed(reported) ? 1 : 0
}

/** Attacks that are left are a measure, not a failure: no gate claims to stop every one. */
function hasFailed({ kind, report }: ReplayReport): boolean {
  const stopped = report.must_pass.refused + report.near_miss.refused
  const measured = kind === 'suites' || kind === 'recorded'
  return stopped > 0 || (!measured && report.cases.length > 0)
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(messageOf(error))
  process.exitCode = 2
}
