import type { WorkflowSpec } from '../../core/spec/spec.ts'
import type { ArgumentCase, ArgumentCases, ReplayCall } from './case-file.ts'
import { replayCase, type Fate } from './replay-case.ts'
import {
  countOne,
  type FailedCall,
  type GateTally,
  type KindTally,
  type ReplayTotals,
} from './replay-report.ts'
import { stubTools } from './stub-tools.ts'
import { loadVariant } from './stubbed-workflow.ts'

/*
 * Cases of arguments: calls that fit the schema of their tool, and calls that do not. Each case has
 * tools of its own, so each gets a workflow of one step with them and no gates.
 */

export interface ArgumentReport extends ReplayTotals {
  /** Refused calls whose message names neither the wrong argument nor the tools that there are. */
  readonly unexplained: number
}

interface Tried {
  readonly id: string
  readonly event: number
  readonly call: ReplayCall
  /** Why it must not run; null where it must. */
  readonly why: string | null
  readonly fate: Fate
}

/** Replays every call of every case. */
export async function replayArgumentCases(file: ArgumentCases): Promise<ArgumentReport> {
  const tried: Tried[] = []
  for (const of of file.cases) tried.push(...(await replayOne(of)))
  const failures = tried.filter(({ why, fate }) => fate.ran === (why !== null)).map(toFailure)
  const passing = tried.filter(({ why }) => why === null)
  const blocked = tried.filter(({ why }) => why !== null)
  return {
    must_pass: {
      total: passing.length,
      refused: passing.filter(({ fate }) => !fate.ran).length,
    },
    near_miss: { total: 0, refused: 0 },
    must_block: {
      total: blocked.length,
      executed: blocked.filter(({ fate }) => fate.ran).length,
    },
    unexplained: blocked.filter((each) => !each.fate.ran && !explains(each)).length,
    by_gate: byGate(tried),
    by_kind: byKind(blocked),
    cases: [...new Set(failures.map((failure) => failure.case))],
    failures,
  }
}

async function replayOne(of: ArgumentCase): Promise<readonly Tried[]> {
  const all = [
    ...of.must_pass.map((call) => ({ call, why: null })),
    ...of.must_block.map((call) => ({ call: { name: call.name, args: call.args }, why: call.why })),
  ]
  const stubbed = await loadVariant(specOf(of), { described: of.tools, source: null })
  const fates = await replayCase(stubbed, {
    prompt: `Replay of ${of.id}`,
    happenings: all.map(({ call }) => ({ call, outcome: { output: null } })),
    person: 'deny',
  })
  return all.flatMap(({ call, why }, event) => {
    const fate = fates[event] ?? null
    return fate === null ? [] : [{ id: of.id, event, call, why, fate }]
  })
}

/** Every tool in one step, and budgets that no case spends: only arguments are in question. */
function specOf(of: ArgumentCase): WorkflowSpec {
  const calls = of.must_pass.length + of.must_block.length + 1
  return {
    workflow: 'arguments',
    budget: { iterations: calls, calls },
    steps: { try: { prompt: 'Call the tools.', tools: [...stubNames(of)] } },
  }
}

function stubNames(of: ArgumentCase): Iterable<string> {
  return stubTools(of.tools).names.values()
}

function toFailure({ id, event, call, why, fate }: Tried): FailedCall {
  const should = why === null ? 'run' : 'not run'
  return { case: id, event, tool: call.name, should, gates: fate.gates, message: fate.message }
}

/** What a model needs to mend its call: the argument that is wrong, or the tools that there are. */
function explains({ why, call, fate }: Tried): boolean {
  if (why === 'undeclared tool') return fate.message.includes('Legal tools here')
  if (why === 'undeclared argument') return fate.message.includes('__extra')
  const [first = '', second = ''] = (why ?? '').split(' ')
  return fate.message.includes(first === 'missing' ? second : first) && call.name !== ''
}

function byGate(tried: readonly Tried[]): Readonly<Record<string, GateTally>> {
  const tallies: Record<string, { must_pass: number; near_miss: number; must_block: number }> = {}
  for (const { fate, why } of tried) {
    for (const gate of fate.gates) {
      const tally = (tallies[gate] ??= { must_pass: 0, near_miss: 0, must_block: 0 })
      tally[why === null ? 'must_pass' : 'must_block']++
    }
  }
  return tallies
}

function byKind(blocked: readonly Tried[]): Readonly<Record<string, KindTally>> {
  const tallies: Record<string, KindTally> = {}
  for (const { why, fate } of blocked) {
    const kind = kindOf(why ?? '')
    const before = tallies[kind] ?? { total: 0, refused: 0, executed: 0, answered_by: {} }
    const answered: Record<string, number> = { ...before.answered_by }
    for (const gate of fate.gates) countOne(answered, gate)
    tallies[kind] = {
      ...before,
      total: before.total + 1,
      executed: before.executed + (fate.ran ? 1 : 0),
      answered_by: answered,
    }
  }
  return tallies
}

/** The reason without the argument's name: `missing base` is a missing argument. */
function kindOf(why: string): string {
  if (why.startsWith('undeclared')) return why
  if (why.startsWith('missing')) return 'missing argument'
  return why.endsWith('not in enum') ? 'not in enum' : 'wrong type'
}
