import type { Logger } from 'pino'
import { messageOf } from '../../core/spec/message-of.ts'
import { LockstepError } from '../../drive/lockstep-error.ts'
import type { Runtime } from '../../drive/runtime.ts'
import type { RunRow } from '../../store/store.ts'
import { scrub } from './access-log.ts'

/** How far back a new process looks for what another left unfinished. */
const NEWEST = 1_000
const AT_ONCE = 4

/**
 * Goes on with runs of this server that an earlier process parked or died with, as far as nobody else
 * drives them; one that cannot go on is told of and stays as it is. A write that was cut off is not
 * repeated: the run rests `tool_in_doubt` (Law 11). Never rejects.
 */
export async function resumeParked(
  runtime: Runtime,
  given: { readonly log: Logger },
): Promise<void> {
  const { log } = given
  try {
    const rows = await runtime.list({ limit: NEWEST })
    // Only a server's runs belong to a tenant; those of a command line are its user's.
    const left = rows.filter(({ run, reason }) => reason === null && run.includes('~')).values()
    const work = async (): Promise<void> => {
      for (const row of left) await goOn(runtime, { row, log })
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } catch (error) {
    log.warn({ message: scrub(messageOf(error)) }, 'unfinished runs cannot be listed')
  }
}

async function goOn(
  runtime: Runtime,
  { row, log }: { readonly row: RunRow; readonly log: Logger },
): Promise<void> {
  const { run: id } = row
  try {
    const run = await runtime.open(id)
    const { reason } = await run.resume()
    log.info({ run: id, reason }, 'went on with an unfinished run')
  } catch (error) {
    // Another machine has it: then all is well.
    if (error instanceof LockstepError && error.code === 'run_busy') return
    log.warn({ run: id, message: scrub(messageOf(error)) }, 'an unfinished run cannot go on')
  }
}
