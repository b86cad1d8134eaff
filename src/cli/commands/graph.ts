import { Command, Option } from 'commander'
import type { Cli } from '../cli.ts'
import { asciiGraph } from '../graph/ascii-graph.ts'
import { dotGraph } from '../graph/dot-graph.ts'
import { graphOf } from '../graph/graph-of.ts'
import { mermaidGraph } from '../graph/mermaid-graph.ts'
import { openWorkflow } from '../open-workflow.ts'

type Format = 'ascii' | 'mermaid' | 'dot'

const EXAMPLES = `
Examples:
  $ lockstep graph refund.yaml
  $ lockstep graph refund.yaml --format mermaid > refund.mmd
  $ lockstep graph refund.yaml --format dot | dot -Tsvg > refund.svg`

/** `lockstep graph FILE`: the steps, where each leads to, and the gates on its tools. */
export function graphCommand(cli: Cli): Command {
  const format = new Option('-f, --format <format>', 'how to draw it')
    .choices(['ascii', 'mermaid', 'dot'])
    .default('ascii')
  return new Command('graph')
    .description('draw the steps, their transitions, tools and gates')
    .argument('<file>', 'the workflow: .yaml, .json, .ts or .js')
    .addOption(format)
    .addHelpText('after', EXAMPLES)
    .action((file: string, options: { readonly format: Format }) =>
      graph(cli, file, options.format),
    )
}

async function graph(cli: Cli, file: string, format: Format): Promise<void> {
  const { plan } = await openWorkflow(file, cli.env)
  const drawn = graphOf(plan)
  switch (format) {
    case 'ascii':
      return asciiGraph(drawn, cli.screen)
    case 'mermaid':
      return cli.screen.write(mermaidGraph(drawn))
    case 'dot':
      return cli.screen.write(dotGraph(drawn))
  }
}
