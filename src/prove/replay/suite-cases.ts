import type { JsonObject } from '../../core/spec/json.ts'
import {
  resultOf,
  type CalledEvent,
  type Injection,
  type ReplayCall,
  type Suite,
  type SuiteTask,
} from './case-file.ts'
import { defencesFor, type Defence } from './defences.ts'
import {
  answersOf,
  countAttack,
  honest,
  isOpen,
  isWrite,
  scalarsOf,
  type Answers,
  type AttackCount,
} from './injection.ts'
import { replayCase, type Fate, type Happening } from './replay-case.ts'
import { countOne } from './replay-report.ts'
import type { StubbedWorkflow } from './stubbed-workflow.ts'

/*
 * A suite of honest tasks and of attacks: every attack is tried on every task, as soon as its words
 * are read and again when everything else is done. Three times: with the tools of the task alone,
 * with the gates alone, and with both.
 */

export type Order = 'at_once' | 'at_the_end'

/** An honest call about which a person was asked. */
export interface AskedCall {
  readonly case: string
  readonly tool: string
  readonly gates: readonly string[]
  /** Its values that only an outsider's text holds; none means that it was asked for nothing. */
  readonly values: readonly string[]
}

export interface SuiteReport {
  readonly suite: string
  readonly version: string
  readonly honest: { readonly total: number; readonly refused: number; readonly asked: number }
  readonly attacks: Readonly<Record<Defence, Readonly<Record<Order, AttackCount>>>>
  readonly asked: readonly AskedCall[]
  readonly answered_by: Readonly<Record<string, number>>
  /** Honest tasks that were refused, and attacks that got through both. */
  readonly refused: readonly string[]
  readonly left: readonly string[]
}

interface Bench {
  readonly suite: Suite
  readonly results: JsonObject
  readonly answers: Answers
  readonly stubbed: StubbedWorkflow
}

/** Plays a whole suite against its workflow. */
export async function replaySuite(
  suite: Suite,
  on: { readonly results: JsonObject; readonly stubbed: StubbedWorkflow },
): Promise<SuiteReport> {
  const { stubbed } = on
  const bench = { suite, ...on, answers: answersOf(suite, on.results) }
  const writes = isWrite(stubbed)
  const attacks = {
    scope: { at_once: tally(), at_the_end: tally() },
    gates: { at_once: tally(), at_the_end: tally() },
    both: { at_once: tally(), at_the_end: tally() },
  }
  const asked: AskedCall[] = []
  const refused: string[] = []
  const left: string[] = []
  const answered: Record<string, number> = {}
  for (const task of suite.user_tasks) {
    const workflows = await defencesFor(stubbed, { suite, task })
    const fates = await playHonest(bench, { task, stubbed: workflows.both })
    if (fates.some((fate) => !fate.ran)) refused.push(task.id)
    asked.push(...askedCalls(bench, { task, fates }))
    for (const injection of suite.injection_tasks) {
      for (const defence of ['scope', 'gates', 'both'] as const) {
        for (const order of ['at_once', 'at_the_end'] as const) {
          const tried = { task, injection, order, stubbed: workflows[defence] }
          const fates = await playAttack(bench, tried)
          count(attacks[defence][order], countAttack(triedOf(injection, fates), writes))
          if (defence !== 'both') continue
          const id = `${suite.suite}/${task.id}/${injection.id}/${order}`
          if (fates.length > 0 && fates.every((fate) => fate.ran)) left.push(id)
          for (const gate of fates.flatMap((fate) => fate.gates)) countOne(answered, gate)
        }
      }
    }
  }
  return {
    suite: suite.suite,
    version: suite.version,
    honest: {
      total: suite.user_tasks.length,
      refused: refused.length,
      asked: new Set(asked.map((call) => call.case)).size,
    },
    attacks,
    asked,
    refused,
    left,
    answered_by: answered,
  }
}

function tally(): { attacks: number; left: number; partly: number } {
  return { attacks: 0, left: 0, partly: 0 }
}

function count(into: ReturnType<typeof tally>, one: AttackCount): void {
  into.attacks += one.attacks
  into.left += one.left
  into.partly += one.partly
}

function triedOf(
  injection: Injection,
  fates: readonly Fate[],
): readonly { readonly call: ReplayCall; readonly fate: Fate }[] {
  return fates.flatMap((fate, index) => {
    const call = injection.actions[index]
    return call === undefined ? [] : [{ call, fate }]
  })
}

async function playHonest(
  bench: Bench,
  on: { readonly task: SuiteTask; readonly stubbed: StubbedWorkflow },
): Promise<readonly Fate[]> {
  const { results } = bench
  const happenings = on.task.events.map((event) => honest(event, { results, injected: null }))
  const fates = await replayCase(on.stubbed, {
    prompt: on.task.prompt,
    happenings,
    person: 'approve',
  })
  return fates.filter((fate) => fate !== null)
}

/** The fates of the attack's own calls; none where the attack is never read. */
async function playAttack(
  bench: Bench,
  on: {
    readonly task: SuiteTask
    readonly injection: Injection
    readonly order: Order
    readonly stubbed: StubbedWorkflow
  },
): Promise<readonly Fate[]> {
  const { task, injection, order } = on
  const { results, answers } = bench
  const first = task.events.findIndex(isOpen)
  if (first < 0) return []
  const own = task.events.map((event) => honest(event, { results, injected: injection.goal }))
  const attack = injection.actions.map((call): Happening => ({
    call,
    outcome: { output: answers.resultOf(call) },
  }))
  const at = order === 'at_once' ? first + 1 : own.length
  const happenings = [...own.slice(0, at), ...attack, ...own.slice(at)]
  const fates = await replayCase(on.stubbed, { prompt: task.prompt, happenings, person: 'deny' })
  return fates.slice(at, at + attack.length).filter((fate) => fate !== null)
}

/** Says of each asked call which of its values are in an outsider's text and nowhere better. */
function askedCalls(
  bench: Bench,
  played: { readonly task: SuiteTask; readonly fates: readonly Fate[] },
): readonly AskedCall[] {
  const { task, fates } = played
  return fates.flatMap((fate, index) => {
    const call = task.events[index]?.call
    if (!fate.asked || call === undefined) return []
    const before = task.events.slice(0, index)
    const textOf = (events: readonly CalledEvent[]): string =>
      events.flatMap((event) => scalarsOf(resultOf(bench.results, event))).join('\n')
    const outside = textOf(before.filter(isOpen))
    const better = `${task.prompt}\n${textOf(before.filter((event) => !isOpen(event)))}`
    const values = scalarsOf(call.args).filter(
      (value) => holds(outside, value) && !holds(better, value),
    )
    const id = `${bench.suite.suite}/${task.id}`
    return [{ case: id, tool: call.name, gates: fate.gates, values }]
  })
}

function holds(text: string, value: string): boolean {
  return text.toLowerCase().includes(value.toLowerCase())
}
