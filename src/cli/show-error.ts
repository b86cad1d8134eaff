import { messageOf } from '../core/spec/message-of.ts'
import { LockstepError, type LockstepErrorCode } from '../drive/lockstep-error.ts'
import { MindError } from '../mind/mind.ts'
import { StoreError } from '../store/store.ts'
import { ArtifactStoreError } from '../store/artifact/artifact-store.ts'
import { MemoryBankError } from '../store/memory-bank/memory-bank.ts'
import { writeJson, type Cli } from './cli.ts'
import { plainText } from './display/plain-text.ts'
import { showIssues } from './issues.ts'
import { UsageError } from './usage-error.ts'

/** Errors of the runtime that are about what the user wrote or typed. */
const USAGE: ReadonlySet<LockstepErrorCode> = new Set([
  'invalid_workflow',
  'invalid_input',
  'unknown_price',
  'unknown_run',
  'invalid_key',
  'run_exists',
  'several_requests',
])

/**
 * Tells a person what went wrong and what to do; a stack only with LOCKSTEP_DEBUG=1. Sets the exit
 * code: 2 for what was written or typed, else 1. With `json` it is one JSON object on stdout.
 */
export async function showError(
  cli: Cli,
  error: unknown,
  options: { readonly json: boolean },
): Promise<void> {
  cli.exitCode = isUsage(error) ? 2 : 1
  const told = tell(error)
  const issues = error instanceof LockstepError || error instanceof UsageError ? error.issues : []
  if (options.json) {
    writeJson(cli, { error: { ...told, issues } })
  } else {
    if (issues.length > 0) await showIssues(cli.aside, issues)
    const body = plainText(told.message)
    cli.aside.entry({ indent: 0, mark: '✗', markColor: 'red', body })
    if (told.advice !== null) {
      const advice = told.advice.replaceAll('`lockstep ', `\`${cli.command} `)
      cli.aside.entry({ indent: 0, mark: ' ', body: advice })
    }
  }
  if (cli.env['LOCKSTEP_DEBUG'] === '1' && error instanceof Error) {
    cli.stderr.write(`${error.stack ?? ''}\n`)
    if (error.cause instanceof Error) cli.stderr.write(`caused by ${error.cause.stack ?? ''}\n`)
  }
}

function isUsage(error: unknown): boolean {
  if (error instanceof LockstepError) return USAGE.has(error.code)
  if (error instanceof ArtifactStoreError) return error.code === 'bad_configuration'
  if (error instanceof MemoryBankError) return error.code === 'bad_query'
  return error instanceof UsageError || error instanceof MindError
}

interface Told {
  readonly code: string
  readonly message: string
  readonly advice: string | null
}

function tell(error: unknown): Told {
  if (error instanceof UsageError) {
    return { code: 'usage', message: error.message, advice: error.advice }
  }
  if (error instanceof LockstepError) {
    const { code, message, advice } = error
    // Each issue is shown in its place: there is no more to say.
    return { code, message, advice: error.issues.length > 0 ? null : advice }
  }
  if (error instanceof MindError) return { code: error.code, message: error.message, advice: null }
  if (error instanceof StoreError) {
    const advice =
      '`lockstep doctor` looks at the store; LOCKSTEP_HOME, or LOCKSTEP_STORE, says where it is'
    return { code: error.code, message: error.message, advice }
  }
  if (error instanceof ArtifactStoreError) {
    const advice = '`lockstep doctor` says where artifacts are; LOCKSTEP_ARTIFACTS names the place'
    return { code: error.code, message: error.message, advice }
  }
  if (error instanceof MemoryBankError) {
    const advice = 'notes lie in memory.db in LOCKSTEP_HOME, or in the database of LOCKSTEP_STORE'
    return { code: error.code, message: error.message, advice }
  }
  const message = messageOf(error)
  return { code: 'internal', message, advice: 'LOCKSTEP_DEBUG=1 shows where it happened' }
}
