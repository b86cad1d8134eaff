import type { ApprovalRequest } from '../core/log/event-person.ts'
import type { ArtifactRecord } from '../core/log/record/artifact-record.ts'
import type { Reason } from '../core/log/event.ts'
import type { HandoffRecord } from '../core/log/record/handoff-record.ts'
import type { RunRecord } from '../core/log/record/run-record.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/spec/json.ts'
import { LockstepApiError } from './lockstep-api-error.ts'

/*
 * Runs that a server keeps, as its routes send them (DESIGN §5).
 */

/** A run in a list. */
export interface RunSummary {
  readonly id: string
  readonly workflow: string
  readonly digest: string
  /** `waiting` for somebody's word, `ended` until somebody wants more. */
  readonly status: 'running' | 'waiting' | 'ended'
  /** Why it rests; null while it does not. */
  readonly reason: Reason | null
  readonly step: string | null
  /** The number of its last event. */
  readonly head: number
  /** ISO 8601. */
  readonly created_at: string
  readonly updated_at: string
}

/** A run whole: its summary and its record. */
export type RunDetail = RunSummary & RunRecord

/** What an act answers: the record is there where it was waited for and the run rests. */
export type RunState = RunSummary & Partial<RunRecord>

/** A place to go back to. */
export interface RunCheckpoint {
  readonly name: string
  readonly seq: number
  readonly step: string | null
  readonly at: number
}

/** A request for somebody's approval, and what became of it. */
export interface RunApproval extends ApprovalRequest {
  readonly seq: number
  readonly status: 'open' | 'granted' | 'denied' | 'expired'
  readonly branch?: string
  readonly granted_by: readonly string[]
}

/** How a new run begins. */
export interface StartRequest {
  /** A registered workflow. */
  readonly workflow: string
  /** What its input schema asks for; a text is `{ message }`. */
  readonly input?: JsonObject | string
  readonly model?: string
  readonly session?: JsonObject
  readonly states?: readonly { readonly kind: string; readonly facts: JsonObject }[]
}

/** One of them: a message, an object, or values for the slots that were asked for. */
export type RunInput =
  | { readonly message: string }
  | { readonly input: JsonObject }
  | { readonly slots: JsonObject }

/** What came of a client tool. */
export type RunResult =
  | { readonly call: string; readonly output: Json }
  | { readonly call: string; readonly error: { readonly code: string; readonly message: string } }

/** Which request is answered; may be left out where one is open. */
export interface RunAnswer {
  readonly request?: string
  readonly call?: string
  readonly reason?: string
  /** The arguments that the approver saw; others are refused. */
  readonly args?: Json
}

export type RunArtifact = ArtifactRecord

/** Checks that an answer is a run. */
export function readRun(value: unknown): RunState {
  if (isRun(value)) return value
  throw unexpected(value, 'run')
}

/** Checks that an answer is a run with its record. */
export function readDetail(value: unknown): RunDetail {
  const run = readRun(value)
  if (isDetail(run)) return run
  throw unexpected(value, 'run record')
}

/** Checks that an answer is a list of such items. */
export function readList<Item>(
  value: unknown,
  isItem: (item: unknown) => item is Item,
): { readonly data: readonly Item[]; readonly next_cursor: string | null } {
  const data: unknown = isJsonObject(value) ? value['data'] : null
  if (!isJsonObject(value) || !Array.isArray(data) || !data.every(isItem)) {
    throw unexpected(value, 'list')
  }
  const { next_cursor: cursor } = value
  return { data, next_cursor: typeof cursor === 'string' ? cursor : null }
}

/** Checks that an answer is the packet of a run that was handed over. */
export function readHandoff(value: unknown): HandoffRecord {
  if (isHandoff(value)) return value
  throw unexpected(value, 'handoff')
}

export function isSummary(value: unknown): value is RunSummary {
  return hasTexts(value, ['id', 'workflow', 'status'])
}

export function isApproval(value: unknown): value is RunApproval {
  return hasTexts(value, ['id', 'call', 'tool', 'status'])
}

export function isCheckpoint(value: unknown): value is RunCheckpoint {
  return hasTexts(value, ['name'])
}

export function isArtifact(value: unknown): value is RunArtifact {
  return hasTexts(value, ['artifact', 'digest'])
}

function isHandoff(value: unknown): value is HandoffRecord {
  return isJsonObject(value) && Array.isArray(value['missing'])
}

function isRun(value: unknown): value is RunState {
  return isSummary(value)
}

function isDetail(run: RunState): run is RunDetail {
  return Array.isArray(run.steps) && Array.isArray(run.ledger)
}

function hasTexts(value: unknown, names: readonly string[]): boolean {
  return isJsonObject(value) && names.every((name) => typeof value[name] === 'string')
}

function unexpected(value: unknown, what: string): LockstepApiError {
  const shown = JSON.stringify(value)?.slice(0, 200) ?? 'nothing'
  return new LockstepApiError(`the server's answer is no ${what}: ${shown}`, {
    code: 'invalid_answer',
  })
}
