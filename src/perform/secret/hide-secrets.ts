import { planOf } from '../../core/decide/branch-plan.ts'
import { REASONS, type AnswerPart, type Entry } from '../../core/log/event.ts'
import type { State } from '../../core/log/state.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import type { Plan, PlanTool } from '../../core/spec/plan.ts'
import { hideSlotAnswer } from './hide-answer.ts'
import { hideInEnvelope } from '../native-envelope.ts'
import type { Scrubber } from './scrubber.ts'
import type { Vault } from './vault.ts'

/*
 * The one border between the world and the log (Law 17): every event passes here before it is folded
 * or written, whoever made it. First what schemas mark becomes references, then every known secret
 * that stands anywhere else in the event.
 */

interface Border {
  readonly vault: Vault
  readonly plan: Plan
  /** As it is before the event. */
  readonly state: State
}

/** The event as it may be kept. */
export function hideSecrets(entry: Entry, border: Border): Entry {
  const hidden = hideMarked(entry, border)
  const { resultScrubber, scrubber: every } = border.vault
  const scrubber = entry.type === 'tool.returned' ? resultScrubber : every
  if (!scrubber.mayHold(JSON.stringify(hidden))) return hidden
  return JSON.parse(JSON.stringify(scrubbed(hidden, { scrubber, key: '', open: false })))
}

type Hiding = Pick<Border, 'vault' | 'plan'>

/** An input with references in the place of secrets. */
export function hideInput(input: JsonObject, { vault, plan }: Hiding): JsonObject {
  const hidden = vault.hide(input, plan.secretInput?.fields ?? null)
  return isJsonObject(hidden) ? hidden : {}
}

function hideMarked(entry: Entry, border: Border): Entry {
  const { vault, state } = border
  const plan = branchPlan(border, entry.branch ?? '')
  switch (entry.type) {
    case 'run.started':
    case 'turn.started':
      return { ...entry, input: hideInput(entry.input, border) }
    case 'branch.started': {
      const sub = branchPlan(border, entry.parent).workflows.get(entry.workflow)
      return sub === undefined
        ? entry
        : { ...entry, input: hideInput(entry.input, { vault, plan: sub }) }
    }
    case 'model.answered':
      return hideAnswer(entry, { vault, plan })
    case 'tool.returned': {
      const tool = toolOf(entry, state)
      return {
        ...entry,
        output: vault.hide(entry.output, plan.tools.get(tool)?.secretOutput ?? null),
      }
    }
    case 'call.resolved': {
      const tool = toolOf(entry, state)
      return { ...entry, args: hideArgs({ tool, args: entry.args }, { vault, plan }) }
    }
    case 'input.answered':
      return hideSlotAnswer(entry, { vault, plan, state })
    case 'undo.called':
      return { ...entry, args: hideArgs(entry, { vault, plan }) }
    case 'user.confirmed': {
      const tool = findTool(border.plan, entry.tool)
      return { ...entry, args: vault.hide(entry.args, tool?.secretInput?.fields ?? null) }
    }
    case 'approval.answered': {
      const asked = state.approvals.get(entry.request)
      if (entry.args === undefined || asked === undefined) return entry
      const call = { tool: asked.request.tool, args: entry.args }
      return { ...entry, args: hideArgs(call, { vault, plan: branchPlan(border, asked.branch) }) }
    }
    default:
      return entry
  }
}

/** A model's message as it may be kept, by the plan of the branch that asked it. */
export function hideParts(
  parts: readonly AnswerPart[],
  hiding: Hiding & { readonly native: boolean },
): readonly AnswerPart[] {
  const called = hideCalls(parts, hiding)
  const hidden = hiding.native ? hideInEnvelope(called, (call) => hideArgs(call, hiding)) : called
  const { scrubber } = hiding.vault
  if (!scrubber.mayHold(JSON.stringify(hidden))) return hidden
  return JSON.parse(JSON.stringify(scrubbed(hidden, { scrubber, key: 'parts', open: false })))
}

function hideAnswer(
  entry: Extract<Entry, { readonly type: 'model.answered' }>,
  hiding: Hiding,
): Entry {
  const { decision } = entry
  const parts = hideCalls(entry.parts, hiding)
  if (decision?.tool_args === undefined) return { ...entry, parts }
  const called = { tool: decision.tool_name ?? '', args: decision.tool_args }
  return { ...entry, parts, decision: { ...decision, tool_args: hideArgs(called, hiding) } }
}

function hideCalls(parts: readonly AnswerPart[], hiding: Hiding): readonly AnswerPart[] {
  return parts.map((part) =>
    part.type === 'call' ? { ...part, args: hideArgs(part, hiding) } : part,
  )
}

function toolOf(
  { branch: id = '', call }: { readonly branch?: string; readonly call: string },
  state: State,
): string {
  const branch = state.branches.get(id) ?? state.branch
  return branch.batch[branch.batchIndex.get(call) ?? -1]?.tool ?? ''
}

function hideArgs(
  { tool, args }: { readonly tool: string; readonly args: Json },
  { vault, plan }: Hiding,
): Json {
  return vault.hide(args, plan.tools.get(tool)?.secretInput?.fields ?? null)
}

function branchPlan({ plan, state }: Border, id: string): Plan {
  const branch = state.branches.get(id)
  return branch === undefined ? plan : planOf(plan, state, branch)
}

/** A confirmation names a tool and no branch. */
function findTool(plan: Plan, name: string): PlanTool | undefined {
  const own = plan.tools.get(name)
  if (own !== undefined && own.secretInput !== null) return own
  for (const below of plan.workflows.values()) {
    const found = findTool(below, name)
    if (found !== undefined && found.secretInput !== null) return found
  }
  return own
}

/** Members that hold what somebody outside wrote, down to its names and numbers. */
const OPEN: ReadonlySet<string> = new Set([
  'input',
  'args',
  'tool_args',
  'output',
  'session',
  'facts',
  'details',
  'fields',
  'packet',
  'items',
  'options',
  'value',
  'values',
])

/** Members that name things and carry the log: a secret that looks like one is no secret there. */
const NAMES: ReadonlySet<string> = new Set(
  `type run workflow digest model branch parent call tool step gate gates request id hash wait from to
  verdict decision kind by roles undo undone kept differing source limit span finish name risk category
  grant confirmation key next_action tool_name risk_level of family policy path rule when artifact media`.split(
    /\s+/,
  ),
)

/** Codes and reasons that rules go by (Law 11): no secret may make them look like others. */
const WORDS: ReadonlySet<string> = new Set([...REASONS, 'TIMEOUT', 'ABORTED', 'CONNECTION_LOST'])

interface Place {
  readonly scrubber: Scrubber
  readonly key: string
  readonly open: boolean
}

function scrubbed(value: unknown, place: Place): unknown {
  const { scrubber, key, open } = place
  if (typeof value === 'string') {
    const word = (key === 'reason' || key === 'code') && WORDS.has(value)
    return !open && (word || NAMES.has(key)) ? value : scrubber.text(value)
  }
  if (typeof value === 'number') return open ? (scrubber.number(value) ?? value) : value
  if (Array.isArray(value)) return value.map((item: unknown) => scrubbed(item, place))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]: [string, unknown]) => [
    open ? scrubber.text(name) : name,
    scrubbed(member, { scrubber, key: name, open: open || OPEN.has(name) }),
  ])
  return Object.fromEntries(members)
}
