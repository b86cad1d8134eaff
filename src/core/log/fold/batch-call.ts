import type { Json } from '../../spec/json.ts'
import type { Failure } from '../event.ts'
import type { Attempt } from '../handoff.ts'
import { holdsReferences } from '../reference.ts'
import type { BranchDraft, CallDraft, Site, StateDraft } from './draft.ts'

/*
 * One call of a batch as a draft: made, found, and given its one result.
 */

/** The call of that id in the branch's batch. Throws a RangeError when there is none. */
export function callOf(branch: BranchDraft, id: string): CallDraft {
  const index = branch.batchIndex.get(id)
  const call = index === undefined ? undefined : branch.batch[index]
  if (call === undefined) throw new RangeError(`there is no call ${id} in the current batch`)
  return call
}

/** A call before anything was said of it. */
export function newCall(of: {
  readonly id: string
  readonly tool: string
  readonly args: Json
  readonly undoes?: string
}): CallDraft {
  return {
    id: of.id,
    tool: of.tool,
    args: of.args,
    status: 'waiting',
    attempt: 0,
    cut: false,
    cuts: 0,
    delayMs: 0,
    dueAt: 0,
    result: null,
    failure: null,
    held: null,
    asking: [],
    request: null,
    checks: new Map(),
    claimed: false,
    subRun: null,
    undoes: of.undoes ?? null,
    source: null,
    composed: false,
    stored: null,
    report: null,
    // What the kernel takes back was never a model's to name.
    references: of.undoes === undefined && holdsReferences(of.args),
    artifacts: [],
    filled: null,
  }
}

/** Keeps what was tried and did not happen, for whoever takes over. */
export function note(
  branch: BranchDraft,
  call: CallDraft,
  of: Pick<Attempt, 'seq' | 'gate' | 'outcome' | 'reason'>,
): void {
  branch.attempts.push({ ...of, call: call.id, tool: call.tool, args: call.args })
}

/** Gives a call its one result. */
export function settle(
  { draft, branch }: Site,
  call: CallDraft,
  error: Failure | null,
  output: Json = null,
): void {
  draft.rest = null
  branch.rest = null
  if (call.undoes !== null) letRewinderGo(draft)
  call.status = 'settled'
  call.failure = null
  call.result = error === null ? { ok: true, output } : { ok: false, error }
  while (branch.batch[branch.settled]?.status === 'settled') branch.settled++
  const undoing = call.undoes !== null
  if (branch.settled === branch.batch.length && !undoing) closeBatch(branch)
}

/** Who goes back may have rested for an undo in a sub-run of its own. */
export function letRewinderGo(draft: StateDraft): void {
  const rewinder = draft.branches.get(draft.rewind?.branch ?? '')
  if (rewinder !== undefined) rewinder.rest = null
}

/** With every call answered, the results enter the transcript at once and in call order (Law 6). */
function closeBatch(branch: BranchDraft): void {
  branch.transcript.push({
    role: 'tool',
    results: branch.batch.map((call) => ({
      call: call.id,
      tool: call.tool,
      result: call.result ?? {
        ok: false,
        error: { code: 'not_executed', message: 'not executed' },
      },
    })),
  })
}
