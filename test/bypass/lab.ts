import { join } from 'node:path'
import {
  createRuntime,
  LockstepError,
  loadWorkflow,
  loadWorkflowFile,
  memoryStore,
  StoreError,
} from '../../src/index.ts'
import type {
  Event,
  LoadedWorkflow,
  Mind,
  Run,
  RunRecord,
  Runtime,
  Store,
  WorkflowSpec,
} from '../../src/index.ts'
import type { ArtifactStore } from '../../src/store/artifact/artifact-store.ts'
import { memoryArtifacts } from '../../src/store/artifact/memory-artifacts.ts'
import { parseScript, scriptedMind } from '../../src/testing.ts'
import type { Act, Approve, Attack } from './attack.ts'
import { checkOf } from './check.ts'
import { deskTools, nameOf, type Deed, type Words } from './desk.ts'

/*
 * Plays an attack against the desk through the real runtime. Every act goes through a runtime made
 * anew, as a client in another process would; a crash is a store that fails once, before or after it
 * wrote.
 */

const WORKFLOW = join(import.meta.dirname, 'desk.yaml')
const START_MS = 1_700_000_000_000

export interface Played {
  readonly deeds: readonly Deed[]
  readonly words: Words
  readonly record: RunRecord
  readonly events: readonly Event[]
  /** Codes of the errors that acts met. */
  readonly errors: readonly string[]
  /** How often something was written. */
  readonly appends: number
}

export interface Conditions {
  readonly store?: () => Store
  /** Gates to leave out of the workflow. */
  readonly without?: readonly string[]
  /** The append at which the driver dies, and whether it was written. */
  readonly crash?: { readonly at: number; readonly written: boolean }
}

/** The desk's workflow, its tools over `deeds`, without some of its gates. */
async function loadDesk(
  attack: Attack,
  with_: { readonly deeds: Deed[]; readonly without: readonly string[] },
): Promise<LoadedWorkflow> {
  const options = {
    tools: deskTools(with_.deeds, attack.tools),
    checks: { policy: checkOf(attack.check) },
  }
  const whole = await loadWorkflowFile(WORKFLOW, options)
  if (!whole.ok) throw new Error(JSON.stringify(whole.issues))
  if (with_.without.length === 0) return whole.workflow
  const edited = await loadWorkflow(leaveOut(whole.workflow.plan.spec, with_.without), {
    ...options,
    source: WORKFLOW,
  })
  if (!edited.ok) throw new Error(JSON.stringify(edited.issues))
  return edited.workflow
}

/** The desk's spec as it is written. */
export async function deskSpec(): Promise<WorkflowSpec> {
  const honest = { tools: deskTools([], {}), checks: { policy: checkOf(undefined) } }
  const whole = await loadWorkflowFile(WORKFLOW, honest)
  if (!whole.ok) throw new Error(JSON.stringify(whole.issues))
  return whole.workflow.plan.spec
}

function leaveOut(spec: WorkflowSpec, gates: readonly string[]): WorkflowSpec {
  const left = Object.entries(spec.gates ?? {}).filter(([name]) => !gates.includes(name))
  return { ...spec, gates: Object.fromEntries(left) }
}

