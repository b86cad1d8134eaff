import { Command } from 'commander'
import { writeJson, type Cli } from '../cli.ts'
import { withArtifacts } from '../find/take-version.ts'

const EXAMPLES = `
What has expired is not handed out in any case; a sweep frees its space, and what crashes left over.

Examples:
  $ lockstep artifacts sweep`

/** `lockstep artifacts sweep`: deletes contents whose \`ttl\` is over. */
export function artifactsSweepCommand(cli: Cli): Command {
  return new Command('sweep')
    .description('delete what has expired')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (options: { readonly json?: true }) => {
      const deleted = await withArtifacts(cli.env, (store) => store.sweep({ now: Date.now() }))
      if (options.json === true) return writeJson(cli, { deleted })
      const many = `${deleted} ${deleted === 1 ? 'content' : 'contents'}`
      const body = deleted === 0 ? 'nothing has expired' : `deleted ${many} whose time was over`
      cli.screen.entry({ indent: 0, mark: '✓', markColor: 'green', body })
    })
}
