import type { Reason } from '../../core/log/event.ts'
import type { RunRecord } from '../../core/log/record/run-record.ts'
import { shellWord } from '../invocation.ts'
import { answerShape } from './slot-lines.ts'

/** What a person can do next about a run: a sentence, then commands that can be pasted. */
export interface Advice {
  readonly say: string
  readonly commands: readonly string[]
}

/** How the user calls this command line, and what a resumption needs beside the run's id. */
export interface Caller {
  readonly command: string
  /** `--script FILE` or `--model M`, which a run does not remember; may be empty. */
  readonly flags: string
}

/** Says what to do next, for every reason to rest; null when there is nothing to do. */
export function adviceFor(record: RunRecord, caller: Caller): Advice | null {
  const { command, flags } = caller
  const run = shellWord(record.run)
  const way: Way = {
    record,
    resume: `${command} runs resume ${run}${flags === '' ? '' : ` ${flags}`}`,
    show: `${command} runs show ${run}`,
    cancel: `${command} runs cancel ${run}`,
    approve: `${command} approve ${run}`,
    flags: flags === '' ? '' : ` ${flags}`,
    handoff: `${command} handoff ${run}`,
    checkpoints: `${command} runs checkpoints ${run}`,
    artifacts: (verb) => `${command} artifacts ${verb} ${run}`,
    prompt: `${command} prompt WORKFLOW.yaml --step ${shellWord(record.step ?? 'STEP')} --role composer`,
  }
  if (record.reason !== null) return NEXT[record.reason](way)
  return { say: 'It is not finished. Go on from its log:', commands: [way.resume] }
}

interface Way {
  readonly record: RunRecord
  readonly resume: string
  readonly show: string
  readonly cancel: string
  readonly approve: string
  /** With a space before them, or empty. */
  readonly flags: string
  readonly handoff: string
  readonly checkpoints: string
  readonly artifacts: (verb: 'list' | 'get') => string
  /** What the composer of the step is sent. */
  readonly prompt: string
}

const NEXT: Readonly<Record<Reason, (way: Way) => Advice | null>> = {
  completed: readArtifacts,
  cancelled: nothing,
  expired: ({ resume }) => ({
    say: 'It was asked too long ago. Ask again:',
    commands: [resume],
  }),
  handed_off: takeOver,
  needs_input: ({ resume, record }) => ({
    say: 'Answer the question:',
    commands: [`${resume} --input ${answerShape(record.pending ?? []) ?? "'your answer'"}`],
  }),
  needs_client: ({ resume, record }) => ({
    say: 'Execute the pending calls and hand in their results:',
    commands: [`${resume} --results ${shellWord(resultsShape(record))}`],
  }),
  needs_approval: approve,
  escalated: (way) => takeOver(way) ?? personDecides(way),
  tool_in_doubt: ({ resume, record }) => ({
    say: 'Find out whether it happened, then say so:',
    commands: (record.pending ?? []).flatMap(({ call }) => [
      `${resume} --executed ${shellWord(call)}`,
      `${resume} --not-executed ${shellWord(call)}`,
    ]),
  }),
  model_failed: ({ resume, record }) => ({
    say: record.message.startsWith('the script has no entry left')
      ? 'A script counts all model calls of a run: add the entries that follow, then go on:'
      : 'Once the model answers again, go on from here:',
    commands: [resume],
  }),
  refused: look('The provider withheld the answer. See what was asked:'),
  step_transition_limit_exceeded: look('Steps lead to each other without end. See which:'),
  iteration_limit_exceeded: look("Raise the step's `budget.iterations`, or see what it did:"),
  budget_exceeded: ({ show, resume, checkpoints }) => ({
    say: 'See what it was spent on. To go on, raise `budget`, take it over, and rewind:',
    commands: [show, `${resume} --workflow EDITED.yaml --migrate`, checkpoints],
  }),
  criteria_unmet: look("The step's `accept` never held. See what it did:"),
  transition_failed: look(
    "Mend the step's `next`, the next prompt or `memory.record`, or give what they read with the input. See where it stood:",
  ),
  definition_changed: ({ resume, show }) => ({
    say: 'Restore the workflow that it began with, or let it go on under the edited one:',
    commands: [show, `${resume} --migrate`],
  }),
  store_artifact_loop_abort: ({ show, prompt }) => ({
    say: "Its gate refused it three times. See why; mend the composer's prompt or the artifact's rules, and run it anew:",
    commands: [show, prompt],
  }),
  verification_failed: readBest,
  tool_failed: ({ show, checkpoints }) => ({
    say: 'A tool failed for good. See which, or where the run can go back to:',
    commands: [show, checkpoints],
  }),
  invalid_output: look("No answer fitted the step's `output`. See them:"),
  fail_safe: ({ show, checkpoints }) => ({
    say: 'The model could not go on safely, so nothing more was done. See why, or where the run can go back to:',
    commands: [show, checkpoints],
  }),
}

