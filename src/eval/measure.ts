import type { Event, EventOf, Verdict } from '../core/log/event.ts'
import type { RunRecord } from '../core/log/record/run-record.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/spec/json.ts'
import { readJson } from '../core/spec/read-json.ts'

/*
 * The behavioural shape of one run, read from its log and its record: what criteria compare with
 * what was expected (S4.28).
 */

export interface SeenCall {
  readonly call: string
  readonly tool: string
  readonly args: Json
}

export interface SeenVerdict extends SeenCall {
  readonly verdict: Verdict
  readonly message: string
  readonly gates: EventOf<'call.judged'>['gates']
}

/** One version that an artifact's gate let through. */
export interface SeenVersion {
  readonly version: number
  readonly digest: string
  readonly chars: number
  readonly published: boolean
  readonly score: number | null
}

export interface SeenArtifact {
  readonly versions: readonly SeenVersion[]
  /** By reason. */
  readonly rejections: Readonly<Record<string, number>>
}

export interface Shape {
  /** Steps as they were entered; `subRuns` has those of sub-runs among them. */
  readonly path: readonly string[]
  readonly pathWithSubRuns: readonly string[]
  /** What models asked for, in order, and what of it ran. */
  readonly asked: readonly SeenCall[]
  readonly ran: readonly SeenCall[]
  readonly verdicts: readonly SeenVerdict[]
  /** By role, and `all`; repeated attempts of one call count once. */
  readonly modelCalls: Readonly<Record<string, number>>
  readonly tokens: number
  /** Null where no price is known. */
  readonly usd: number | null
  readonly transitions: number
  readonly confidence: readonly number[]
  /** Slots that were asked for, each once, in order. */
  readonly slotsAsked: readonly string[]
  readonly slots: JsonObject
  readonly artifacts: ReadonlyMap<string, SeenArtifact>
  /** What conditions read: the run record, and `eval`. */
  readonly context: JsonObject
}

/** Reads the shape of a run from its record and its whole log. */
export function shapeOf(record: RunRecord, events: readonly Event[]): Shape {
  const ran = new Set<string>()
  const undone: JsonObject[] = []
  let transitions = 0
  for (const event of events) {
    if (event.type === 'tool.dispatched' || event.type === 'tool.returned') ran.add(event.call)
    if (event.type === 'branch.started' && event.call !== null) ran.add(event.call)
    if (event.type === 'transition.taken') transitions += 1
    if (event.type === 'undo.called') undone.push({ tool: event.tool, args: event.args })
  }
  const asked = record.steps.flatMap((step) =>
    step.tool_calls.map(({ call, name, args }) => ({ call, tool: name, args })),
  )
  const shape = {
    path: record.steps.filter((step) => step.branch === undefined).map((step) => step.name),
    pathWithSubRuns: record.steps.map((step) => step.name),
    asked,
    ran: asked.filter(({ call }) => ran.has(call)),
    verdicts: verdictsIn(events, new Map(asked.map((call) => [call.call, call]))),
    modelCalls: modelCallsIn(events),
    tokens: record.usage.prompt_tokens + record.usage.completion_tokens,
    usd: record.cost_usd ?? null,
    transitions,
    confidence: confidencesIn(record),
    ...slotsIn(events),
    artifacts: artifactsIn(events),
  }
  return { ...shape, context: contextOf(record, { ...shape, undone }) }
}

function contextOf(
  record: RunRecord,
  shape: Omit<Shape, 'context'> & { readonly undone: readonly JsonObject[] },
): JsonObject {
  const { path, asked, ran, modelCalls, tokens, usd, transitions, confidence, slots } = shape
  const { slotsAsked, undone } = shape
  const seen = {
    path,
    tools: ran.map(({ tool }) => tool),
    calls: asked.map(({ tool }) => tool),
    model_calls: modelCalls,
    tool_calls: ran.length,
    tokens,
    usd,
    transitions,
    confidence,
    slots_asked: slotsAsked,
    slots,
    undone,
  }
  const read = readJson({ ...record, eval: seen })
  return read.ok && isJsonObject(read.value) ? read.value : {}
}

function verdictsIn(
  events: readonly Event[],
  calls: ReadonlyMap<string, SeenCall>,
): readonly SeenVerdict[] {
  return events.flatMap((event) => {
    if (event.type !== 'call.judged') return []
    const { call, tool, verdict, gates, message = '' } = event
    return [{ call, tool, args: calls.get(call)?.args ?? null, verdict, gates, message }]
  })
}

function modelCallsIn(events: readonly Event[]): Readonly<Record<string, number>> {
  const made = { all: 0, planner: 0, composer: 0, verifier: 0 }
  for (const event of events) {
    if (event.type !== 'model.called' || event.attempt > 1) continue
    made.all += 1
    made[event.role ?? 'planner'] += 1
  }
  return made
}

/** Of each of the planner's turns, in the order in which it was asked; an envelope that was sent back is none. */
function confidencesIn({ steps }: RunRecord): readonly number[] {
  return steps
    .flatMap(({ decisions }) => decisions)
    .toSorted((left, right) => left.call - right.call)
    .map(({ confidence }) => confidence)
}

function slotsIn(events: readonly Event[]): Pick<Shape, 'slots' | 'slotsAsked'> {
  const slots: Record<string, Json> = {}
  const named = new Set<string>()
  for (const event of events) {
    if (event.type === 'slots.filled') Object.assign(slots, event.values)
    if (event.type !== 'run.rested') continue
    const asked = (event.pending ?? []).flatMap((pending) => pending.slots ?? [])
    for (const { name } of asked) named.add(name)
  }
  return { slots, slotsAsked: [...named] }
}

interface ArtifactDraft {
  versions: (SeenVersion & { readonly seq: number; readonly branch: string })[]
  readonly rejections: Record<string, number>
}

function artifactsIn(events: readonly Event[]): ReadonlyMap<string, SeenArtifact> {
  const artifacts = new Map<string, ArtifactDraft>()
  const draftOf = (name: string): ArtifactDraft => {
    const known = artifacts.get(name) ?? { versions: [], rejections: {} }
    artifacts.set(name, known)
    return known
  }
  for (const event of events) {
    const { branch = '', seq } = event
    if (event.type === 'artifact.rejected') {
      const { rejections } = draftOf(event.artifact)
      rejections[event.reason] = (rejections[event.reason] ?? 0) + 1
    } else if (event.type === 'artifact.stored') {
      const { version, digest, chars, published } = event
      const stored = { version, digest, chars, published, score: null, seq, branch }
      draftOf(event.artifact).versions.push(stored)
    } else if (event.type === 'artifact.verified') {
      const { version, score, accepted } = event
      const { versions } = draftOf(event.artifact)
      const at = versions.findLastIndex(
        (each) => each.version === version && each.branch === branch,
      )
      const before = versions[at]
      if (before === undefined) continue
      versions[at] = { ...before, score, published: before.published || accepted }
    } else if (event.type === 'run.rewound') {
      // What was written on a way that was taken back does not stand.
      for (const draft of artifacts.values()) {
        draft.versions = draft.versions.filter(
          (each) => each.branch !== branch || each.seq <= event.position,
        )
      }
    }
  }
  return artifacts
}
