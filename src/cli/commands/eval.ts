import { Command, InvalidArgumentError } from 'commander'
import type { Cli } from '../cli.ts'
import { BASELINE_FILE, type EvalFlags } from '../eval-flags.ts'

const HELP = `
PATHS are eval files, workflows (their evals/), or folders (searched for evals/); default: this folder.
Each case runs by itself in memory, from its own script, recording or model. The format is in
docs/evals.md of the repository; what is wrong in a file is told with its line and what is legal there.

Examples:
  $ lockstep eval
  $ lockstep eval examples/02-refund --repeat 3
  $ lockstep eval my-agent/evals/boundary.yaml --model openai/gpt-5-mini --repeat 8
  $ lockstep eval --save-baseline                       keep what holds now in ${BASELINE_FILE}
  $ lockstep eval --baseline ${BASELINE_FILE} --junit evals.xml
  $ lockstep eval --json > report.json

Exit code: 0 every gate criterion passes and nothing is worse than the baseline; 1 otherwise;
2 a bad eval file, workflow or argument.`

/** `lockstep eval`: runs the eval sets of workflows and says what does not hold (S4.29, S4.30). */
export function evalCommand(cli: Cli): Command {
  return new Command('eval')
    .description('run eval sets: cases with the behaviour that is expected')
    .argument('[paths...]', 'eval files, workflows or folders')
    .option('--repeat <n>', 'runs of each case, for pass^k', wholeNumber, 1)
    .option('--model <provider/model>', 'answers instead of the scripts, but for `pinned` cases')
    .option('--baseline <file>', 'compare with what a former run kept; worse is exit code 1')
    .option('--save-baseline [file]', `keep this run as the baseline (${BASELINE_FILE})`)
    .option('--junit <file>', 'write JUnit XML')
    .option('--json', 'print the report as one JSON object, and nothing else')
    .addHelpText('after', HELP)
    .action(async (paths: readonly string[], flags: EvalFlags) => {
      // What reads eval files loads validators, which no other command should wait for.
      const { evaluate } = await import('../evaluate.ts')
      await evaluate(cli, paths, flags)
    })
}

function wholeNumber(value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1 && number <= 1000) return number
  throw new InvalidArgumentError('give a whole number from 1 to 1000.')
}
