import type { Branch, Fact } from '../../log/branch.ts'
import type { WriteNamed } from '../../log/event-branch.ts'
import type { State } from '../../log/state.ts'
import { isJsonObject, ownValue, type Json } from '../../spec/json.ts'
import type { Plan, PlanTool } from '../../spec/plan.ts'
import { readJson } from '../../spec/read-json.ts'
import { planOf } from '../branch-plan.ts'

/*
 * Which writes lie behind a checkpoint, in the branch that goes back and in its sub-runs, and how
 * each is taken back (S1.14).
 */

/** A write that lies behind a checkpoint. */
export interface Write {
  readonly branch: Branch
  readonly call: string
  readonly tool: string
  readonly args: Json
  readonly undo: Undo
}

/** The call that takes a write back, or why there is none. */
export type Undo =
  | { readonly ok: true; readonly tool: string; readonly args: Json }
  | { readonly ok: false; readonly why: string }

/** The writes after a checkpoint, the newest first, with those that may or may not have happened before all. */
export function writesSince(
  plan: Plan,
  state: State,
  from: { readonly branch: Branch; readonly position: number },
): readonly Write[] {
  const branches = [...state.branches.values()].filter((each) => isWithin(state, each, from.branch))
  const committed = branches
    .flatMap((branch) => committedIn(plan, state, { branch, position: from.position }))
    .toSorted((left, right) => right.seq - left.seq)
    .map(({ write }) => write)
  return [...branches.flatMap((branch) => openIn(plan, state, branch)), ...committed]
}

/** True for a branch itself and for every sub-run below it. */
export function isWithin(state: State, branch: Branch, top: Branch): boolean {
  if (branch.id === top.id) return true
  const parent = branch.parent === null ? undefined : state.branches.get(branch.parent.branch)
  return parent !== undefined && isWithin(state, parent, top)
}

/** The same write, looked up again: null when it does not stand any more. */
export function findWrite(plan: Plan, state: State, call: string): Write | null {
  for (const branch of state.branches.values()) {
    const fact = branch.facts.findLast((each) => each.call === call)
    if (fact !== undefined) return writeOf(plan, state, { branch, fact })
  }
  return null
}

/** As events and people name it. */
export function named({ call, tool, args, undo }: Write): WriteNamed {
  return { call, tool, args, ...(undo.ok ? {} : { why: undo.why }) }
}

function committedIn(
  plan: Plan,
  state: State,
  from: { readonly branch: Branch; readonly position: number },
): readonly { readonly seq: number; readonly write: Write }[] {
  const { branch, position } = from
  const undos = new Set(state.undos.values())
  const { tools } = planOf(plan, state, branch)
  const found: { readonly seq: number; readonly write: Write }[] = []
  for (let index = branch.facts.length - 1; index >= 0; index--) {
    const fact = branch.facts[index]
    if (fact === undefined || fact.seq <= position) break
    if (!isWrite(tools.get(fact.tool)) || undos.has(fact.call)) continue
    found.push({ seq: fact.seq, write: writeOf(plan, state, { branch, fact }) })
  }
  return found
}

/**
 * A tool that the workflow no longer has counts as a write: nobody can say that it was none. What a
 * sub-run did is its own writes.
 */
function isWrite(tool: PlanTool | undefined): boolean {
  if (tool === undefined) return true
  return tool.effect === 'write' && tool.outward && tool.kind !== 'workflow'
}

function writeOf(
  plan: Plan,
  state: State,
  of: { readonly branch: Branch; readonly fact: Fact },
): Write {
  const { branch, fact } = of
  const { call, tool, args } = fact
  const undo = undoOf(planOf(plan, state, branch), state, fact)
  return { branch, call, tool, args, undo }
}

/** Writes that were sent off and have no result that anybody knows. */
function openIn(plan: Plan, state: State, branch: Branch): readonly Write[] {
  const { tools } = planOf(plan, state, branch)
  return branch.batch
    .filter(({ status, attempt }) => attempt > 0 && status !== 'settled')
    .filter(({ tool }) => isWrite(tools.get(tool)))
    .map(({ id, tool, args }): Write => {
      const why = 'it was sent off, and may or may not have happened'
      return { branch, call: id, tool, args, undo: { ok: false, why } }
    })
}

function undoOf(plan: Plan, state: State, fact: Fact): Undo {
  const { forked } = state
  if (forked !== null && fact.seq <= forked.position) {
    return no(`run ${forked.from} did it before this copy was made of it; take it back there`)
  }
  const undo = plan.tools.get(fact.tool)?.undo ?? null
  if (undo === null) return no(`${fact.tool} declares no undo`)
  const tool = plan.tools.get(undo.tool)
  if (tool === undefined) return no(`there is no tool ${undo.tool}`)
  const args = undo.args === null ? byName(tool, fact) : byPaths(undo.args, fact)
  if (typeof args === 'string') return no(`${undo.tool} cannot be called: ${args}`)
  // Bounded as a model's own arguments are: these may be as deep as a result.
  const read = readJson(args)
  const wrong = read.ok ? tool.check(args) : (read.issues[0]?.message ?? 'not JSON')
  return wrong === null
    ? { ok: true, tool: tool.name, args }
    : no(`${undo.tool} cannot be called: ${wrong}`)
}

function no(why: string): Undo {
  return { ok: false, why }
}

/** The members of the output, then of the arguments, that the undo's schema names. */
function byName(tool: PlanTool, { output, args }: Fact): Json {
  const properties = tool.input['properties']
  const names = properties !== undefined && isJsonObject(properties) ? Object.keys(properties) : []
  return Object.fromEntries(
    names.flatMap((name): [string, Json][] => {
      const value = memberOf(output, name) ?? memberOf(args, name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function memberOf(value: Json, name: string): Json | undefined {
  return isJsonObject(value) ? ownValue(value, name) : undefined
}

/** What the paths find; says what is missing. */
function byPaths(
  paths: NonNullable<NonNullable<PlanTool['undo']>['args']>,
  { output, args }: Fact,
): Json | string {
  const found: Record<string, Json> = {}
  for (const [name, path] of paths) {
    const values = path.select({ args, output })
    const [first] = values
    if (first === undefined) return `there is nothing at ${path.text} for \`${name}\``
    found[name] = path.singular ? first : values
  }
  return found
}