const READ_FIRST = 3

/** What a completed run wrote; null for one that wrote nothing. */
function readArtifacts({ record, artifacts }: Way): Advice | null {
  const own = record.artifacts.filter(({ branch }) => branch === undefined)
  const names = [...new Set(own.map(({ artifact }) => artifact))].slice(0, READ_FIRST)
  if (record.artifacts.length === 0) return null
  const get = names.map((name) => `${artifacts('get')} ${shellWord(name)}`)
  return { say: 'Read what it wrote:', commands: get.length === 0 ? [artifacts('list')] : get }
}

/** `letter was not accepted in 3 attempts; the best is version 2 …`, as the kernel says it. */
const BEST = /^(\S+) was not accepted in .* the best is version (\d+) with/

function readBest({ record, artifacts, show }: Way): Advice {
  const [, name, version] = BEST.exec(record.message) ?? []
  const best =
    name === undefined || version === undefined
      ? []
      : [`${artifacts('get')} ${shellWord(`${name}@${version}`)} --unpublished`]
  return {
    say: 'No version was good enough for its verifier, so none is published. Read the best, and what was said of each:',
    commands: [...best, artifacts('list'), show],
  }
}

function nothing(): null {
  return null
}

/** A yes and a no for each call that waits. */
function approve(way: Way): Advice {
  const { record, approve: command, flags } = way
  const asked = (record.pending ?? []).filter((each) => each.request !== undefined)
  if (asked.length === 0) return personDecides(way)
  return {
    say: 'A person has to decide; nothing was executed yet. Approve, or deny:',
    commands: asked.flatMap(({ call, request = '', confirm }) => {
      // A rewind may wait beside a request of the run that it goes back in.
      const alone = asked.length === 1 && call !== ''
      const which = alone ? '' : ` --request ${shellWord(request)}`
      return [
        ...(confirm === true ? [`${command}${which} --confirm${flags}`] : []),
        `${command}${which} --as YOU${flags}`,
        `${command}${which} --as YOU --deny --reason 'why not'${flags}`,
      ]
    }),
  }
}

function personDecides({ show, cancel }: Way): Advice {
  return {
    say: 'A person has to decide; the call was not executed. Look at it, or end the run:',
    commands: [show, cancel],
  }
}

/** The packet has what a person needs; null for a run that has none. */
function takeOver({ record, handoff }: Way): Advice | null {
  if (record.handoff === undefined) return null
  const { missing, delivery } = record.handoff
  const names = missing.map((each) => each.split(' (')[0] ?? each)
  const fields = names.filter((name) => !name.startsWith('fields: '))
  const fill = fields.map((name) => `--set ${shellWord(`${name}=…`)}`).join(' ')
  return {
    say:
      missing.length === 0
        ? 'A person takes over. Read what they need:'
        : 'Read it, and give what it lacks:',
    commands: [
      handoff,
      ...(fill === '' ? [] : [`${handoff} ${fill}`]),
      ...(delivery?.delivered === false ? [`${handoff} --deliver`] : []),
    ],
  }
}

function look(say: string): (way: Way) => Advice {
  return ({ show }) => ({ say, commands: [show] })
}

function resultsShape(record: RunRecord): string {
  return JSON.stringify((record.pending ?? []).map(({ call }) => ({ call, output: {} })))
}
