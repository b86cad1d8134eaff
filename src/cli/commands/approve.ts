import { Command } from 'commander'
import type { Event, EventOf } from '../../core/log/event.ts'
import { runRecord } from '../../core/log/record/run-record.ts'
import type { ApprovalAnswer, Confirmation } from '../../drive/approve.ts'
import type { RunRow, Store } from '../../store/store.ts'
import type { MindOptions } from '../choose-mind.ts'
import type { Cli } from '../cli.ts'
import { showRequest } from '../display/approval-lines.ts'
import { goOn } from '../go-on.ts'
import { shellWord } from '../invocation.ts'
import { withMindFlags } from '../mind-flags.ts'
import { collectOption } from '../read-input.ts'
import { readLog } from '../find/read-log.ts'
import { UsageError } from '../usage-error.ts'
import { who } from '../who.ts'

interface ApproveOptions extends MindOptions {
  readonly deny?: true
  readonly confirm?: true
  readonly as?: string
  readonly role?: readonly string[]
  readonly reason?: string
  readonly call?: string
  readonly request?: string
  readonly json?: true
}

const RUNS_LOOKED_AT = 200

const EXAMPLES = `
The run goes on at once, so say --script or --model again where it had one. Every answer is kept in
the log, also one that does not count; such a one exits with 1 and says why.

Examples:
  $ lockstep approve last                                   as yourself (LOCKSTEP_USER, else your login)
  $ lockstep approve last --as ana --role finance
  $ lockstep approve last --deny --as ana --reason 'Not without a receipt'
  $ lockstep approve last --confirm                         as the user, where a gate asks them
  $ lockstep approve last --request apr_5d0c…               where several wait`

/** `lockstep approve RUN`: a person's answer to a held call; the run goes on with it (S2.5). */
export function approveCommand(cli: Cli): Command {
  const command = new Command('approve')
    .description('approve or deny the call that a run waits with')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .option('--deny', 'say no; the model is told why and goes on without it')
    .option('--confirm', 'say yes as the user, where a gate asks for their confirmation')
    .option('--as <name>', 'who answers; LOCKSTEP_USER, else your login')
    .option('--role <role>', 'a role that you have; may be repeated', collectOption)
    .option('--reason <text>', 'why; kept in the log, and told to the model on --deny')
    .option('--call <id>', 'which call, where several wait')
    .option('--request <id>', 'which request, where several wait')
  return withMindFlags(command)
    .option('--json', 'print the run record as one JSON object, and nothing else')
    .addHelpText('after', EXAMPLES)
    .action((run: string, options: ApproveOptions) => approve(cli, run, options))
}

async function approve(cli: Cli, given: string, options: ApproveOptions): Promise<void> {
  const answer = readAnswer(cli, options)
  let confirmed: Confirmation | null = null
  let isRefused = false
  let hint: string | null = null
  await goOn(cli, given, {
    flags: options,
    async before({ store, row }) {
      const events = await readLog(store, row.run)
      const asked = askedAbout(events, answer)
      if (options.confirm === true) confirmed = confirmable(asked)
      if (options.json === true) return
      if (asked !== null) {
        const approvedBy = grantedBy(events, asked.request.id)
        return showRequest(cli.screen, asked.request, { approvedBy })
      }
      if (given === 'last') await sayWhichWaits(cli, { store, row })
    },
    onEvents(events) {
      const refused = events.find((event) => event.type === 'approval.refused')
      isRefused ||= refused !== undefined
      hint ??= hintFor(
        refused?.reason ?? '',
        `${cli.command} runs resume ${shellWord(given)} --migrate`,
      )
    },
    drive(run) {
      if (confirmed !== null) return run.confirm(confirmed)
      return options.deny === true ? run.deny(answer) : run.approve(answer)
    },
  })
  if (isRefused) cli.exitCode = 1
  if (hint !== null && options.json !== true) {
    cli.aside.entry({ indent: 0, mark: '!', markColor: 'yellow', body: hint })
  }
}

/** `last` is the newest run of all: names the newest one that does wait for somebody. */
async function sayWhichWaits(
  cli: Cli,
  { store, row }: { readonly store: Store; readonly row: RunRow },
): Promise<void> {
  if (row.reason === 'needs_approval') return
  const newest = await store.list({ limit: RUNS_LOOKED_AT })
  const waits = newest.find(({ reason }) => reason === 'needs_approval')
  if (waits === undefined) return
  const body = `the newest run that waits for an approval: ${cli.command} approve ${shellWord(waits.run)}`
  cli.aside.entry({ indent: 0, mark: '·', body })
}

function grantedBy(events: readonly Event[], request: string): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'approval.granted' && event.request === request ? [event.by] : [],
  )
}

/** What to do about an answer that did not count, where a flag or a command helps. */
function hintFor(reason: string, migrate: string): string | null {
  if (reason.startsWith('the workflow was changed')) {
    return `restore the workflow's files, or be asked anew under the edited ones: ${migrate}`
  }
  const hasNoRole = reason.includes('(no role) may not answer')
  return hasNoRole
    ? 'say which role you have with --role, unless the workflow names its people'
    : null
}

function readAnswer(cli: Cli, options: ApproveOptions): ApprovalAnswer {
  const { call, request, role, reason } = options
  if (call !== undefined && request !== undefined) {
    throw new UsageError('give --call or --request, not both')
  }
  if (options.confirm === true && options.deny === true) {
    throw new UsageError('give --confirm or --deny, not both')
  }
  const by = options.as ?? who(cli.env)
  if (by === null || by.trim() === '') {
    throw new UsageError('nobody knows who you are', { advice: 'say --as NAME' })
  }
  return {
    by,
    ...(role === undefined ? {} : { roles: role }),
    ...(reason === undefined ? {} : { reason }),
    ...(call === undefined ? {} : { call }),
    ...(request === undefined ? {} : { request }),
  }
}

/** The call that the user says yes to. */
function confirmable(asked: EventOf<'approval.requested'> | null): Confirmation {
  if (asked === null) {
    throw new UsageError('nothing waits for a confirmation', {
      advice: 'or say which: --request ID',
    })
  }
  const { confirm, gates, tool, args } = asked.request
  const { branch } = asked
  // Of the branch that asks: another may wait for the same words.
  if (confirm) return { tool, args, ...(branch === undefined ? {} : { branch }) }
  const asking = gates.length === 1 ? `gate ${gates[0]} asks` : `gates ${gates.join(', ')} ask`
  throw new UsageError(`the user's word is not enough for ${tool}: ${asking}`, {
    advice: 'somebody approves it: leave --confirm out',
  })
}

/** What the answer is about, to be shown before it is given; null when it is not clear yet. */
function askedAbout(
  events: readonly Event[],
  answer: ApprovalAnswer,
): EventOf<'approval.requested'> | null {
  const asked = events.filter((event) => event.type === 'approval.requested')
  const open = new Set((runRecord(events).pending ?? []).map(({ request }) => request))
  const { request, call } = answer
  const found = asked.filter((event) =>
    request !== undefined
      ? event.request.id === request
      : call !== undefined
        ? event.request.call === call
        : open.has(event.request.id),
  )
  return found.length === 1 || call !== undefined ? (found.at(-1) ?? null) : null
}
