import { Command } from 'commander'
import { legalNames } from '../../core/spec/issue.ts'
import type { Cli } from '../cli.ts'
import { keysFile } from '../home/keys-file.ts'
import { UsageError } from '../usage-error.ts'

interface RevokeOptions {
  readonly keys?: string
}

/** `lockstep keys revoke KEY`: from now on it is refused; that there was one is kept. */
export function keysRevokeCommand(cli: Cli): Command {
  return new Command('revoke')
    .description('refuse a key from now on')
    .argument('<key>', 'its id, as `keys list` shows it')
    .option('--keys <file>', 'the keys file')
    .addHelpText('after', '\nExamples:\n  $ lockstep keys revoke key_1f0c2d3e4a5b')
    .action((id: string, options: RevokeOptions) => revoke(cli, id, options))
}

async function revoke(cli: Cli, given: string, options: RevokeOptions): Promise<void> {
  const { changeKeys, readKeys } = await import('../../server/guard/api-keys-file.ts')
  const file = keysFile(cli.env, options.keys)
  // Whoever pastes the key itself means this one too, but it must not be shown.
  if (given.startsWith('lsk_')) {
    throw new UsageError('that is a key, and its id is wanted', {
      advice: 'see `lockstep keys list`',
    })
  }
  const known = readKeys(file)
  const found = known.find(({ id }) => id === given)
  if (found === undefined) {
    const ids = known.map(({ id }) => id)
    throw new UsageError(`there is no key ${JSON.stringify(given)}`, {
      advice: legalNames(given, ids),
    })
  }
  const revoked = new Date().toISOString()
  changeKeys(file, (keys) => keys.map((key) => (key.id === given ? { revoked, ...key } : key)))
  const since = found.revoked === undefined ? '' : `, as it is since ${found.revoked}`
  const body = `${given} of ${found.tenant} is refused from now on${since}`
  cli.screen.entry({ indent: 0, mark: '✓', markColor: 'green', body })
}
