import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { messageOf } from '../../core/spec/message-of.ts'
import { writeJson, type Cli } from '../cli.ts'
import { characters, versionName } from '../display/artifact-words.ts'
import { plainText } from '../display/plain-text.ts'
import { readArtifactName } from '../find/find-artifact.ts'
import { takeVersion } from '../find/take-version.ts'
import { UsageError } from '../usage-error.ts'
import { wholeNumber } from '../whole-number.ts'

interface GetOptions {
  readonly version?: number
  readonly branch?: string
  readonly out?: string
  readonly unpublished?: true
  readonly json?: true
}

const EXAMPLES = `
Without --version it is the newest published one. In a pipe the content comes as it was stored, byte
for byte; --out writes the file whole or not at all.

Examples:
  $ lockstep artifacts get last letter
  $ lockstep artifacts get last letter --out letter.md
  $ lockstep artifacts get last letter --version 1 --unpublished`

/** `lockstep artifacts get RUN NAME`: the content of a version, checked against its digest. */
export function artifactsGetCommand(cli: Cli): Command {
  return new Command('get')
    .description('print what a run wrote, or write it to a file')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .argument('<name>', 'the artifact: letter, or letter@2 for a version')
    .option('--version <number>', 'which version', wholeNumber)
    .option('--branch <sub-run>', 'of which sub-run, where several wrote it')
    .option('-o, --out <file>', 'write it there')
    .option('--unpublished', 'also a version that its verifier did not publish')
    .option('--json', 'print one JSON object, with the content')
    .addHelpText('after', EXAMPLES)
    .action((run: string, name: string, options: GetOptions) => get(cli, { run, name, options }))
}

async function get(
  cli: Cli,
  asked: { readonly run: string; readonly name: string; readonly options: GetOptions },
): Promise<void> {
  const { name, options } = asked
  const { out, json, unpublished, ...which } = options
  const wanted = { ...readArtifactName(name), ...which, unpublished: unpublished === true }
  const { run, version, content } = await takeVersion(cli.env, { run: asked.run, wanted })
  if (out !== undefined) await writeWhole(out, content)
  if (json === true) {
    return writeJson(cli, { run, ...version, ...(out === undefined ? { content } : { out }) })
  }
  if (out !== undefined) {
    const { artifact, version: number, chars } = version
    const body = `${versionName(artifact, number)} is in ${out}, ${characters(chars)}`
    return cli.aside.entry({ indent: 0, mark: '✓', markColor: 'green', body })
  }
  // A terminal is never steered by what a model wrote (Law 16); a pipe gets what was stored.
  if (cli.screen.live) cli.screen.line(plainText(content).trimEnd())
  else cli.stdout.write(content)
}

/** In the place of what was there, once it is whole. */
async function writeWhole(out: string, content: string): Promise<void> {
  const draft = `${out}.${randomUUID()}.tmp`
  try {
    await writeFile(draft, content, { flag: 'wx', flush: true })
    await rename(draft, out)
  } catch (error) {
    await rm(draft, { force: true })
    throw new UsageError(`cannot write ${out}: ${messageOf(error).replaceAll(draft, out)}`, {
      cause: error,
    })
  }
}
