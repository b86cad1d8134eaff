import { Command } from 'commander'
import {
  artifactVersions,
  type ArtifactVersionRecord,
} from '../../core/log/record/artifact-record.ts'
import { writeJson, type Cli } from '../cli.ts'
import { oneLine } from '../display/plain-text.ts'
import { tableLines, type Color } from '../display/screen.ts'
import { findRun } from '../find/find-run.ts'
import { withStore } from '../home/home.ts'
import { readLog } from '../find/read-log.ts'

const EXAMPLES = `
Examples:
  $ lockstep artifacts list last
  $ lockstep artifacts list last --json`

/** `lockstep artifacts list RUN`: every version that a run stored, and whether it is published. */
export function artifactsListCommand(cli: Cli): Command {
  return new Command('list')
    .description('list the versions of artifacts that a run stored')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((run: string, options: { readonly json?: true }) =>
      list(cli, run, { json: options.json === true }),
    )
}

async function list(cli: Cli, given: string, options: { readonly json: boolean }): Promise<void> {
  const { run, artifacts } = await withStore(cli.env, async (store) => {
    const { run } = await findRun(store, given)
    return { run, artifacts: artifactVersions(await readLog(store, run)) }
  })
  if (options.json) return writeJson(cli, { run, artifacts })
  const { screen } = cli
  if (artifacts.length === 0) {
    return screen.entry({ indent: 0, mark: '·', body: `run ${run} stored no artifact` })
  }
  const inSubRun = artifacts.some(({ branch }) => branch !== undefined)
  const head = ['ARTIFACT', 'VERSION', 'STATUS', 'SCORE', 'CHARACTERS', 'TYPE', 'EXPIRES']
  const rows = artifacts.map((each) => cells(each))
  const lines = tableLines(
    [
      inSubRun ? [...head, 'SUB-RUN'] : head,
      ...rows.map((row, index) =>
        inSubRun ? [...row, oneLine(artifacts[index]?.branch ?? '')] : row,
      ),
    ],
    // What a narrow terminal has no room for is left out from the right.
    { columns: screen.columns, least: 3 },
  )
  lines.forEach((line, index) => {
    const status = artifacts[index - 1]?.status
    screen.line(screen.paint(line, status === undefined ? 'dim' : COLORS[status]))
  })
}

const COLORS: Readonly<Record<ArtifactVersionRecord['status'], Color>> = {
  published: 'green',
  unpublished: 'yellow',
  rewound: 'dim',
}

function cells(version: ArtifactVersionRecord): readonly string[] {
  const { artifact, version: number, status, score, chars, type, expires_at: expires } = version
  return [
    oneLine(artifact),
    String(number),
    status,
    score === undefined ? '' : String(score),
    chars.toLocaleString('en'),
    oneLine(type),
    expires === undefined ? '' : new Date(expires).toISOString().slice(0, 16).replace('T', ' '),
  ]
}
