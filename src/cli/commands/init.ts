import { Command } from 'commander'
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Cli } from '../cli.ts'
import { oneLine } from '../display/plain-text.ts'
import { shellWord } from '../invocation.ts'
import { UsageError } from '../usage-error.ts'

/** Files of the starter as they lie here, and as they are called in the new folder. */
const FILES: readonly (readonly [from: string, to: string, about: string])[] = [
  ['workflow.yaml', 'workflow.yaml', 'steps, tools and gates'],
  ['tools.ts', 'tools.ts', 'what the tools do'],
  ['script.yaml', 'script.yaml', 'answers, so that it runs with no model'],
  ['evals/booking.yaml', 'evals/booking.yaml', 'what must hold, as cases'],
  ['README.md', 'README.md', 'what to try first'],
  ['package.json', 'package.json', 'says that the module is one, whatever folder this is in'],
  // npm leaves a .gitignore out of a package.
  ['gitignore', '.gitignore', 'keeps the runs out of git'],
]

const EXAMPLES = `
Examples:
  $ lockstep init my-agent
  $ lockstep run my-agent/workflow.yaml --input 'A table for four on Friday, please'`

/** `lockstep init [DIR]`: a starter that runs at once. */
export function initCommand(cli: Cli): Command {
  return new Command('init')
    .description('make a starter in a new or empty folder; it runs at once, with no key')
    .argument('[dir]', 'the folder', '.')
    .addHelpText('after', EXAMPLES)
    .action((dir: string) => init(cli, dir))
}

async function init(cli: Cli, dir: string): Promise<void> {
  const there = await filesIn(dir)
  if (there.length > 0) {
    throw new UsageError(
      `${dir} is not empty (${there.slice(0, 3).join(', ')}${there.length > 3 ? ', …' : ''})`,
      {
        advice: 'name a new folder: lockstep init my-agent',
      },
    )
  }
  await mkdir(join(dir, 'evals'), { recursive: true })
  const starter = fileURLToPath(new URL('../starter', import.meta.url))
  const { screen } = cli
  for (const [from, to, about] of FILES) {
    await copyFile(join(starter, from), join(dir, to))
    const head = oneLine(join(dir, to))
    screen.entry({ indent: 0, mark: '✓', markColor: 'green', head, body: about, bodyColor: 'dim' })
  }
  const file = shellWord(join(dir, 'workflow.yaml'))
  screen.line()
  screen.line('Run it:')
  const run = `${cli.command} run ${file} --input 'A table for four on Friday, please'`
  screen.line(`  ${screen.paint(run, 'cyan')}`)
  screen.line('Then change it, and see what is wrong with it:')
  screen.line(`  ${screen.paint(`${cli.command} check ${file}`, 'cyan')}`)
  screen.line(`  ${screen.paint(`${cli.command} eval ${file}`, 'cyan')}`)
}

async function filesIn(dir: string): Promise<readonly string[]> {
  try {
    const files = await readdir(dir)
    return files.filter((file) => file !== '.git')
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR') throw new UsageError(`${dir} is a file`, { cause: error })
    throw error
  }
}
