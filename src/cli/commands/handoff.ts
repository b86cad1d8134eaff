import { Command } from 'commander'
import { handoffMarkdown } from '../../core/log/record/handoff-markdown.ts'
import { handoffRecord, type HandoffRecord } from '../../core/log/record/handoff-record.ts'
import type { RunRecord } from '../../core/log/record/run-record.ts'
import type { JsonObject } from '../../core/spec/json.ts'
import type { Run } from '../../drive/run.ts'
import { createRuntime } from '../../drive/runtime.ts'
import type { Store } from '../../store/store.ts'
import { writeJson, type Cli } from '../cli.ts'
import { exitCodeOf } from '../display/outcome.ts'
import { oneLine } from '../display/plain-text.ts'
import { findRun } from '../find/find-run.ts'
import { homeArtifacts, withStore } from '../home/home.ts'
import { collectOption, readInput } from '../read-input.ts'
import { readLog } from '../find/read-log.ts'
import { homeSecretKey } from '../home/secret-key.ts'
import { openTraces } from '../home/open-traces.ts'
import { UsageError } from '../usage-error.ts'

interface HandoffOptions {
  readonly markdown?: true
  readonly json?: true
  readonly set?: readonly string[]
  readonly as?: string
  readonly deliver?: true
}

const EXAMPLES = `
Examples:
  $ lockstep handoff last                       the packet, for a person
  $ lockstep handoff last --json                the same for machines
  $ lockstep handoff last --set customer_id=c-1 gives what it lacks
  $ lockstep handoff last --deliver             posts it again, where nobody took it`

/** `lockstep handoff RUN`: the packet of a run that a person takes over (S2.11, S2.12). */
export function handoffCommand(cli: Cli): Command {
  return new Command('handoff')
    .description('show what a person needs to take a run over')
    .argument('<run>', 'its id, the beginning of it, or `last`')
    .option('--markdown', 'as Markdown; the default')
    .option('--json', 'as one JSON object, with how its delivery stands')
    .option(
      '--set <field=value>',
      'give a field that it lacks; may come more than once',
      collectOption,
    )
    .option('--as <name>', 'who gives it')
    .option('--deliver', 'deliver it again to the webhook, where nobody took it')
    .addHelpText('after', EXAMPLES)
    .action((run: string, options: HandoffOptions) => handoff(cli, run, options))
}

async function handoff(cli: Cli, given: string, options: HandoffOptions): Promise<void> {
  if (options.json === true && options.markdown === true) {
    throw new UsageError('give --json or --markdown, not both')
  }
  const { set = [] } = options
  const unnamed = set.find((each) => !/^([A-Za-z_][\w-]*=|@|\s*\{)/.test(each))
  if (unnamed !== undefined) {
    throw new UsageError(`--set: ${oneLine(unnamed)} names no field`, {
      advice:
        'say FIELD=VALUE with the field as the packet names it, for example --set channel=mail',
    })
  }
  const fields = set.length === 0 ? null : await readInput(set, { option: '--set' })
  const packet = await withStore(cli.env, async (store) => {
    const { run } = await findRun(store, given)
    if (fields !== null || options.deliver === true) {
      await goOn(cli, { store, run, options, fields })
    }
    const found = handoffRecord(await readLog(store, run))
    if (found === null) {
      throw new UsageError(`run ${run} was not handed over`, {
        advice: `\`${cli.command} runs show ${run}\` says how it stands`,
      })
    }
    return found
  })
  if (options.json === true) writeJson(cli, packet)
  else cli.stdout.write(handoffMarkdown(packet, packet.missing))
  sayDelivery(cli, packet)
}

/** Fills in and delivers; no model is asked on the way. */
async function goOn(
  cli: Cli,
  on: {
    readonly store: Store
    readonly run: string
    readonly options: HandoffOptions
    readonly fields: JsonObject | null
  },
): Promise<void> {
  const telemetry = await openTraces(cli.env)
  const run = await createRuntime({
    store: on.store,
    env: cli.env,
    secretKey: homeSecretKey(cli.env),
    artifacts: homeArtifacts(cli.env),
    ...(telemetry === null ? {} : { telemetry }),
  }).open(on.run)
  const record = await next(run, on)
  await telemetry?.close()
  cli.exitCode = exitCodeOf(record.reason)
}

function next(
  run: Run,
  on: { readonly options: HandoffOptions; readonly fields: JsonObject | null },
): Promise<RunRecord> {
  if (on.fields === null) return run.resume()
  const { as } = on.options
  return run.fillHandoff({ fields: on.fields, ...(as === undefined ? {} : { by: as }) })
}

function sayDelivery(cli: Cli, { delivery }: HandoffRecord): void {
  if (delivery === null || delivery.delivered) return
  const why = delivery.error === undefined ? '' : `: ${oneLine(delivery.error.message)}`
  const times = `${delivery.attempts} ${delivery.attempts === 1 ? 'attempt' : 'attempts'}`
  cli.aside.entry({
    indent: 0,
    mark: '!',
    markColor: 'yellow',
    body: `not delivered after ${times}${why}; --deliver tries again`,
  })
}
