import type { WriteNamed } from '../../log/event-branch.ts'
import type { Rewind } from '../../log/state.ts'

/*
 * Writes behind a checkpoint, in words for people and for models.
 */

const SHOWN = 10
const ARGS_CHARS = 160

/** Names writes with their arguments: `send_mail {"to":"a@b.c"} (send_mail declares no undo)`. */
export function namedInWords(writes: readonly WriteNamed[]): string {
  if (writes.length === 0) return 'nothing'
  const shown = writes.slice(0, SHOWN).map(({ tool, args, why }) => {
    const text = JSON.stringify(args)
    const cut = text.length > ARGS_CHARS ? `${text.slice(0, ARGS_CHARS)}…` : text
    return `${tool} ${cut}${why === undefined ? '' : ` (${why})`}`
  })
  const more = writes.length > SHOWN ? ` and ${writes.length - SHOWN} more` : ''
  return `${shown.join('; ')}${more}`
}

/** What stands where a way back ended, or broke off. */
export function outcomeInWords({ undo, undone, keep }: Rewind): string {
  const standing = [...undo.slice(undone), ...keep]
  return `taken back: ${namedInWords(undo.slice(0, undone))}; standing: ${namedInWords(standing)}`
}
