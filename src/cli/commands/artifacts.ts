import { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { artifactsGetCommand } from './artifacts-get.ts'
import { artifactsLinkCommand } from './artifacts-link.ts'
import { artifactsListCommand } from './artifacts-list.ts'
import { artifactsSweepCommand } from './artifacts-sweep.ts'

const EXAMPLES = `
RUN is an id, the beginning of one, or \`last\`. What a run wrote lies in LOCKSTEP_ARTIFACTS: a folder
(by default artifacts in LOCKSTEP_HOME), or s3://BUCKET/PREFIX. \`lockstep doctor\` says which.

Examples:
  $ lockstep artifacts list last
  $ lockstep artifacts get last letter > letter.md
  $ lockstep artifacts link last letter --expires 3600
  $ lockstep artifacts sweep`

/** `lockstep artifacts`: what runs wrote, and where it can be had. */
export function artifactsCommand(cli: Cli): Command {
  return new Command('artifacts')
    .description('list, read and hand out what runs wrote')
    .addHelpText('after', EXAMPLES)
    .addCommand(artifactsListCommand(cli))
    .addCommand(artifactsGetCommand(cli))
    .addCommand(artifactsLinkCommand(cli))
    .addCommand(artifactsSweepCommand(cli))
}
