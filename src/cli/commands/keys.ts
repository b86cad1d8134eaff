import { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { keysCreateCommand } from './keys-create.ts'
import { keysListCommand } from './keys-list.ts'
import { keysRevokeCommand } from './keys-revoke.ts'

const EXAMPLES = `
Keys are kept as hashes in keys.json in LOCKSTEP_HOME, or in the file that --keys or LOCKSTEP_KEYS names;
a server that runs sees a change within a second.

Examples:
  $ lockstep keys create --tenant acme --scopes run,read --expires 90d
  $ lockstep keys list
  $ lockstep keys revoke key_1f0c…`

/** `lockstep keys`: who may call a server (issue 5, security). */
export function keysCommand(cli: Cli): Command {
  return new Command('keys')
    .description('make, list and revoke API keys of a server')
    .addHelpText('after', EXAMPLES)
    .addCommand(keysCreateCommand(cli))
    .addCommand(keysListCommand(cli))
    .addCommand(keysRevokeCommand(cli))
}