/** The store as one driver's process sees it: it fails once, as if the process had died there. */
function striking(
  inner: Store,
  crash: Conditions['crash'],
): { readonly store: Store; readonly count: () => number } {
  let count = 0
  const append: Store['append'] = async (appended) => {
    count++
    const strikes = crash?.at === count
    if (strikes && !crash.written) throw new StoreError('failed', 'struck before it wrote')
    const result = await inner.append(appended)
    if (strikes) throw new StoreError('failed', 'struck after it wrote')
    return result
  }
  const store = new Proxy(inner, {
    get(target, key) {
      if (key === 'append') return append
      const member: unknown = Reflect.get(target, key)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return { store, count: () => count }
}

/** Plays one attack to its end. */
export async function play(attack: Attack, conditions: Conditions = {}): Promise<Played> {
  const stage = await setStage(attack, conditions)
  await overcome(stage, () => begin(stage))
  for (const act of attack.acts) await overcome(stage, () => actOut(stage, act))
  const record = (await open(stage)).record()
  const events = await stage.store.read(stage.id, 0)
  const { deeds, words, errors } = stage
  return { deeds, words, record, events, errors, appends: stage.appends() }
}

/** What lives on while runtimes come and go. */
interface Stage {
  readonly attack: Attack
  readonly workflow: LoadedWorkflow
  readonly mind: Mind
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly appends: () => number
  readonly deeds: Deed[]
  readonly errors: string[]
  readonly words: {
    readonly said: string[]
    readonly confirmed: string[]
    readonly approved: Map<string, Set<string>>
  }
  edited: WorkflowSpec | null
  nowMs: number
  /** The run that acts are about. */
  id: string
}

async function setStage(attack: Attack, conditions: Conditions): Promise<Stage> {
  const parsed = parseScript(attack.script)
  if (!parsed.ok) throw new Error(`${attack.name}: ${JSON.stringify(parsed.issues)}`)
  const deeds: Deed[] = []
  const { store, count } = striking((conditions.store ?? memoryStore)(), conditions.crash)
  return {
    attack,
    workflow: await loadDesk(attack, { deeds, without: conditions.without ?? [] }),
    mind: scriptedMind(parsed.script),
    store,
    artifacts: memoryArtifacts(),
    appends: count,
    deeds,
    errors: [],
    words: { said: [attack.message], confirmed: [], approved: new Map() },
    edited: null,
    nowMs: START_MS,
    id: 'first',
  }
}

function runtimeOf(stage: Stage): Runtime {
  return createRuntime({
    store: stage.store,
    mind: stage.mind,
    tools: deskTools(stage.deeds, stage.attack.tools),
    checks: { policy: checkOf(stage.attack.check) },
    artifacts: stage.artifacts,
    clock: { now: () => (stage.nowMs += 1), sleep: async () => {} },
  })
}

function open(stage: Stage): Promise<Run> {
  return runtimeOf(stage).open(stage.id, stage.edited === null ? {} : { workflow: stage.edited })
}

async function begin(stage: Stage): Promise<void> {
  const { workflow, id, attack } = stage
  const input = { message: attack.message }
  await (
    await runtimeOf(stage).start(workflow, { id, input, by: 'zoe' })
  ).done
}

/** What a driver that died left is taken up again by the next; refusals of the host are noted. */
async function overcome(stage: Stage, deed: () => Promise<unknown>): Promise<void> {
  try {
    await deed()
  } catch (error) {
    if (!(error instanceof LockstepError || error instanceof StoreError)) throw error
    stage.errors.push(error.code)
    if (error instanceof LockstepError) return
    const row = await stage.store.find(stage.id)
    if (row === null) await begin(stage)
    else if (row.reason === null) await (await open(stage)).resume()
  }
}

async function actOut(stage: Stage, act: Act): Promise<void> {
  if ('later' in act) stage.nowMs += act.later * 1000
  else if ('without' in act) stage.edited = leaveOut(stage.workflow.plan.spec, [act.without])
  else if ('fork' in act) await forkAt(stage, act.fork)
  else if ('approve' in act) await approveAs(stage, act)
  else await say(stage, act)
}

async function forkAt(stage: Stage, at: string): Promise<void> {
  await runtimeOf(stage).fork(stage.id, { at, id: 'second', by: 'zoe' })
  stage.id = 'second'
  await (await open(stage)).resume()
}

type Said = Exclude<
  Act,
  { readonly later: number } | { readonly without: string } | { readonly fork: string } | Approve
>

async function say(stage: Stage, act: Said): Promise<void> {
  const run = await open(stage)
  if ('send' in act) {
    stage.words.said.push(act.send)
    await run.send(act.send)
  } else if ('confirm' in act) {
    stage.words.confirmed.push(nameOf(act.confirm, act.args))
    await run.confirm({ tool: act.confirm, args: act.args })
  } else if ('deny' in act) await run.deny({ by: act.deny, reason: 'no' })
  else if ('answer' in act) await run.answer([{ call: act.answer, output: act.output }])
  else if ('rewind' in act) await run.rewind({ to: act.rewind })
  else if ('cancel' in act) await run.cancel()
  else await run.resume()
}

async function approveAs(stage: Stage, act: Approve): Promise<void> {
  const pending = (await open(stage)).record().pending ?? []
  const asked = pending.find((each) => act.of === undefined || each.tool === act.of)
  if (asked !== undefined && act.args === undefined && act.request === undefined) {
    const name = nameOf(asked.tool, asked.args)
    const people = stage.words.approved.get(name) ?? new Set()
    stage.words.approved.set(name, people.add(act.approve))
  }
  const one = async (): Promise<void> => {
    const run = await open(stage)
    await run.approve({
      by: act.approve,
      ...(act.roles === undefined ? {} : { roles: act.roles }),
      ...(act.request === undefined ? {} : { request: act.request }),
      ...(act.request !== undefined || asked === undefined ? {} : { call: asked.call }),
      ...(act.args === undefined ? {} : { args: act.args }),
    })
  }
  const results = await Promise.allSettled(Array.from({ length: act.times ?? 1 }, one))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
