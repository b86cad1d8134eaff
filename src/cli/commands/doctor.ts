import { messageOf } from '../../core/spec/message-of.ts'
import { Command } from 'commander'
import { LockstepError } from '../../drive/lockstep-error.ts'
import { writeJson, type Cli } from '../cli.ts'
import { lookAtArtifacts } from '../find/look-at-artifacts.ts'
import { isOnPostgres, shownStore, withStore } from '../home/home.ts'
import { keysPresent, PROVIDER_KEYS } from '../provider-keys.ts'

const WANTED_NODE = 24

interface Finding {
  readonly name: string
  /** Null: neither good nor bad. */
  readonly ok: boolean | null
  readonly message: string
}

/** `lockstep doctor`: says whether this machine has what runs need; exit 1 when it has not. */
export function doctorCommand(cli: Cli): Command {
  return new Command('doctor')
    .description('look at what runs need here: Node, the stores, provider keys, the terminal')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nKeys are looked for, never shown.\n\nExamples:\n  $ lockstep doctor\n\nExit code: 0 runs can be made; 1 something is missing.',
    )
    .action((options: { readonly json?: true }) => doctor(cli, { json: options.json === true }))
}

async function doctor(cli: Cli, options: { readonly json: boolean }): Promise<void> {
  const findings = [
    nodeVersion(),
    await store(cli),
    await artifacts(cli),
    ...providers(cli),
    terminal(cli),
  ]
  cli.exitCode = findings.some((finding) => finding.ok === false) ? 1 : 0
  if (options.json) {
    writeJson(cli, { ok: cli.exitCode === 0, findings })
    return
  }
  for (const { name, ok, message } of findings) {
    const [mark, markColor] =
      ok === null
        ? (['·', 'dim'] as const)
        : ok
          ? (['✓', 'green'] as const)
          : (['✗', 'red'] as const)
    cli.screen.entry({ indent: 0, mark, markColor, head: name.padEnd(17), body: message })
  }
}

function nodeVersion(): Finding {
  const { node } = process.versions
  const ok = Number(node.split('.')[0]) >= WANTED_NODE
  return { name: 'node', ok, message: ok ? node : `${node}; ${WANTED_NODE} or later is needed` }
}

/** Takes and gives back a lease: what a run does first, and a write that leaves nothing behind. */
async function store(cli: Cli): Promise<Finding> {
  let place = 'LOCKSTEP_STORE'
  try {
    place = shownStore(cli.env)
    const runs = await withStore(cli.env, async (opened) => {
      const lease = await opened.tryAcquire('doctor')
      if (lease === null) throw new LockstepError('run_busy', 'another doctor is looking')
      await lease.release()
      return (await opened.list({ limit: 1 })).length
    })
    const sqlite = `SQLite ${process.versions['sqlite'] ?? 'unknown'}`
    const kind = isOnPostgres(cli.env) ? 'Postgres' : sqlite
    const about = runs === 0 ? 'no runs yet' : '`lockstep runs list` shows its runs'
    return { name: 'store', ok: true, message: `${place} is writable, ${kind}, ${about}` }
  } catch (error) {
    const message = messageOf(error)
    const names = message.startsWith(place) ? message : `${place}: ${message}`
    return { name: 'store', ok: false, message: names }
  }
}

async function artifacts(cli: Cli): Promise<Finding> {
  return { name: 'artifacts', ...(await lookAtArtifacts(cli.env)) }
}

/** No key at all is no fault: scripts need none. */
function providers(cli: Cli): readonly Finding[] {
  return PROVIDER_KEYS.map(({ provider, names, example }) => {
    const present = keysPresent(names, cli.env)
    return present.length > 0
      ? { name: provider, ok: true, message: `${present.join(', ')} set; --model ${example}` }
      : { name: provider, ok: null, message: `not set: ${names.join(' or ')}` }
  })
}

function terminal(cli: Cli): Finding {
  const { screen } = cli
  const color = screen.paint('x', 'bold') === 'x' ? 'no colour' : 'colour'
  const message = screen.live ? `${screen.columns} columns, ${color}` : 'a pipe: plain lines'
  return { name: 'output', ok: null, message }
}
