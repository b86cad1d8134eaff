import { argumentsHash } from '../../log/confirmation.ts'
import type { ApprovalRequest } from '../../log/event-person.ts'
import type { State } from '../../log/state.ts'
import { sha256Hex } from '../../spec/digest.ts'
import { canonicalJson, isJsonObject, type Json } from '../../spec/json.ts'
import type { PlanApproval, PlanTool } from '../../spec/plan.ts'
import { approvalsLeft, needsOf } from './approver.ts'

/*
 * What a person is asked: everything that is needed to say yes or no without the transcript, bound
 * by its id to exactly this run, call, tool, arguments and definition (Law 8).
 */

const MAX_ENTITIES = 20
/** The latest time that a date can say. */
const MAX_TIME_MS = 8.64e15

/** What an approval is asked for. */
export interface Asked {
  /** '' for what is no call of a model (a rewind). */
  readonly call: string
  readonly tool: string
  readonly args: Json
  /** Each gate that asks, with its rules that do not hold. */
  readonly asked: NonNullable<ApprovalRequest['asked']>
  readonly about: string
  readonly undo: string | null
  /** Of every gate that asks: all of them must be satisfied. */
  readonly approvals: readonly PlanApproval[]
  /** True when the user's confirmation would do. */
  readonly confirm: boolean
}

/** Makes the request for an approval; the same state gives the same one. */
export function approvalRequest(state: State, asked: Asked): ApprovalRequest {
  const { call, tool, args, about, undo, approvals, confirm } = asked
  const hash = argumentsHash(args)
  const { run, digest, seq } = state
  const needs = needsOf(approvals)
  const expiresMs = approvals.map((approval) => approval.expiresMs)
  return {
    id: `apr_${sha256Hex(canonicalJson([run, call, tool, hash, digest, seq])).slice(0, 24)}`,
    call,
    tool,
    args,
    hash,
    digest,
    gates: [...new Set(asked.asked.map(({ gate }) => gate))],
    asked: asked.asked,
    about,
    entities: leaves(args),
    undo,
    needs,
    approvers: approvalsLeft(needs, []),
    by: [...new Set(needs.flatMap((need) => need.by))],
    expiresAt: Math.min(state.at + Math.min(...expiresMs), MAX_TIME_MS),
    confirm,
  }
}

/** Says what a call will do and whether it can be undone, for a person who has seen nothing else. */
export function aboutCall(tool: PlanTool): string {
  const kind = tool.effect === 'read' ? 'a read' : 'a write'
  const what = tool.about.trim().replace(/\.$/, '')
  const known = what === '' || what === tool.name ? '' : `: ${what}`
  return `Run ${tool.name} (${kind} of ${tool.risk} risk)${known}. ${reversible(tool)}`
}

function reversible(tool: PlanTool): string {
  if (tool.undo !== null) return `It can be taken back with ${tool.undo.tool}.`
  if (tool.effect === 'read') return 'It is declared to change nothing.'
  return 'It cannot be taken back: the tool declares no undo.'
}

/** Every scalar among the arguments, with its path. */
function leaves(args: Json): readonly { readonly path: string; readonly value: Json }[] {
  const found: { readonly path: string; readonly value: Json }[] = []
  const walk = (value: Json, path: string): void => {
    if (found.length >= MAX_ENTITIES || value === null) return
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) walk(item, `${path}[${index}]`)
    } else if (isJsonObject(value)) {
      for (const [key, item] of Object.entries(value)) walk(item, `${path}${member(key)}`)
    } else {
      found.push({ path, value })
    }
  }
  walk(args, '$.args')
  return found
}

function member(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}
