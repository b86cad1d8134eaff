import { inBranch } from './log/in-branch.ts'
import { decide } from './decide/decide.ts'
import type { CallModel, Effect, StoreArtifact } from './decide/effect.ts'
import type { Move } from './decide/move.ts'
import type { AnswerPart, Entry, Event, EventBody, Usage } from './log/event.ts'
import { textOf } from './log/call-ids.ts'
import { readEnvelope, type NextAction } from './log/decision.ts'
import { createFold } from './log/fold/fold.ts'
import type { RecalledNote } from './log/memory.ts'
import type { State } from './log/state.ts'
import { EVENT_VERSION } from './log/upcast.ts'
import { compile } from './spec/compile/compile.ts'
import { subWorkflows } from './spec/compile/compile-workflows.ts'
import type { Json, JsonObject } from './spec/json.ts'
import type { Plan, ToolFacts } from './spec/plan.ts'
import type { WorkflowSpec } from './spec/spec.ts'

/*
 * The words of the kernel's tests: given these events, then this move. No mocks and no time: a log
 * is written by hand, or played to its end against answers and tools that are plain data.
 */

/** Compiles a spec whose tools are facts only, and sub-workflows in place. Throws with every issue. */
export function planOf(
  spec: WorkflowSpec,
  tools: Readonly<Record<string, Partial<ToolFacts>>> = {},
): Plan {
  const facts = Object.entries(tools).map(([name, tool]): [string, ToolFacts] => [
    name,
    { about: name, input: { type: 'object' }, ...tool },
  ])
  const workflows = new Map<string, Plan>()
  for (const { key, ref } of subWorkflows(spec)) {
    if (typeof ref !== 'string') workflows.set(key, planOf(ref, tools))
  }
  const compiled = compile(spec, { tools: new Map(facts), workflows })
  if (!compiled.ok) throw new Error(compiled.issues.map((issue) => issue.message).join('; '))
  return compiled.plan
}

/** Numbers events as a log does, one millisecond apart. */
export function logOf(bodies: readonly EventBody[]): readonly Event[] {
  return bodies.map((body, index) => ({ v: EVENT_VERSION, seq: index + 1, at: index + 1, ...body }))
}

/** The events with which a run of a plan begins. */
export function started(
  plan: Plan,
  input: JsonObject = {},
  session: JsonObject = {},
): readonly EventBody[] {
  return [
    {
      type: 'run.started',
      run: 'run',
      workflow: plan.name,
      digest: plan.digest,
      input,
      instructions: null,
      session,
    },
    { type: 'turn.started', turn: 1, input: {} },
  ]
}

export const NO_USAGE: Usage = { input: 0, output: 0, cached: 0 }

/** A call as a model writes it. */
export function call(tool: string, args: Json = {}, id = ''): AnswerPart {
  return { type: 'call', id, tool, args }
}

/** A text as a model writes it. */
export function text(words: string): AnswerPart {
  return { type: 'text', text: words }
}

/** Folds hand-written events and asks for the next move. */
export function given(
  plan: Plan,
  bodies: readonly EventBody[],
): { readonly move: Move; readonly state: State } {
  const fold = createFold(plan.histories)
  for (const event of logOf(bodies)) fold.add(event)
  return { move: decide(plan, fold.state), state: fold.state }
}

/** What stands in for the outside: messages in order, and what each dispatch of a tool comes to. */
export interface Outside {
  readonly answers: readonly (readonly AnswerPart[])[]
  /** Answers a call in the place of `answers`, where sub-runs ask side by side. */
  readonly say?: (call: CallModel, state: State) => readonly AnswerPart[]
  readonly tools?: Readonly<Record<string, (args: Json, dispatch: number) => Json | ToolFailure>>
  readonly usage?: Usage
  /** What the functions of gates answer, by gate; false when left out. */
  readonly checks?: Readonly<Record<string, () => boolean>>
  /** What the gate of an artifact has against it; null, or left out, stores it. */
  readonly gate?: (effect: StoreArtifact) => string | null
  /** How long each stored version is; 1 when left out. */
  readonly chars?: number
  /** The notes that every record has; none when left out. */
  readonly notes?: readonly RecalledNote[]
  /** Picks which of the effects under way comes back first; the first when left out. */
  readonly pick?: (effects: readonly Effect[]) => number
}

/** Stands for a thrown error. */
export class ToolFailure {
  readonly code: string
  readonly executed: boolean | undefined
  constructor(code: string, executed?: boolean) {
    this.code = code
    this.executed = executed
  }
}

export interface Played {
  readonly events: readonly Event[]
  readonly state: State
  /** Names of the tools that ran, in the order in which they were started. */
  readonly ran: readonly string[]
  readonly reason: string
}

