import { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { auditExportCommand } from './audit-export.ts'
import { auditKeygenCommand } from './audit-keygen.ts'
import { auditLedgerCommand } from './audit-ledger.ts'
import { auditVerifyCommand } from './audit-verify.ts'

const EXAMPLES = `
RUN is an id, the beginning of one, or \`last\`.

Examples:
  $ lockstep audit ledger last                    who decided what, by which rule, and why
  $ lockstep audit verify --all                   every log is whole
  $ lockstep audit export last --out run.jsonl    the log with its hashes and seals
  $ lockstep audit keygen signing.pem             a key that seals logs

Logs are sealed at each rest while LOCKSTEP_SIGNING_KEY names the file of a key.`

/** `lockstep audit`: what was enforced in a run, and whether its log is the one that was written. */
export function auditCommand(cli: Cli): Command {
  return new Command('audit')
    .description('show what was enforced, verify logs, export them')
    .addHelpText('after', EXAMPLES)
    .addCommand(auditLedgerCommand(cli))
    .addCommand(auditVerifyCommand(cli))
    .addCommand(auditExportCommand(cli))
    .addCommand(auditKeygenCommand(cli))
}
