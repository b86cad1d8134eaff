import { createScreen, type Output, type Screen } from './display/screen.ts'
import { invocation } from './invocation.ts'

/** Where a command reads and writes, so that tests call one without a process. */
export interface Cli {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** For people, on stdout. */
  readonly screen: Screen
  /** For people, beside what stdout is for. */
  readonly aside: Screen
  /** How the user calls this command line. */
  readonly command: string
  /** What the process will exit with. */
  exitCode: number
}

/** Puts the streams and the environment of a command line together. */
export function createCli(options: Pick<Cli, 'stdout' | 'stderr' | 'env'>): Cli {
  const { stdout, stderr, env } = options
  return {
    ...options,
    screen: createScreen(stdout, env),
    aside: createScreen(stderr, env),
    command: invocation(env),
    exitCode: 0,
  }
}

/** Writes one JSON value to stdout. */
export function writeJson(cli: Cli, value: unknown): void {
  cli.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
