import { Command } from 'commander'
import { DEFAULT_TENANT } from '../../drive/open-memory.ts'
import { writeJson, type Cli } from '../cli.ts'
import { oneLine } from '../display/plain-text.ts'
import { homeMemory } from '../home/home-memory.ts'

const EXAMPLES = `
Every note of the record is deleted, and the file written anew, so that nothing of them is left in it. In
Postgres the rows are gone; docs/memory.md says what its disk still keeps. What runs recalled and said
still stands in their logs.

Examples:
  $ lockstep memory forget customer-17`

/** `lockstep memory forget RECORD`: deletes its notes so that nothing of them is left (S0.23). */
export function memoryForgetCommand(cli: Cli): Command {
  return new Command('forget')
    .description('delete every note of a record')
    .argument('<record>', 'whose notes')
    .option('--tenant <name>', 'of which tenant', DEFAULT_TENANT)
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (record: string, options: { readonly tenant: string; readonly json?: true }) => {
      const { tenant, json } = options
      const bank = await homeMemory(cli.env)()
      const deleted = await bank.forget({ tenant, record })
      if (json === true) return writeJson(cli, { tenant, record, deleted })
      const name = oneLine(record)
      if (deleted === 0) {
        const body = `there were no notes of ${name}`
        return cli.screen.entry({ indent: 0, mark: '·', body })
      }
      const many = `${deleted} ${deleted === 1 ? 'note' : 'notes'}`
      const body = `deleted ${many} of ${name}; what runs recalled of them still stands in their logs`
      cli.screen.entry({ indent: 0, mark: '✓', markColor: 'green', body })
    })
}
