import { mindRequest } from '../core/decide/prompt.ts'
import type { MindRequest } from '../core/decide/mind-request.ts'
import type { EventBody } from '../core/log/event.ts'
import type { Fold } from '../core/log/fold/fold.ts'
import { legalNames } from '../core/spec/issue.ts'
import { ownValue } from '../core/spec/json.ts'
import type { Plan, PlanStep } from '../core/spec/plan.ts'
import { UsageError } from './usage-error.ts'

/** Whose request is looked at: of a step's composer or verifier. */
export interface AskedRole {
  readonly step: PlanStep
  readonly role: 'composer' | 'verifier'
  /** Needed where the step writes several. */
  readonly artifact?: string
  /** What a verifier scores. */
  readonly content: string
}

const CALL = 'call_preview'
const NO_USAGE = { input: 0, output: 0, cached: 0 }

/**
 * What a composer or verifier would be sent, in a run that has just entered the step: played on its
 * fold, as if the planner had called `store_artifact` (S4.3, S4.4). Throws a UsageError.
 */
export function askRole(plan: Plan, fold: Fold, asked: AskedRole): MindRequest {
  const { step, role, content } = asked
  const name = artifactOf(plan, asked)
  const call = fold.state.modelCalls + 1
  const body = { attempt: 1, step: step.name, closing: false } as const
  const given: EventBody[] = [
    ...slotsGiven(plan, fold),
    { type: 'model.called', call, ...body },
    {
      type: 'model.answered',
      call,
      parts: [{ type: 'call', id: CALL, tool: 'store_artifact', args: { name } }],
      finish: 'tool-calls',
      usage: NO_USAGE,
    },
    { type: 'model.called', call: call + 1, ...body, role, tool: CALL },
  ]
  for (const each of given) {
    fold.add({ v: 1, seq: fold.state.seq + 1, at: fold.state.at, ...each })
  }
  const requested = mindRequest(plan, fold.state, {
    step,
    content: role === 'verifier' ? content : null,
  })
  if (requested.ok) return requested.request
  throw new UsageError(requested.message, { advice: 'give what it reads: --input, --session' })
}

/** The artifact that is meant, once it is sure that it has such a role. */
function artifactOf(plan: Plan, { step, role, artifact }: AskedRole): string {
  const legal = writable(plan, step, role)
  const [only, another] = legal
  const name = artifact ?? (another === undefined ? only : undefined)
  if (name === undefined) {
    const none = only === undefined ? `step ${step.name} writes no artifact` : null
    throw new UsageError(none ?? `step ${step.name} writes several: ${legal.join(', ')}`, {
      advice: none === null ? 'say which with --artifact' : writers(plan, role),
    })
  }
  const found = plan.artifacts.get(name)
  if (found === undefined || !legal.includes(name)) {
    throw new UsageError(`step ${step.name} writes no artifact ${name}; ${legalNames(name, legal)}`)
  }
  const caller = role === 'composer' ? found.compose : found.verify
  if (caller !== null) return name
  const key = role === 'composer' ? 'compose' : 'verify'
  throw new UsageError(`artifact ${name} has no ${role}: it declares no \`${key}\``)
}

function writable(plan: Plan, step: PlanStep, role: AskedRole['role']): readonly string[] {
  const tools = role === 'composer' ? ['store_artifact'] : ['store_artifact', 'verify_artifact']
  const asks = step.tools.some((tool) => tools.includes(tool))
  return asks ? (step.write ?? [...plan.artifacts.keys()]) : []
}

function writers(plan: Plan, role: AskedRole['role']): string {
  const steps = [...plan.steps.values()].filter((step) => writable(plan, step, role).length > 0)
  return steps.length === 0
    ? 'no step of this workflow does: a step has `write`'
    : `these do: ${steps.map(({ name }) => name).join(', ')}`
}

/** As a run fills them from its input. */
function slotsGiven(plan: Plan, { state }: Fold): readonly EventBody[] {
  const values = [...plan.slots.keys()].flatMap((name) => {
    const value = ownValue(state.branch.input, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  if (values.length === 0) return []
  return [{ type: 'slots.filled', values: Object.fromEntries(values), source: 'input' }]
}
