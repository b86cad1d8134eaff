import { Command } from 'commander'
import { workflowJsonSchema } from '../../core/spec/schema.ts'
import { writeJson, type Cli } from '../cli.ts'

const EXAMPLES = `
Examples:
  $ lockstep schema > lockstep.schema.json

and at the top of a workflow, for editors that speak to the YAML language server:
  # yaml-language-server: $schema=./lockstep.schema.json`

/** `lockstep schema`: the JSON Schema of workflows, for editors. */
export function schemaCommand(cli: Cli): Command {
  return new Command('schema')
    .description('print the JSON Schema of workflows, for editors')
    .addHelpText('after', EXAMPLES)
    .action(() => writeJson(cli, workflowJsonSchema()))
}
