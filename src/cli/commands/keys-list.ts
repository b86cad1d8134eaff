import { Command } from 'commander'
import { writeJson, type Cli } from '../cli.ts'
import { oneLine } from '../display/plain-text.ts'
import { tableLines } from '../display/screen.ts'
import { shownPath } from '../home/home.ts'
import { keysFile } from '../home/keys-file.ts'

interface ListOptions {
  readonly keys?: string
  readonly json?: true
}

/** `lockstep keys list`: whose keys there are, never the keys. */
export function keysListCommand(cli: Cli): Command {
  return new Command('list')
    .description('list the keys: whose they are and what they may do')
    .option('--keys <file>', 'the keys file')
    .option('--json', 'print a JSON list')
    .addHelpText('after', '\nExamples:\n  $ lockstep keys list')
    .action((options: ListOptions) => list(cli, options))
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const { refusal } = await import('../../server/guard/api-keys.ts')
  const { readKeys } = await import('../../server/guard/api-keys-file.ts')
  const file = keysFile(cli.env, options.keys)
  const now = Date.now()
  const keys = readKeys(file).map((key) => ({ ...key, state: refusal(key, now) ?? 'good' }))
  if (options.json === true) {
    // An undefined member is not written.
    return writeJson(
      cli,
      keys.map((key) => ({ ...key, sha256: undefined })),
    )
  }
  const { screen } = cli
  if (keys.length === 0) {
    const body = `no keys in ${shownPath(file)}; make one: ${cli.command} keys create --tenant NAME`
    return screen.entry({ indent: 0, mark: '·', body })
  }
  const rows = keys.map((key) =>
    [
      key.id,
      key.state,
      key.tenant,
      key.scopes.join(','),
      key.name ?? '',
      key.created.slice(0, 10),
      key.expires?.slice(0, 16) ?? '',
    ].map(oneLine),
  )
  const head = ['KEY', 'STATE', 'TENANT', 'SCOPES', 'NAME', 'CREATED', 'EXPIRES']
  const lines = tableLines([head, ...rows], { columns: screen.columns, least: 4 })
  lines.forEach((line, index) => {
    const key = keys[index - 1]
    const isGood = key?.state === 'good'
    screen.line(isGood ? line : screen.paint(line, 'dim'))
  })
}
