import { existsSync } from 'node:fs'
import { loadWorkflowFile } from '../drive/load/load-workflow.ts'
import type { LoadedWorkflow } from '../drive/load/loaded-workflow.ts'
import { LockstepError } from '../drive/lockstep-error.ts'
import { UsageError } from './usage-error.ts'

/** Loads a workflow's file. Throws a LockstepError `invalid_workflow` with every issue in its place. */
export async function openWorkflow(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<LoadedWorkflow> {
  assertFile(file)
  const loaded = await loadWorkflowFile(file, { env })
  if (loaded.ok) return loaded.workflow
  throw new LockstepError('invalid_workflow', `${file} cannot be used as it is`, {
    issues: loaded.issues,
  })
}

/** Throws a UsageError when there is no such file. */
export function assertFile(file: string): void {
  if (existsSync(file)) return
  throw new UsageError(`there is no workflow ${file}`, {
    advice: '`lockstep init my-agent` makes one to begin with',
  })
}
