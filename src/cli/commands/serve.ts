import { Command } from 'commander'
import type { LockstepServer } from '../../server/create-server.ts'
import type { ServerConfig } from '../../server/server-config.ts'
import type { Cli } from '../cli.ts'
import { collectOption } from '../read-input.ts'
import { UsageError } from '../usage-error.ts'

/** As they were typed; the settings check them. */
interface ServeOptions {
  readonly config?: string
  readonly host?: string
  readonly port?: string
  readonly workflows?: readonly string[]
  readonly tools?: string
  readonly guidelines?: string
  readonly store?: string
  readonly keys?: string
  readonly model?: string
  readonly script?: string
  readonly cors?: readonly string[]
  readonly log?: string
}

const HELP = `
Every setting is a flag, a variable (LOCKSTEP_PORT, LOCKSTEP_RATE_PER_MINUTE …) or a line of the file
that --config names; the flag goes first. docs/server.md lists them.

Examples:
  $ lockstep serve --workflows ./workflows                     on this machine, for everybody on it
  $ lockstep serve --workflows refund.yaml --script script.yaml   with no model
  $ lockstep keys create --tenant acme --scopes run,read       then, for others:
  $ lockstep serve --host 0.0.0.0 --workflows ./workflows
  $ curl localhost:8787/v1/responses -H 'Content-Type: application/json' \\
      -d '{"model":"workflow/refund","input":"I want my money back"}'

Ctrl-C (or SIGTERM) once finishes what is under way, or parks it; twice leaves at once.`

/** `lockstep serve`: workflows over HTTP, for any OpenAI client (S0.36). */
export function serveCommand(cli: Cli): Command {
  return new Command('serve')
    .description('serve workflows over HTTP')
    .option('-c, --config <file>', 'settings in YAML or JSON; LOCKSTEP_CONFIG')
    .option('--host <address>', 'where to listen; 127.0.0.1, beyond loopback only with keys')
    .option('-p, --port <number>', 'the port; 8787, 0 for any that is free')
    .option('-w, --workflows <path>', 'a file, or a folder of them; may be repeated', collectOption)
    .option('--tools <file>', 'a module whose tools every request may name')
    .option('--guidelines <folder>', 'guidelines for requests, and workflows that name no folder')
    .option(
      '--store <where>',
      'a .db file, postgres://…, or none; lockstep.db in LOCKSTEP_HOME when left out',
    )
    .option('--keys <file>', 'the keys file; keys.json in LOCKSTEP_HOME when it is there')
    .option('--model <provider/model>', 'the model where neither request nor workflow names one')
    .option('--script <file>', 'answers every model call from a file, with no model')
    .option('--cors <origin>', 'an origin whose pages may call; may be repeated', collectOption)
    .option('--log <level>', 'debug, info, warn, error or silent')
    .addHelpText('after', HELP)
    .action((options: ServeOptions) => serve(cli, options))
}

async function serve(cli: Cli, { config: file, ...flags }: ServeOptions): Promise<void> {
  // Loaded with the command: other commands need no HTTP server.
  const { readServerConfig, ServerConfigError } = await import('../../server/server-config.ts')
  const { setUpServer } = await import('../set-up-server.ts')
  const named = file ?? cli.env['LOCKSTEP_CONFIG'] ?? ''
  let config: ServerConfig
  try {
    config = readServerConfig({ flags, env: cli.env, file: named === '' ? null : named })
  } catch (error) {
    if (error instanceof ServerConfigError) throw new UsageError(error.message, { cause: error })
    throw error
  }
  const { server, log, about, release } = await setUpServer(cli, config)
  // What one request left behind must not end all the others.
  const lost = (error: unknown): void => log.error({ err: error }, 'a failure that nobody awaited')
  process.on('unhandledRejection', lost)
  try {
    await listenAndWait(cli, { server, config, about })
  } finally {
    process.off('unhandledRejection', lost)
    await release()
  }
}

async function listenAndWait(
  cli: Cli,
  on: {
    readonly server: LockstepServer
    readonly config: ServerConfig
    readonly about: readonly string[]
  },
): Promise<void> {
  const { server, config, about } = on
  const { host, port, shutdown_seconds: graceSeconds } = config
  let url = ''
  try {
    url = (await server.listen({ host, port })).url
  } catch (error) {
    await server.close({ graceMs: 0, parkMs: 0 })
    throw cannotListen(error, { host, port })
  }
  const { aside } = cli
  aside.entry({ indent: 0, mark: '✓', markColor: 'green', body: `Lockstep listens on ${url}` })
  for (const line of about) aside.entry({ indent: 0, mark: '·', markColor: 'dim', body: line })
  const signal = await firstSignal()
  aside.entry({ indent: 0, mark: '·', body: `${signal}: finishing what is under way` })
  const left = await server.close({ graceMs: graceSeconds * 1000 })
  if (left === 0) return
  const body = `${left} runs were left in the middle of a tool call; their logs say where`
  aside.entry({ indent: 0, mark: '!', markColor: 'yellow', body })
  cli.exitCode = 1
}

function cannotListen(
  error: unknown,
  at: { readonly host: string; readonly port: number },
): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const advice: Readonly<Record<string, string>> = {
    EADDRINUSE: 'something listens there already; give another --port, or 0 for any that is free',
    EACCES: 'ports below 1024 need privileges; give another --port',
    EADDRNOTAVAIL: 'this machine has no such address; 127.0.0.1 is itself, 0.0.0.0 all it has',
  }
  const hint = advice[String(error.code)]
  return new UsageError(`cannot listen on ${at.host}:${at.port}: ${error.message}`, {
    cause: error,
    ...(hint === undefined ? {} : { advice: hint }),
  })
}

/** Signals this close together are one key press: npm and run.mjs pass the terminal's own on. */
const ONE_PRESS_MS = 400
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

/** Resolves with the first signal to leave; a second one leaves at once. */
function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    let first: number | null = null
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        const now = performance.now()
        if (first === null) resolve(signal)
        else if (now - first > ONE_PRESS_MS) process.exit(EXIT_CODES[signal])
        first ??= now
      })
    }
  })
}
