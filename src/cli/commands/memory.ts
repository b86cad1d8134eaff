import { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { memoryForgetCommand } from './memory-forget.ts'
import { memoryListCommand } from './memory-list.ts'

const EXAMPLES = `
RECORD is whose notes they are: what a workflow says as \`memory: { record: … }\`. They lie in memory.db
in LOCKSTEP_HOME, or in the database of LOCKSTEP_STORE.

Examples:
  $ lockstep memory list
  $ lockstep memory list customer-17
  $ lockstep memory forget customer-17`

/** `lockstep memory`: the notes that outlive runs, and deleting them (S0.23). */
export function memoryCommand(cli: Cli): Command {
  return new Command('memory')
    .description('list and delete the notes that outlive runs')
    .addHelpText('after', EXAMPLES)
    .addCommand(memoryListCommand(cli))
    .addCommand(memoryForgetCommand(cli))
}
