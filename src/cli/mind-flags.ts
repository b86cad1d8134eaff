import type { Command } from 'commander'

/** Adds the options that say who answers; the same wherever a run is driven. */
export function withMindFlags(command: Command): Command {
  return command
    .option('--model <provider/model>', 'the model that answers, before the workflow’s own')
    .option('--script <file>', 'answers from a file, with no model')
    .option('--record <file>', 'keep the answers as a script, to be replayed with --script')
}