/** Plays a run until it rests, from its start or from a log so far. */
export function play(
  plan: Plan,
  outside: Outside,
  first: readonly EventBody[] = started(plan),
): Played {
  const fold = createFold(plan.histories)
  const events: Event[] = []
  const ran: string[] = []
  const add = (bodies: readonly Entry[]): void => {
    for (const body of bodies) {
      const seq = events.length + 1
      const event: Event = { v: EVENT_VERSION, seq, at: seq, ...body }
      fold.add(event)
      events.push(event)
    }
  }
  add(first)
  let answered = 0
  const started = new Set<string>()
  for (let steps = 0; steps < 100_000; steps++) {
    const move = decide(plan, fold.state)
    if (move.type === 'rest') return { events, state: fold.state, ran, reason: move.reason }
    if (move.type === 'record') {
      add(move.events)
      continue
    }
    for (const effect of move.effects) {
      if (effect.type !== 'run-tool' || started.has(`${effect.call}/${effect.attempt}`)) continue
      started.add(`${effect.call}/${effect.attempt}`)
      ran.push(effect.tool)
    }
    const effect = move.effects[outside.pick?.(move.effects) ?? 0]
    if (effect === undefined) throw new Error('a perform without effects')
    if (effect.type === 'call-model') {
      const parts = outside.say?.(effect, fold.state) ?? outside.answers[answered++]
      const { model } = fold.state.branches.get(effect.branch ?? '') ?? fold.state.branch
      const answer =
        parts === undefined
          ? noAnswer(effect.call)
          : enveloped(answerOf(effect.call, parts, outside), { native: model?.native === true })
      add([inBranch(answer, effect.branch)])
    } else add([inBranch(comeBack(effect, outside), effect.branch)])
  }
  throw new Error('the run does not come to rest')
}

function answerOf(number: number, parts: readonly AnswerPart[], outside: Outside): EventBody {
  return {
    type: 'model.answered',
    call: number,
    parts,
    finish: parts.some((part) => part.type === 'call') ? 'tool-calls' : 'stop',
    usage: outside.usage ?? NO_USAGE,
  }
}

/** A native answer that calls nothing by itself is the text of an envelope, or should be (S4.15). */
function enveloped(answer: EventBody, { native }: { readonly native: boolean }): EventBody {
  if (!native || answer.type !== 'model.answered') return answer
  if (answer.parts.some((part) => part.type === 'call')) return answer
  const read = readEnvelope(textOf(answer.parts))
  if (!read.ok) return { ...answer, malformed: read.message }
  const { decision, parts } = read
  return { ...answer, parts, decision, risk: decision.risk_level }
}

/** A native envelope as a model writes it; what is left out is sure, harmless and not done. */
export function envelope(next_action: NextAction, more: JsonObject = {}): readonly AnswerPart[] {
  const said = { confidence: 1, risk_level: 'low', success_criteria_met: false }
  return [text(JSON.stringify({ next_action, ...said, ...more }))]
}

function noAnswer(number: number): EventBody {
  const error = { code: 'script_exhausted', message: 'no answer is left', retryable: false }
  return { type: 'model.failed', call: number, attempt: 1, error }
}

function comeBack(effect: Exclude<Effect, { type: 'call-model' }>, outside: Outside): EventBody {
  switch (effect.type) {
    case 'wait':
      return { type: 'wait.ended', wait: effect.wait }
    case 'run-check':
      return {
        type: 'check.answered',
        call: effect.call,
        gate: effect.gate,
        holds: outside.checks?.[effect.gate]?.() ?? false,
        reason: '',
      }
    case 'claim-places':
      return { type: 'places.claimed', call: effect.call }
    case 'store-artifact':
      return storeArtifact(effect, outside)
    case 'recall-memory':
      return { type: 'memory.recalled', record: effect.record, items: outside.notes ?? [] }
    case 'keep-memory': {
      const { record, upTo } = effect
      return { type: 'memory.kept', record, ids: [`${record}/${upTo}`], upTo }
    }
    case 'deliver-handoff':
      return { type: 'handoff.delivered', attempt: effect.attempt }
    case 'run-tool':
      return runTool(effect, outside)
  }
}

/** The store's answer: what `outside.gate` says, else that it is stored. */
function storeArtifact(
  effect: Extract<Effect, { type: 'store-artifact' }>,
  outside: Outside,
): EventBody {
  const { call: id, artifact, version, publish } = effect
  const message = outside.gate?.(effect) ?? null
  if (message !== null) {
    const rejected = { call: id, artifact, reason: 'directive', findings: [], message } as const
    return { type: 'artifact.rejected', ...rejected }
  }
  const stored = { call: id, artifact, version, digest: `sha256:${version}`, published: publish }
  const { chars = 1 } = outside
  return { type: 'artifact.stored', ...stored, media: 'text/markdown', chars, bytes: chars }
}

function runTool(effect: Extract<Effect, { type: 'run-tool' }>, outside: Outside): EventBody {
  const output = outside.tools?.[effect.tool]?.(effect.args, effect.attempt) ?? null
  if (!(output instanceof ToolFailure)) return { type: 'tool.returned', call: effect.call, output }
  const { code, executed } = output
  const error = { code, message: code, ...(executed === undefined ? {} : { executed }) }
  return { type: 'tool.failed', call: effect.call, attempt: effect.attempt, error }
}
