import type { Fact } from './branch.ts'
import type { BranchDraft } from './draft.ts'

/*
 * The committed successes of a branch, and the readings of them that conditions use (Law 3).
 */

/** Makes a success readable for gates and conditions. */
export function addFact(branch: BranchDraft, fact: Fact): void {
  const { tool, args, output, turn, seq } = fact
  branch.facts.push(fact)
  branch.successes.set(tool, (branch.successes.get(tool) ?? 0) + 1)
  const history = branch.tools[tool]
  if (history === undefined) return
  history.outputs.latest = output
  history.outputs.all.push(output)
  history.calls.all.push({ args, output, turn, seq })
}

/** Forgets the facts that do not stand any more; O(facts), for a rewind or an undo. */
export function keepFacts(branch: BranchDraft, stands: (fact: Fact) => boolean): void {
  const { facts } = branch
  branch.facts = []
  branch.successes.clear()
  for (const history of Object.values(branch.tools)) {
    delete history.outputs.latest
    history.outputs.all.length = 0
    history.calls.all.length = 0
  }
  for (const fact of facts) if (stands(fact)) addFact(branch, fact)
}
