import type { RunTool } from '../core/decide/effect.ts'
import type { EventBody, Failure } from '../core/log/event.ts'
import { categoryOf, isFailureCategory, withCategory } from '../core/log/failure-category.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/spec/json.ts'
import type { ToolRunner } from '../tool/tool.ts'
import { callIn, withArtifacts } from './artifact/artifact-references.ts'
import { withinDeadline } from './deadline.ts'
import type { Revealed } from './secret/vault.ts'
import type { World } from './world.ts'

const MAX_RESULT_CHARS = 8_000_000
const MAX_MESSAGE_CHARS = 4_000

/** Runs one dispatch of a tool and says what came of it. Retries and doubts are the kernel's. */
export async function runTool(effect: RunTool, world: World): Promise<EventBody> {
  const { call, tool, attempt, idempotencyKey } = effect
  const runner = runnerOf(effect, world)
  if (runner === undefined) {
    return failed(effect, {
      code: 'NO_RUNNER',
      message: `nothing executes ${tool} here`,
      executed: false,
    })
  }
  const plain = plainArgs(effect, world)
  if (!plain.ok) return failed(effect, plain.error)
  const given = await handedArgs(effect, plain.args, world)
  if (!given.ok) return failed(effect, given.error)
  const timeoutMs = world.plan.tools.get(tool)?.timeoutMs ?? 60_000
  const runId = world.state.run
  const answer = await withinDeadline(
    (signal) => runner(given.args, { runId, callId: call, idempotencyKey, attempt, signal }),
    { timeoutMs, signal: world.signal },
  )
  if (answer.ok) return returned(effect, answer.value)
  switch (answer.givenUp) {
    case 'timeout':
      return failed(effect, {
        code: 'TIMEOUT',
        message: `${tool} gave no result within ${timeoutMs / 1000} s`,
      })
    case 'aborted':
      return failed(effect, { code: 'ABORTED', message: `${tool} was aborted` })
    case null:
      return failed(effect, toFailure(answer.error, world))
  }
}

/** What executes a tool: what was loaded for it, or a built-in that reads artifacts or uses memory. */
function runnerOf(effect: RunTool, world: World): ToolRunner | undefined {
  const { tool } = effect
  switch (world.plan.tools.get(tool)?.kind) {
    case 'read-artifact':
      return async (args) =>
        (await import('./artifact/read-artifact.ts')).readArtifact(tool, args, world)
    case 'recall':
    case 'memorize':
      return async (args) =>
        (await import('./memory/memory-tools.ts')).useMemory(effect, args, world)
    case 'guidelines':
      return async (args) => (await import('./find-guidelines.ts')).findGuidelines(args, world)
    default:
      return world.runners.get(tool)
  }
}

type PlainArgs =
  | { readonly ok: true; readonly args: Json }
  | { readonly ok: false; readonly error: Failure }

/**
 * The only place where references become plain values again (Law 17): right before the tool runs,
 * where its own schema marks them, once they are known to fit it. Any other reference stays one, so
 * that a model cannot send a secret where its tool does not expect it.
 */
function plainArgs({ tool, args }: RunTool, { plan, vault }: World): PlainArgs {
  const secrets = plan.tools.get(tool)?.secretInput ?? null
  if (secrets === null) return { ok: true, args }
  const revealed = vault?.reveal(args, secrets.fields) ?? NO_VAULT
  if (!revealed.ok) {
    const { message } = revealed
    const code = 'SECRET_UNREADABLE'
    return { ok: false, error: { code, message, executed: false, retryable: false } }
  }
  const wrong = secrets.check(revealed.args)
  if (wrong === null) return revealed
  const message = `bad arguments for ${tool}: ${wrong}`
  return { ok: false, error: { code: 'VALIDATION', message, executed: false } }
}

/** With the content of artifacts in the place of their references: what the tool's schema is asked again. */
async function handedArgs(effect: RunTool, args: Json, world: World): Promise<PlainArgs> {
  const { artifacts: handed = [] } = callIn(world.state, effect.call) ?? {}
  if (handed.length === 0) return { ok: true, args }
  const whole = await withArtifacts(args, { handed, world })
  const tool = world.plan.tools.get(effect.tool)
  const check = tool?.secretInput?.check ?? tool?.check
  const wrong = whole.ok ? (check?.(whole.args) ?? null) : null
  if (wrong === null) return whole
  const message = `bad arguments for ${effect.tool}: ${wrong}`
  return { ok: false, error: { code: 'VALIDATION', message, executed: false } }
}

