import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { stringify } from 'yaml'
import type { AnswerPart } from '../core/log/event.ts'
import type { Json, JsonObject } from '../core/spec/json.ts'
import type { Mind, MindAnswer, MindRequest } from './mind.ts'

/** Where a recording goes: a file (its folder is made) or whatever takes the whole text. */
export type RecordingSink = string | ((text: string) => Promise<void>)

/**
 * Passes calls on to a mind and keeps its answers as a script (DESIGN §5), so that
 * `scriptedMind(parseScript(recording))` gives the same answers part by part with no model.
 *
 * `save` writes all answers so far, in the order of their calls; a file changes at once or not at
 * all. A call that is answered twice keeps its last answer; failed attempts are not kept.
 */
export function recordingMind(
  mind: Mind,
  sink: RecordingSink,
): Mind & { readonly save: () => Promise<void> } {
  const answers = new Map<string, Map<number, JsonObject>>()
  let saved: Promise<void> = Promise.resolve()
  return {
    async answer(request, context) {
      const answer = await mind.answer(request, context)
      // What chooses guidelines is asked before the run: a script has answers for the run alone.
      if (request.call === 0) return answer
      const calls = answers.get(request.run) ?? new Map<number, JsonObject>()
      answers.set(
        request.run,
        calls.set(request.call, toEntry(request, context.keepable?.(answer) ?? answer)),
      )
      return answer
    },
    save() {
      // One after the other, so that an older text never replaces a newer one.
      saved = saved.catch(() => {}).then(() => send(sink, toText(inOrder(answers.values()))))
      return saved
    },
  }
}

/** Sub-runs answer in any order; a script is read in the order of the calls. */
function inOrder(runs: Iterable<ReadonlyMap<number, JsonObject>>): readonly JsonObject[] {
  return [...runs].flatMap((calls) =>
    [...calls].toSorted(([left], [right]) => left - right).map(([, entry]) => entry),
  )
}

function toEntry(request: MindRequest, answer: MindAnswer): JsonObject {
  const { step, role, item } = request
  return {
    when: { step, role, ...(item === null ? {} : { item }) },
    ...toWords(answer.parts),
    finish: answer.finish,
    usage: { ...answer.usage },
    ...(answer.risk === undefined ? {} : { risk: answer.risk }),
  }
}

/** The short form where it says everything: one plain text, then calls. */
function toWords(parts: readonly AnswerPart[]): JsonObject {
  const [first, ...rest] = parts
  const text = first?.type === 'text' ? first : undefined
  const calls = text === undefined ? parts : rest
  const short =
    parts.length > 0 && text?.options === undefined && calls.every((part) => part.type === 'call')
  if (!short) return { parts: parts.map((part) => ({ ...part })) }
  const spoken: JsonObject = text === undefined ? {} : { text: text.text }
  if (calls.length === 0) return spoken
  return { ...spoken, calls: calls.map(toCall) }
}

function toCall(part: AnswerPart): Json {
  const { type: _, ...call } = part
  return call
}

function toText(entries: readonly JsonObject[]): string {
  // No anchors (an answer may share objects) and no folded lines: each would read less plainly.
  return stringify(entries, { aliasDuplicateObjects: false, lineWidth: 0 })
}

async function send(sink: RecordingSink, text: string): Promise<void> {
  if (typeof sink !== 'string') return sink(text)
  const draft = `${sink}.${randomUUID()}.tmp`
  await mkdir(dirname(sink), { recursive: true })
  try {
    await writeFile(draft, text, { flush: true })
    await rename(draft, sink)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
