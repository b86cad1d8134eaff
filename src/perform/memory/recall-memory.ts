import type { RecallMemory } from '../../core/decide/effect.ts'
import type { EventBody } from '../../core/log/event.ts'
import type { RecalledNote } from '../../core/log/memory.ts'
import { MAX_NOTES } from '../../core/spec/memory-spec.ts'
import { messageOf } from '../../core/spec/message-of.ts'
import type { MemoryBank, RecalledItem } from '../../store/memory-bank/memory-bank.ts'
import { withinDeadline } from '../deadline.ts'
import type { World } from '../world.ts'

const TIMEOUT_MS = 20_000
/** Of all notes together: each model call of the run reads them. */
const MAX_CHARS = 32_000

/** Asks the memory for a record's notes and says which they are; a memory that fails stops no run (S0.21). */
export async function recallMemory(effect: RecallMemory, world: World): Promise<EventBody> {
  const { record } = effect
  const answer = await withinDeadline(
    async () => find(await world.memory(), effect, world.tenant),
    {
      timeoutMs: TIMEOUT_MS,
      signal: world.signal,
    },
  )
  if (answer.ok) return { type: 'memory.recalled', record, items: fitting(answer.value) }
  const why = answer.givenUp === null ? messageOf(answer.error) : 'it gave no answer in time'
  const error = { code: 'MEMORY', message: `nothing was recalled: ${why}`, executed: false }
  return { type: 'memory.failed', during: 'recall', error }
}

/** What matches first; then, where that is too little and it was asked for, the newest. The same words once. */
async function find(
  bank: MemoryBank,
  { record, query, fill, limit }: RecallMemory,
  tenant: string,
): Promise<readonly RecalledItem[]> {
  const whose = { tenant, record, limit: MAX_NOTES }
  const matching = query === null ? [] : distinct(await bank.recall({ ...whose, query }))
  if (matching.length >= limit || (query !== null && !fill)) return matching.slice(0, limit)
  return distinct([...matching, ...(await bank.recall(whose))]).slice(0, limit)
}

/** Users greet in the same words each time: a model need not read them twice. */
function distinct(found: readonly RecalledItem[]): readonly RecalledItem[] {
  const known = new Set<string>()
  return found.filter(({ text }) => known.size < known.add(text.trim()).size)
}

/** As the log keeps them: as many as a model can be made to read. */
function fitting(found: readonly RecalledItem[]): readonly RecalledNote[] {
  let chars = 0
  return found.flatMap(({ id, record, text, at, source, tags }) => {
    chars += text.length
    const note = { id, record, text, at, source }
    if (chars > MAX_CHARS) return []
    return tags === undefined ? [note] : [{ ...note, tags }]
  })
}
