import type { KeepMemory } from '../../core/decide/effect.ts'
import type { EventBody } from '../../core/log/event.ts'
import type { Fact } from '../../core/log/branch.ts'
import { isJsonObject, ownValue, type Json } from '../../core/spec/json.ts'
import { messageOf } from '../../core/spec/message-of.ts'
import type { MemoryItem } from '../../store/memory-bank/memory-bank.ts'
import { withinDeadline } from '../deadline.ts'
import type { World } from '../world.ts'

const TIMEOUT_MS = 20_000
/** Characters of one note: four bytes each at most, so that it is never too long to be kept. */
const MAX_CHARS = 16_000
/** Answers of the memory and of rules are no news (seed 0). */
const NEVER: ReadonlySet<string> = new Set(
  'recall recall_pro memorize memorize_pro smart_guidelines store_evaluation_log'.split(' '),
)

/**
 * Keeps what a turn said and came to: the user's messages, the output, and tool results where that is
 * asked for (S0.23). Their ids are made of their places in the log, so that the same after a crash
 * keeps nothing twice. A memory that fails stops no run.
 */
export async function keepMemory(effect: KeepMemory, world: World): Promise<EventBody> {
  const { record, upTo } = effect
  const items = itemsOf(effect, world)
  const answer = await withinDeadline(async () => (await world.memory()).memorize(items), {
    timeoutMs: TIMEOUT_MS,
    signal: world.signal,
  })
  if (answer.ok) return { type: 'memory.kept', record, ids: items.map(({ id }) => id), upTo }
  const why = answer.givenUp === null ? messageOf(answer.error) : 'it gave no answer in time'
  const error = { code: 'MEMORY', message: `nothing was kept: ${why}` }
  return { type: 'memory.failed', during: 'keep', error }
}

function itemsOf(effect: KeepMemory, world: World): readonly MemoryItem[] {
  const { state, tenant } = world
  const { run, branch } = state
  const { record, after, upTo, toolResults } = effect
  const at = state.at
  const isNew = ({ seq }: { readonly seq: number }): boolean => seq > after
  const common = { tenant, record, at }
  // What the user said is the run's own; a sub-run was told by it.
  const said = branch.parent === null ? state.said.filter(isNew) : []
  const messages = said.map(({ seq, text }): MemoryItem => {
    return {
      ...common,
      id: `${run}/said/${seq}`,
      text: cut(text),
      source: { run, kind: 'message' },
    }
  })
  const results = toolResults ? [...branch.facts, ...branch.told].filter(isNew) : []
  const answers = results
    .filter(({ tool }) => !NEVER.has(tool) && world.plan.tools.get(tool)?.kind !== 'recall')
    .map((fact): MemoryItem => {
      const { call, tool } = fact
      const source = { run, call, kind: 'tool-result', tool } as const
      return { ...common, id: `${run}/result/${call}`, text: cut(answerText(fact)), source }
    })
  const output = outputText(branch.output)
  const id = `${run}/${branch.id}/output/${upTo}`
  const outcome: MemoryItem = { ...common, id, text: cut(output), source: { run, kind: 'output' } }
  return [...messages, ...answers, ...(output === '' ? [] : [outcome])]
}

function answerText({ tool, args, output }: Fact): string {
  return JSON.stringify({ tool, args, output })
}

/** A text as it is, anything else as JSON. */
function outputText(output: Json): string {
  const text =
    isJsonObject(output) && Object.keys(output).length === 1 ? ownValue(output, 'text') : null
  if (typeof text === 'string') return text.trim()
  return isJsonObject(output) && Object.keys(output).length === 0 ? '' : JSON.stringify(output)
}

function cut(text: string): string {
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS - 1)}…`
}
