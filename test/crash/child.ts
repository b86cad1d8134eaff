/*
 * A driver in a process of its own: `node child.ts ORDERS`. It says `held`, `busy`, `asked` and
 * `endless` as it goes and, of each order that it finished, `outcome JSON`.
 */
import { argv, pid, stdout } from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import type { Pending } from '../../src/core/log/event.ts'
import { fold } from '../../src/core/log/fold/fold.ts'
import { createRuntime, type Runtime } from '../../src/drive/runtime.ts'
import { LockstepError } from '../../src/drive/lockstep-error.ts'
import type { DoubtAnswer } from '../../src/drive/first-events.ts'
import type { Run } from '../../src/drive/run.ts'
import { parseScript, type Script } from '../../src/mind/script.ts'
import { scriptedMind } from '../../src/mind/scripted.ts'
import { fileArtifacts } from '../../src/store/artifact/file-artifacts.ts'
import type { Store } from '../../src/store/store.ts'
import { openStore } from '../fixtures/open-store.ts'
import { decodeOrders, plainState, type Order, type Outcome } from './order.ts'
import { readNotes } from './outside.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { Points, struckArtifacts, struckMind, struckStore, struckTools } from './struck.ts'

const { database, artifacts, orders } = decodeOrders(argv[2])
const store = openStore(database)
for (const order of orders) stdout.write(`outcome ${JSON.stringify(await carryOut(order))}\n`)
await store.close()

async function carryOut(order: Order): Promise<Outcome> {
  const scenario = SCENARIOS[order.scenario]
  if (scenario === undefined) throw new Error(`There is no scenario ${order.scenario}`)
  const points = new Points(order.strike, order.outside)
  const struck = { scenario, points, outside: order.outside }
  const watched = struckStore(store, struck)
  const runtime = createRuntime({
    store: watched,
    mind: struckMind(scriptedMind(scriptOf(scenario)), struck),
    tools: struckTools(struck),
    artifacts: struckArtifacts(fileArtifacts(artifacts), struck),
  })
  const { signal } = points
  let going = true
  while (going && !signal.aborted) going = await goOn({ order, scenario, runtime, watched, signal })
  const last = await runtime.open(order.run)
  const state = plainState(fold(Object.keys(scenario.tools), await watched.read(order.run, 0)))
  const { appends, tools, models, puts } = points
  return { run: order.run, pid, appends, tools, models, puts, record: last.record(), state }
}

interface Going {
  readonly order: Order
  readonly scenario: Scenario
  readonly runtime: Runtime
  readonly watched: Store
  readonly signal: AbortSignal
}

/** Does the next thing that the run needs; false when it needs nothing more. */
async function goOn(going: Going): Promise<boolean> {
  const { order, scenario, runtime, watched, signal } = going
  const row = await watched.find(order.run)
  if (row === null) {
    if (order.second) return waitForDriver()
    const input = { message: 'begin' }
    const run = await runtime.start(scenario.spec, { id: order.run, input, signal })
    await run.done
    return true
  }
  try {
    const run = await runtime.open(order.run, { signal })
    if (row.reason === null) await run.resume()
    else return await nextTurn(run, going)
  } catch (error) {
    const raced = error instanceof LockstepError && ['run_busy', 'not_waiting'].includes(error.code)
    if (!order.second || !raced) throw error
    return waitForDriver()
  }
  return true
}

async function waitForDriver(): Promise<boolean> {
  stdout.write('busy\n')
  await wait(10)
  return true
}

/** Settles a doubt or sends the next message; false when the run has come to its last rest. */
async function nextTurn(run: Run, going: Going): Promise<boolean> {
  const { reason, pending = [] } = run.record()
  const [doubted] = pending
  if (reason === 'tool_in_doubt' && doubted !== undefined) {
    await run.settle(truth(doubted, going))
    return true
  }
  const events = await going.watched.read(run.id, 0)
  const turns = events.filter((event) => event.type === 'turn.started').length
  const message = going.scenario.messages[turns - 1]
  if (reason !== 'completed' || message === undefined) return false
  await run.send(message)
  return true
}

/** What a person finds who looks outside. */
function truth({ call, tool }: Pending, { order, scenario }: Going): DoubtAnswer {
  const happened = readNotes(order.outside).some(
    (note) => note.type === 'begun' && note.call === call,
  )
  const output = scenario.tools[tool]?.output
  if (!happened || output === undefined) return { call, executed: false }
  return { call, executed: true, output }
}

function scriptOf(scenario: Scenario): Script {
  const usage = { input: 10, output: 5 }
  const parsed = parseScript(
    scenario.script.map((entry) => ('error' in entry ? entry : { usage, ...entry })),
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return parsed.script
}
