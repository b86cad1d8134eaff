import type { ApprovalNeed } from '../../log/event-person.ts'
import type { Grant } from '../../log/state.ts'
import type { Plan, PlanApproval } from '../../spec/plan.ts'

/*
 * Who may approve what. Each gate that asks has its own wish (so many people, of these names or
 * roles); all wishes must be met, and one person counts once to each, however the name is spelt.
 */

/** One spelling of a name: case, width, spaces and invisible characters make no other person (Law 8). */
export function nameKey(name: string): string {
  return name
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .trim()
    .replaceAll(/\s+/gu, ' ')
    .toLowerCase()
}

/** What all gates that ask want: the most people for each list of names or roles. */
export function needsOf(approvals: readonly PlanApproval[]): readonly ApprovalNeed[] {
  const needs = new Map<string, ApprovalNeed>()
  for (const { approvers, by } of approvals) {
    const key = JSON.stringify([...new Set(by.map(nameKey))].toSorted())
    const before = needs.get(key)
    needs.set(key, { by, approvers: Math.max(approvers, before?.approvers ?? 1) })
  }
  return needs.size === 0 ? [{ approvers: 1, by: [] }] : [...needs.values()]
}

/** How many people of each need are still wanted. */
function openOf(needs: readonly ApprovalNeed[], granted: readonly Grant[]): readonly number[] {
  return needs.map((need, index) => {
    const met = granted.filter((grant) => grant.covers.includes(index)).length
    return Math.max(0, need.approvers - met)
  })
}

/** How many more people must approve, at most; 0 exactly when every need is met. */
export function approvalsLeft(needs: readonly ApprovalNeed[], granted: readonly Grant[]): number {
  const open = openOf(needs, granted)
  const sum = (anybody: boolean): number =>
    open.reduce((all, left, i) => ((needs[i]?.by.length === 0) === anybody ? all + left : all), 0)
  return Math.max(sum(true), sum(false))
}

/** Positions of the needs to which a person counts; empty when there are none. */
export function coversOf(
  needs: readonly ApprovalNeed[],
  person: { readonly by: string | null; readonly roles: readonly string[] },
): readonly number[] {
  const words = new Set([person.by ?? [], person.roles].flat().map(nameKey))
  return needs.flatMap(({ by }, index) =>
    by.length === 0 || by.some((word) => words.has(nameKey(word))) ? [index] : [],
  )
}

/** True when a person is wanted for at least one need that is not met yet. */
export function isWanted(
  needs: readonly ApprovalNeed[],
  on: { readonly covers: readonly number[]; readonly granted: readonly Grant[] },
): boolean {
  const open = openOf(needs, on.granted)
  return on.covers.some((index) => (open[index] ?? 0) > 0)
}

/** What is still wanted, in words: `2 of finance, and 1 of legal or ana`. */
export function wantedInWords(
  needs: readonly ApprovalNeed[],
  granted: readonly Grant[] = [],
): string {
  const open = openOf(needs, granted)
  const parts = needs.flatMap(({ by }, index) => {
    const left = open[index] ?? 0
    if (left === 0) return []
    return by.length === 0 ? `${left} of anybody` : `${left} of ${by.join(' or ')}`
  })
  return parts.join(', and ')
}

/**
 * The roles that count for a person. Where the workflow says who its people are, only its word
 * counts, and who is not among them is null; else those that the host gives.
 */
export function rolesOf(
  plan: Plan,
  person: { readonly by: string; readonly roles: readonly string[] },
): readonly string[] | null {
  const people = peopleOf(plan)
  if (people === null) return person.roles
  const key = nameKey(person.by)
  for (const [name, roles] of people) if (nameKey(name) === key) return roles
  return null
}

/**
 * The name under which a list may let a person in. Where the workflow says who its people are, a
 * word that is a role of any of them names nobody: who is called `finance` is not of finance (Law 8).
 */
export function nameIn(plan: Plan, name: string): string | null {
  const roles = [...(peopleOf(plan)?.values() ?? [])].flat().map(nameKey)
  return roles.includes(nameKey(name)) ? null : name
}

/** Those of the workflow, else of what it is part of. */
function peopleOf(plan: Plan): Plan['people'] {
  return plan.people ?? (plan.outer === null ? null : peopleOf(plan.outer))
}
