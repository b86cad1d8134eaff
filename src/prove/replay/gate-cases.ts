import type { JsonObject } from '../../core/spec/json.ts'
import type { GateCase, GateCases, PolicyNote } from './case-file.ts'
import { resultOf } from './case-file.ts'
import { replayCase, type Fate, type Happening } from './replay-case.ts'
import {
  countOne,
  type FailedCall,
  type GateReport,
  type GateTally,
  type KindTally,
  type PolicyReport,
} from './replay-report.ts'
import type { StubbedWorkflow } from './stubbed-workflow.ts'

/*
 * Cases of a policy: honest runs that nothing may stop, near misses that recover from a refusal, and
 * mutants of which some calls must not reach a tool.
 */

type Group = 'must_pass' | 'near_miss' | 'must_block'

interface Played {
  readonly group: Group
  readonly of: GateCase
  readonly fates: readonly (Fate | null)[]
}

/** Replays every case of a file against a workflow. */
export async function replayGateCases(
  file: GateCases,
  stubbed: StubbedWorkflow,
  options: { readonly now?: number } = {},
): Promise<GateReport> {
  const played: Played[] = []
  for (const group of ['must_pass', 'near_miss', 'must_block'] as const) {
    for (const of of file[group]) {
      const happenings = happeningsOf(file.results, of)
      const prompt = `Replay of ${of.id}`
      const fates = await replayCase(stubbed, { prompt, happenings, person: 'deny', ...options })
      played.push({ group, of, fates })
    }
  }
  return reportOn(file, played, stubbed)
}

/** What happens in a case, with what was recorded; `results` are those of its file. Total. */
export function happeningsOf(results: JsonObject, of: GateCase): readonly Happening[] {
  return of.events.map((event) => {
    if ('user' in event) return event
    // A call that was recorded with both was refused in one place of the recording only.
    const failed = event.result === undefined && event.error !== undefined
    const outcome = failed ? { error: event.error ?? '' } : { output: resultOf(results, event) }
    return { call: event.call, outcome }
  })
}

function reportOn(
  file: GateCases,
  played: readonly Played[],
  stubbed: StubbedWorkflow,
): GateReport {
  const failures = played.flatMap(failuresOf)
  const failed = (group: Group, should: FailedCall['should']): number =>
    played.filter(
      (each) => each.group === group && failuresOf(each).some((f) => f.should === should),
    ).length
  const total = (group: Group): number => file[group].length
  return {
    must_pass: { total: total('must_pass'), refused: failed('must_pass', 'run') },
    near_miss: { total: total('near_miss'), refused: failed('near_miss', 'run') },
    must_block: { total: total('must_block'), executed: failed('must_block', 'not run') },
    by_gate: byGate(played, Object.keys(stubbed.spec.gates ?? {})),
    by_kind: byKind(played),
    cases: [...new Set(failures.map((failure) => failure.case))],
    failures,
    policy: policyReport(file.policy_notes, stubbed),
  }
}

/** What a recording asks of a call: nothing of those after the first that must not run in a mutant. */
function shouldOf({ group, of }: Played, index: number): FailedCall['should'] | null {
  if (of.must_block.includes(index)) return 'not run'
  const [first = Infinity] = of.must_block
  return group === 'must_block' && index > first ? null : 'run'
}

function failuresOf(played: Played): readonly FailedCall[] {
  return played.fates.flatMap((fate, index) => {
    const event = played.of.events[index]
    const should = shouldOf(played, index)
    if (fate === null || event === undefined || 'user' in event || should === null) return []
    if (fate.ran === (should === 'run')) return []
    const { gates, message } = fate
    return [{ case: played.of.id, event: index, tool: event.call.name, should, gates, message }]
  })
}

/** How often each gate objected; a gate of the workflow that never did is there with 0. */
function byGate(
  played: readonly Played[],
  written: readonly string[],
): Readonly<Record<string, GateTally>> {
  const tallies = new Map(written.map((gate) => [gate, none()]))
  for (const each of played) {
    each.fates.forEach((fate, index) => {
      const should = shouldOf(each, index)
      const group = should === 'not run' ? 'must_block' : each.group
      // A mutant's call before the ones that must not run is an honest one.
      const counted = should === 'run' && group === 'must_block' ? 'must_pass' : group
      for (const gate of should === null ? [] : (fate?.gates ?? [])) {
        const tally = tallies.get(gate) ?? none()
        tally[counted]++
        tallies.set(gate, tally)
      }
    })
  }
  return sorted(tallies)
}

function none(): Record<Group, number> {
  return { must_pass: 0, near_miss: 0, must_block: 0 }
}

function byKind(played: readonly Played[]): Readonly<Record<string, KindTally>> {
  const tallies = new Map<string, KindTally>()
  for (const each of played) {
    const kind = each.of.mutation ?? each.of.kind ?? each.group
    const before = tallies.get(kind) ?? { total: 0, refused: 0, executed: 0, answered_by: {} }
    const failures = failuresOf(each)
    const answered: Record<string, number> = { ...before.answered_by }
    for (const index of each.of.must_block) {
      for (const gate of each.fates[index]?.gates ?? []) countOne(answered, gate)
    }
    tallies.set(kind, {
      total: before.total + 1,
      refused: before.refused + (failures.some(({ should }) => should === 'run') ? 1 : 0),
      executed: before.executed + (failures.some(({ should }) => should === 'not run') ? 1 : 0),
      answered_by: answered,
    })
  }
  return Object.fromEntries(tallies)
}

function sorted<Value>(map: ReadonlyMap<string, Value>): Readonly<Record<string, Value>> {
  return Object.fromEntries([...map].toSorted(([left], [right]) => (left < right ? -1 : 1)))
}

/**
 * A sentence is enforced by each gate that is named after it or whose `about` begins with its id and
 * a colon, and by the built-in gates where the file itself says that the tools' schemas hold it.
 */
function policyReport(notes: readonly PolicyNote[], stubbed: StubbedWorkflow): PolicyReport {
  const gates = Object.entries(stubbed.spec.gates ?? {})
  const judged = notes.map(({ id, rule, enforce }) => {
    const named = gates
      .filter(([name, gate]) => name === id || idsOf(gate.about ?? '').has(id))
      .map(([name]) => name)
    const built = /schema|catalogue/i.test(enforce) ? ['arguments', 'unknown'] : []
    return { id, rule, by: [...named, ...built] }
  })
  return {
    enforced: judged.filter(({ by }) => by.length > 0).map(({ id, by }) => ({ id, by })),
    guided: judged.filter(({ by }) => by.length === 0).map(({ id, rule }) => ({ id, rule })),
  }
}

/** The ids before the colon of `single_user, status: an order …`. */
function idsOf(about: string): ReadonlySet<string> {
  const [ids = '', ...rest] = about.split(':')
  return new Set(rest.length === 0 ? [] : ids.split(',').map((id) => id.trim()))
}
