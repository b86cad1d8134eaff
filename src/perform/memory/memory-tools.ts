import { recordOf } from '../../core/decide/memory/record.ts'
import type { RunTool } from '../../core/decide/effect.ts'
import { shownNote } from '../../core/log/memory.ts'
import { ToolError } from '../../core/spec/define.ts'
import { isJsonObject, ownValue, type Json } from '../../core/spec/json.ts'
import { messageOf } from '../../core/spec/message-of.ts'
import { MemoryBankError, type MemoryBank } from '../../store/memory-bank/memory-bank.ts'
import type { World } from '../world.ts'

/*
 * The tools of memory: `recall` (also `recall_pro`) and `memorize` (S0.23, S0.25). Whose notes they are
 * about is the run's, or where that has no memory of its own what the call says: the kernel has judged it.
 */

const DEFAULT_LIMIT = 10
/** Of all notes of one answer together: a model reads every one of them. */
const MAX_CHARS = 64_000

/** Executes `recall` or `memorize`. Throws a ToolError. */
export async function useMemory(effect: RunTool, args: Json, world: World): Promise<Json> {
  const given = isJsonObject(args) ? args : {}
  const whose = recordOf(world.plan, world.state)
  const named = ownValue(given, 'record')
  const record = whose?.ok === true ? whose.record : typeof named === 'string' ? named : null
  const memorizes = world.plan.tools.get(effect.tool)?.kind === 'memorize'
  try {
    const bank = await world.memory()
    const on = { bank, tenant: world.tenant, record }
    return memorizes ? await memorize(effect, given, { ...on, world }) : await recall(given, on)
  } catch (error) {
    throw toToolError(error)
  }
}

interface On {
  readonly bank: MemoryBank
  readonly tenant: string
  readonly record: string | null
}

type Given = Readonly<Record<string, Json | undefined>>

async function recall({ query, limit }: Given, { bank, tenant, record }: On): Promise<Json> {
  const found = await bank.recall({
    tenant,
    ...(record === null ? {} : { record }),
    ...(typeof query === 'string' ? { query } : {}),
    limit: typeof limit === 'number' ? limit : DEFAULT_LIMIT,
  })
  const notes: Json[] = []
  let chars = 0
  for (const note of found) {
    chars += note.text.length
    if (chars > MAX_CHARS) break
    notes.push({ ...(record === null ? { record: note.record } : {}), ...shownNote(note) })
  }
  const more = found.length - notes.length
  return { notes, ...(more > 0 ? { left_out: more } : {}) }
}

async function memorize(
  { call, idempotencyKey }: RunTool,
  { text, tags }: Given,
  { bank, tenant, record, world }: On & { readonly world: World },
): Promise<Json> {
  const labels = Array.isArray(tags) ? tags.map(String) : []
  await bank.memorize([
    {
      id: idempotencyKey,
      tenant,
      record: record ?? '',
      text: typeof text === 'string' ? text : '',
      at: world.clock.now(),
      source: { run: world.state.run, call, kind: 'memorize' },
      ...(labels.length === 0 ? {} : { tags: labels }),
    },
  ])
  return { kept: true }
}

function toToolError(error: unknown): ToolError {
  const bad = error instanceof MemoryBankError && error.code.startsWith('bad_')
  const code = bad ? 'VALIDATION' : 'MEMORY'
  return new ToolError(messageOf(error), { code, executed: false, cause: error })
}
