import type { Fact } from '../branch.ts'
import type { BranchDraft, HistoryDraft } from './draft.ts'
import { noHistory } from './new-draft.ts'
import { knownIn } from '../origins.ts'

/*
 * The committed successes of a branch, and the readings of them that conditions use (Law 3).
 */

/** Makes a success readable for gates and conditions. */
export function addFact(branch: BranchDraft, fact: Fact): void {
  branch.facts.push(fact)
  count(branch, fact.tool)
  enter(branch.tools[fact.tool], fact)
}

/**
 * Makes what a sub-run answered readable for transitions, criteria and templates. To gates it is only
 * known to have succeeded: its words are a model's (Law 3).
 */
export function addTold(branch: BranchDraft, fact: Fact): void {
  const { tool } = fact
  branch.told.push(fact)
  count(branch, tool)
  if (branch.results[tool] === branch.tools[tool]) branch.results[tool] = noHistory()
  enter(branch.results[tool], fact)
}

function count(branch: BranchDraft, tool: string): void {
  branch.successes.set(tool, (branch.successes.get(tool) ?? 0) + 1)
}

function enter(history: HistoryDraft | undefined, fact: Fact): void {
  if (history === undefined) return
  const { args, output, turn, seq } = fact
  history.outputs.latest = output
  history.outputs.all.push(output)
  history.calls.all.push({ args, output, turn, seq })
}

/** Worked out anew from the facts as they are now, once a gate asks. */
function know({ origins, facts }: BranchDraft): void {
  origins.known = knownIn(facts, origins.foreign)
}

/** Forgets one success that was taken back; what is taken back is among the newest. */
export function forgetFact(branch: BranchDraft, call: string): void {
  const { facts, successes, tools } = branch
  const index = facts.findLastIndex((fact) => fact.call === call)
  const fact = facts[index]
  if (fact === undefined) return
  facts.splice(index, 1)
  know(branch)
  const left = (successes.get(fact.tool) ?? 0) - 1
  if (left > 0) successes.set(fact.tool, left)
  else successes.delete(fact.tool)
  const history = tools[fact.tool]
  if (history === undefined) return
  const { outputs, calls } = history
  const place = calls.all.findLastIndex(({ seq }) => seq === fact.seq)
  if (place < 0) return
  calls.all.splice(place, 1)
  outputs.all.splice(place, 1)
  const latest = outputs.all.at(-1)
  if (latest === undefined) delete outputs.latest
  else outputs.latest = latest
}

/** Forgets what does not stand any more; O(facts), for a rewind. */
export function keepFacts(branch: BranchDraft, stands: (fact: Fact) => boolean): void {
  const { facts, told } = branch
  branch.facts = []
  know(branch)
  branch.told = []
  branch.successes.clear()
  for (const history of [...Object.values(branch.tools), ...Object.values(branch.results)]) {
    delete history.outputs.latest
    history.outputs.all.length = 0
    history.calls.all.length = 0
  }
  for (const fact of facts) if (stands(fact)) addFact(branch, fact)
  for (const fact of told) if (stands(fact)) addTold(branch, fact)
}
