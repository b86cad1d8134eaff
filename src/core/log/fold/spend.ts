import type { Spend } from '../branch.ts'
import type { BranchDraft, Site, StateDraft } from './draft.ts'

type Amounts = Partial<Omit<Spend, 'sinceMs'>>

/** Adds to what a branch has spent, and to what those that wait for it have: budgets are root-wide. */
export function spend({ draft, branch }: Site, amounts: Amounts): void {
  for (let at: BranchDraft | undefined = branch; at !== undefined; at = parentOf(draft, at)) {
    for (const span of [at.spend.run, at.spend.turn, at.spend.step]) add(span, amounts)
  }
}

/** Gives back what was set aside for a branch's model call once it has ended, however it did. */
export function giveBackReserve(site: Site): void {
  const { branch } = site
  if (branch.model === null || branch.model.reserved === null) return
  const { tokens, usd } = branch.model.reserved
  spend(site, { reservedTokens: -tokens, reservedUsd: -usd })
  branch.model = { ...branch.model, reserved: null }
}

function parentOf(draft: StateDraft, branch: BranchDraft): BranchDraft | undefined {
  return branch.parent === null ? undefined : draft.branches.get(branch.parent.branch)
}

function add(span: { -readonly [Key in keyof Spend]: Spend[Key] }, amounts: Amounts): void {
  span.calls += amounts.calls ?? 0
  span.transitions += amounts.transitions ?? 0
  span.input += amounts.input ?? 0
  span.output += amounts.output ?? 0
  span.cached += amounts.cached ?? 0
  span.usd += amounts.usd ?? 0
  span.reservedTokens += amounts.reservedTokens ?? 0
  span.reservedUsd += amounts.reservedUsd ?? 0
}
