import type { Entry } from '../core/log/event.ts'
import type { State } from '../core/log/state.ts'
import { compareOutlines, type Comparison, type Standing } from '../core/spec/compare.ts'
import { outlineOf, type Outline } from '../core/spec/outline.ts'
import type { Plan } from '../core/spec/plan.ts'
import { LockstepError } from './lockstep-error.ts'

/*
 * A run under an edited definition (Law 13): it goes on by itself where nothing that it can still
 * reach has changed, with a person's word where something has, and not at all where it would not fit.
 */

/** How a run that is opened under another definition may take that on. */
export interface Adoption {
  /** Of the definition that it goes by; null where the store does not have it. */
  readonly old: Outline | null
  /** A person's word that it shall go on although something reachable differs. */
  readonly migrate: boolean
}

/**
 * The event with which a run takes on an edited definition, or none where it goes by that one
 * already. Throws a LockstepError `definition_changed` that names what differs; nothing is written.
 */
export function adoptionEvents(state: State, plan: Plan, adoption: Adoption): readonly Entry[] {
  if (plan.digest === state.digest) return []
  const { verdict, differing, why } = compareWith(state, plan, adoption.old)
  if (verdict === 'refuse') {
    throw changed(
      state,
      `it cannot: ${why}. Steps that it can still reach and that differ: ${listed(differing)}`,
    )
  }
  if (verdict === 'migrate' && !adoption.migrate) {
    const what = `these steps, which it can still reach, differ: ${listed(differing)}`
    throw changed(
      state,
      `${what}. It can be migrated: --migrate (\`migrate: true\`) lets it go on under the edited workflow; calls that wait for an approval are then asked about anew`,
    )
  }
  return [{ type: 'definition.adopted', from: state.digest, to: plan.digest, differing, by: null }]
}

/** Says whether a run may go on under a definition, from where it stands. */
function compareWith(state: State, plan: Plan, old: Outline | null): Comparison {
  const compared = compareOutlines(old, outlineOf(plan), standingOf(state))
  const input = state.branch.checkpoints[0]?.input ?? state.branch.input
  const wrong = plan.input?.(input) ?? null
  const why = wrong === null ? misfit(state, plan) : `its input does not fit any more: ${wrong}`
  return why === null || compared.verdict === 'refuse'
    ? compared
    : { ...compared, verdict: 'refuse', why }
}

function misfit(state: State, plan: Plan): string | null {
  if (plan.name === state.workflow) return null
  return `it is a run of the workflow ${state.workflow}, and this is ${plan.name}`
}

function standingOf({ branch, branches, active }: State): Standing {
  const { where, step, batch } = branch
  const entering = where.at === 'entering' ? [where.step] : []
  const open = [...branches.values()].filter(({ id }) => active.includes(id))
  return {
    steps: [...(step === null ? [] : [step]), ...entering],
    tools: batch.filter(({ status }) => status !== 'settled').map(({ tool }) => tool),
    inSubRuns: open.length > 1,
  }
}

function listed(differing: readonly string[]): string {
  return differing.length === 0 ? 'none' : differing.join('; ')
}

function changed(state: State, message: string): LockstepError {
  return new LockstepError(
    'definition_changed',
    `run ${state.run} began with another definition of ${state.workflow}: ${message}`,
  )
}