const NO_VAULT: Revealed = { ok: false, message: 'there is no key for the secrets of this run' }

function failed(effect: RunTool, error: Failure): EventBody {
  const { call, attempt } = effect
  return { type: 'tool.failed', call, attempt, error: withCategory(error) }
}

/** A result must be JSON, bounded, and a value of its own: a tool may change its objects later. */
function returned(effect: RunTool, value: unknown): EventBody {
  try {
    const text = JSON.stringify(value) ?? 'null'
    if (text.length > MAX_RESULT_CHARS) {
      const message = `the result of ${effect.tool} has ${text.length} characters, more than ${MAX_RESULT_CHARS}`
      return failed(effect, { code: 'RESULT_TOO_LARGE', message, executed: true })
    }
    const output: Json = JSON.parse(text)
    return { type: 'tool.returned', call: effect.call, output }
  } catch (error) {
    const message = `the result of ${effect.tool} is not JSON: ${messageOf(error)}`
    return failed(effect, { code: 'RESULT_NOT_JSON', message, executed: true })
  }
}

/**
 * Reads what a tool threw: any object may carry `code`, `category`, `retryable`,
 * `retry_after_seconds`, `executed`, `details`.
 */
function toFailure(error: unknown, { vault }: World): Failure {
  const text = messageOf(error)
  const code = own(error, 'code')
  const wait = first(error, ['retryAfterSeconds', 'retry_after_seconds'])
  const executed = own(error, 'executed')
  const said = first(error, ['category', 'errorCategory', 'error_category'])
  const status = first(error, ['status', 'statusCode'])
  const byStatus = categoryOf(codeOf(code)) ?? categoryOf(`HTTP_${String(status)}`)
  const category = isFailureCategory(said) ? said : byStatus
  const retryable = first(error, ['retryable', 'isRetryable', 'is_retryable'])
  const details = detailsOf(error)
  return {
    code: codeOf(code),
    // Before it is cut: half a secret is found by nobody.
    message: (vault?.scrubber.text(text) ?? text).slice(0, MAX_MESSAGE_CHARS),
    ...(category === undefined ? {} : { category }),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
    ...(typeof wait === 'number' && Number.isFinite(wait) ? { retryAfterSeconds: wait } : {}),
    ...(typeof executed === 'boolean' ? { executed } : {}),
    ...(details === null ? {} : { details }),
  }
}

/** A code is a word or, as of HTTP, a number. */
function codeOf(code: unknown): string {
  if (typeof code === 'number' && code >= 400 && code < 600) return String(code)
  return typeof code === 'string' && code !== '' ? code.slice(0, 100) : 'TOOL_ERROR'
}

function first(error: unknown, keys: readonly string[]): unknown {
  return keys.map((key) => own(error, key)).find((value) => value !== undefined)
}

function own(error: unknown, key: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, key) : undefined
}

/** The error's own JSON members (`retry_after_seconds` and the like), without its message and stack. */
function detailsOf(error: unknown): JsonObject | null {
  if (typeof error !== 'object' || error === null) return null
  const given = own(error, 'details')
  const source: unknown = given === undefined ? { ...error } : given
  const known = new Set([
    'code',
    'message',
    'stack',
    'name',
    'executed',
    'category',
    'retryable',
    'retryAfterSeconds',
    'details',
    'cause',
  ])
  try {
    const value: unknown = JSON.parse(JSON.stringify(source) ?? 'null')
    if (!isJsonObject(value)) return null
    const entries = Object.entries(value).filter(([key]) => given !== undefined || !known.has(key))
    const details = Object.fromEntries(entries)
    return entries.length === 0 || JSON.stringify(details).length > MAX_MESSAGE_CHARS
      ? null
      : details
  } catch {
    return null
  }
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message
  const message = own(error, 'message')
  return typeof message === 'string' ? message : String(error)
}
