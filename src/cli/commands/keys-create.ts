import { Command } from 'commander'
import type { KeyRecord } from '../../server/guard/api-keys.ts'
import type { Scope } from '../../server/server-context.ts'
import { SCOPES, TENANT } from '../../server/guard/tenants.ts'
import { writeJson, type Cli } from '../cli.ts'
import { shownPath } from '../home/home.ts'
import { keysFile } from '../home/keys-file.ts'
import { UsageError } from '../usage-error.ts'
import { wholeNumber } from '../whole-number.ts'

interface CreateOptions {
  readonly tenant: string
  readonly scopes: string
  readonly name?: string
  readonly expires?: string
  readonly rate?: number
  readonly concurrency?: number
  readonly keys?: string
  readonly json?: true
}

const HELP = `
Scopes: run (start runs and go on with them), approve (give a person's answer), read (look at runs),
admin (all of it, and /metrics).

Examples:
  $ lockstep keys create --tenant acme
  $ lockstep keys create --tenant acme --scopes approve,read --name ana --expires 2027-01-01
  $ lockstep keys create --tenant acme --expires 12h --rate 600 --concurrency 20`

/** `lockstep keys create`: makes a key and shows it, once. */
export function keysCreateCommand(cli: Cli): Command {
  return new Command('create')
    .description('make a key; it is shown this once')
    .requiredOption('--tenant <name>', 'whose it is: letters, digits and -')
    .option('--scopes <list>', `what it may do: ${SCOPES.join(', ')}`, 'run,read')
    .option('--name <name>', 'who holds it; the log has what they do under this name')
    .option('--expires <when>', 'a date (2027-01-01), or a time from now (30m, 12h, 90d)')
    .option('--rate <number>', 'requests a minute, before the server’s own', wholeNumber)
    .option('--concurrency <number>', 'requests at once, before the server’s own', wholeNumber)
    .option('--keys <file>', 'the keys file')
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action((options: CreateOptions) => create(cli, options))
}

async function create(cli: Cli, options: CreateOptions): Promise<void> {
  // Loaded with the command: what checks keys takes longer than most commands do.
  const { createKey, refusal } = await import('../../server/guard/api-keys.ts')
  const { changeKeys } = await import('../../server/guard/api-keys-file.ts')
  const { tenant, name, rate, concurrency } = options
  if (!TENANT.test(tenant)) {
    const advice = 'letters, digits and -, at most 40'
    throw new UsageError(`${JSON.stringify(tenant)} is no name of a tenant`, { advice })
  }
  if (name !== undefined && (name.trim() === '' || name.length > 80)) {
    throw new UsageError('a name has 1 to 80 characters')
  }
  const file = keysFile(cli.env, options.keys)
  const now = Date.now()
  const scopes = readScopes(options.scopes)
  const expires = options.expires === undefined ? undefined : readTime(options.expires, now)
  const { secret, record } = createKey({
    tenant,
    scopes,
    now,
    ...(name === undefined ? {} : { name }),
    ...(expires === undefined ? {} : { expires }),
    ...(rate === undefined ? {} : { rate_per_minute: rate }),
    ...(concurrency === undefined ? {} : { concurrency }),
  })
  changeKeys(file, (keys) => {
    const good = keys.filter((key) => refusal(key, now) === null)
    assertNameIsFree(good, record)
    return [...keys, record]
  })
  if (options.json === true) {
    const { sha256: _, ...shown } = record
    return writeJson(cli, { key: secret, ...shown, file })
  }
  const { screen } = cli
  const what = `${record.id} of ${tenant}: ${scopes.join(', ')}${expires === undefined ? '' : `, until ${expires}`}`
  screen.entry({ indent: 0, mark: '✓', markColor: 'green', body: what })
  screen.line(`  ${secret}`)
  const body = `keep it: it is not shown again. Its hash is in ${shownPath(file)}`
  screen.entry({ indent: 0, mark: '·', markColor: 'dim', body })
}

/** Two approvers are two people: the log must be able to tell them apart (Law 8). */
function assertNameIsFree(keys: readonly KeyRecord[], made: KeyRecord): void {
  const other = keys.find(
    (key) => made.name !== undefined && key.name === made.name && key.tenant === made.tenant,
  )
  if (other === undefined) return
  throw new UsageError(`${other.id} of ${made.tenant} has the name ${made.name} already`, {
    advice: `give another --name, or revoke it first: \`lockstep keys revoke ${other.id}\``,
  })
}

function readScopes(text: string): readonly Scope[] {
  const words = text.split(',').map((word) => word.trim())
  const unknown = words.find((word) => !SCOPES.some((scope) => scope === word))
  if (unknown !== undefined) {
    const advice = `legal: ${SCOPES.join(', ')}, parted by commas`
    throw new UsageError(`${JSON.stringify(unknown)} is no scope`, { advice })
  }
  return SCOPES.filter((scope) => words.includes(scope))
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

function readTime(text: string, now: number): string {
  const advice = 'a date that is to come, like 2027-01-01, or a time from now: 30m, 12h, 90d'
  const [, count = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const at = unit === '' ? readDate(text) : now + Number(count) * (UNITS[unit] ?? 0)
  if (at > now) return new Date(at).toISOString()
  const problem = Number.isNaN(at) ? 'is no time' : 'is over'
  throw new UsageError(`--expires ${JSON.stringify(text)} ${problem}`, { advice })
}

/** Only dates as ISO 8601 writes them: others mean one thing here and another elsewhere. */
function readDate(text: string): number {
  return /^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN
}
