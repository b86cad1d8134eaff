import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { messageOf } from '../../core/spec/message-of.ts'
import { auditRun, type Audit, type Evidence } from '../../drive/audit.ts'
import { readPublicKey } from '../../store/chain/seal.ts'
import type { RunRow, Store } from '../../store/store.ts'
import { writeJson, type Cli } from '../cli.ts'
import { oneLine } from '../display/plain-text.ts'
import type { Screen } from '../display/screen.ts'
import { findRun } from '../find/find-run.ts'
import { withStore } from '../home/home.ts'
import { UsageError } from '../usage-error.ts'

interface VerifyOptions {
  readonly all?: true
  readonly key?: string
  readonly head?: string
  readonly json?: true
}

const PAGE = 200
const HASH = /^[0-9a-f]{64}$/

const HELP = `
Each event's hash is SHA-256 over the hash before it and the event, so a changed, dropped, inserted
or reordered event is found and named. Who can write to the store could make a whole new chain, or
cut off the end of a log: a seal (--key) or a hash that you noted elsewhere (--head) tells of that.

Examples:
  $ lockstep audit verify last
  $ lockstep audit verify --all --key signing.pem.pub
  $ lockstep audit verify run_m1x2 --head 9f2c…   the hash that an earlier verify showed
  $ lockstep audit verify --all --json

Exit code: 0 clean, 1 damaged, 2 a bad argument.`

/** `lockstep audit verify`: whether logs are the ones that were written, and where they are not (S1.17). */
export function auditVerifyCommand(cli: Cli): Command {
  return new Command('verify')
    .description('find changed, dropped, inserted or reordered events')
    .argument('[run]', 'its id, the beginning of it, or `last`')
    .option('--all', 'every run of the store')
    .option('--key <file>', 'the public key, in PEM, whose seals each log must have')
    .option('--head <hash>', 'a hash of this run that was noted elsewhere')
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action((run: string | undefined, options: VerifyOptions) => verify(cli, run, options))
}

async function verify(cli: Cli, given: string | undefined, options: VerifyOptions): Promise<void> {
  if ((given === undefined) === (options.all === undefined)) {
    throw new UsageError('say which run, or --all', {
      advice: '`lockstep runs list` lists the runs; `last` is the newest',
    })
  }
  if (options.head !== undefined && given === undefined) {
    throw new UsageError('--head is about one run: say which')
  }
  const evidence: Evidence = {
    ...(options.key === undefined ? {} : { publicKey: await readKeyFile(options.key) }),
    ...(options.head === undefined ? {} : { noted: readHash(options.head) }),
  }
  const audits: Audit[] = []
  await withStore(cli.env, async (store) => {
    for await (const { run } of chosenRuns(store, given)) {
      const audit = await auditRun(store, { run, ...evidence })
      if (audit === null) continue
      audits.push(audit)
      if (options.json !== true) showAudit(cli.screen, audit, { short: given === undefined })
    }
  })
  const damaged = audits.filter((audit) => audit.damage.length > 0).length
  if (options.json === true) writeJson(cli, { ok: damaged === 0, audits })
  else if (given === undefined) showSum(cli.screen, audits.length, damaged)
  cli.exitCode = damaged === 0 ? 0 : 1
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return readPublicKey(await readFile(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`--key ${file}: ${messageOf(error)}`, {
      advice: '`lockstep audit keygen FILE` writes a private key and FILE.pub beside it',
      cause: error,
    })
  }
}

function readHash(given: string): string {
  const hash = given.replace(/^sha256:/, '').toLowerCase()
  if (HASH.test(hash)) return hash
  throw new UsageError('--head takes a hash of 64 hex digits', {
    advice: '`lockstep audit verify RUN` shows the one of the log as it is now',
  })
}

/** One run, or all of them, newest first. */
async function* chosenRuns(store: Store, given: string | undefined): AsyncIterable<RunRow> {
  if (given !== undefined) {
    yield await findRun(store, given)
    return
  }
  let page = await store.list({ limit: PAGE })
  for (;;) {
    yield* page
    const before = page.at(-1)
    if (before === undefined || page.length < PAGE) return
    page = await store.list({ limit: PAGE, before })
  }
}

function showAudit(screen: Screen, audit: Audit, options: { readonly short: boolean }): void {
  const clean = audit.damage.length === 0
  const seals = audit.seals === 0 ? '' : `, ${audit.seals} seal${audit.seals === 1 ? '' : 's'}`
  screen.entry({
    indent: 0,
    mark: clean ? '✓' : '✗',
    markColor: clean ? 'green' : 'red',
    head: oneLine(audit.run),
    headColor: 'bold',
    body: `${clean ? 'clean' : 'damaged'}: ${audit.events} events${seals}`,
  })
  for (const { kind, message } of audit.damage) {
    const body = oneLine(message)
    screen.entry({
      indent: 2,
      mark: '✗',
      markColor: 'red',
      head: `${kind}:`,
      headColor: 'red',
      body,
    })
  }
  if (options.short) return
  if (audit.hash !== null) {
    // Not wrapped: it is there to be copied.
    screen.line(`  ${screen.paint('head', 'dim')} ${audit.hash}`)
  }
  for (const body of audit.notes) {
    screen.entry({ indent: 2, mark: '·', markColor: 'dim', body, bodyColor: 'dim' })
  }
}

function showSum(screen: Screen, runs: number, damaged: number): void {
  if (runs === 0) return screen.entry({ indent: 0, mark: '·', body: 'there are no runs yet' })
  const body =
    damaged === 0
      ? `all ${runs} logs are clean`
      : `${damaged} of ${runs} logs ${damaged === 1 ? 'is' : 'are'} damaged`
  const [mark, markColor] = damaged === 0 ? (['✓', 'green'] as const) : (['✗', 'red'] as const)
  screen.entry({ indent: 0, mark, markColor, body })
}
