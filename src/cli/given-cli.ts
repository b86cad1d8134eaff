import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCli, type Cli } from './cli.ts'
import type { Output } from './display/screen.ts'
import { runCli } from './program.ts'

/** What came of one call of the command line. */
interface Called {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/** A command line for tests, with a home of its own. */
export interface GivenCli {
  /** A folder that is there for this test alone. */
  readonly folder: string
  call(...args: readonly string[]): Promise<Called>
  remove(): void
}

/** An output that keeps what is written: a pipe, unless `terminal` says otherwise. */
export function capture(terminal: Partial<Output> = {}): Output & { text(): string } {
  let written = ''
  return {
    ...terminal,
    write: (text) => {
      written += text
    },
    text: () => written,
  }
}

/** Calls the command line in this process, with no key in its environment. */
export function givenCli(env: Readonly<Record<string, string>> = {}): GivenCli {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-cli-'))
  return {
    folder,
    async call(...args) {
      const stdout = capture()
      const stderr = capture()
      const home = { LOCKSTEP_HOME: join(folder, '.lockstep') }
      const cli: Cli = createCli({ stdout, stderr, env: { ...home, ...env } })
      await runCli(cli, args)
      return { stdout: stdout.text(), stderr: stderr.text(), exitCode: cli.exitCode }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
