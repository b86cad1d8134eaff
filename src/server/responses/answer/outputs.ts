import type { OutputSlot } from '../../../dialect/personize/personize-schema.ts'
import type { Json, JsonObject } from '../../../core/spec/json.ts'
import { readJson } from '../../../core/spec/read-json.ts'

/** What a model marked in its text, and the text without the marks. */
export interface Marked {
  readonly text: string
  readonly outputs: Readonly<Record<string, Json>>
}

const OPEN = /<output\s+name\s*=\s*(?:"([^"<>]{1,128})"|'([^'<>]{1,128})')\s*>/g
const CLOSE = '</output>'
const NONE: ReadonlySet<string> = new Set()

/**
 * Takes `<output name="subject">…</output>` out of a text (seed 0): the content stays in it, without
 * the marks. JSON is read as what it says, everything else is a text; of two with the same name the
 * later counts. A mark that is not closed stays as it is. Those in `texts` are texts, whatever they say.
 */
export function takeOutputs(text: string, texts: ReadonlySet<string> = NONE): Marked {
  const outputs = new Map<string, Json>()
  let cleaned = ''
  let at = 0
  OPEN.lastIndex = 0
  for (let open = OPEN.exec(text); open !== null; open = OPEN.exec(text)) {
    const start = OPEN.lastIndex
    const end = text.indexOf(CLOSE, start)
    if (end === -1) break
    const content = text.slice(start, end)
    const name = open[1] ?? open[2] ?? ''
    outputs.set(name, texts.has(name) ? content.trim() : valueOf(content.trim()))
    cleaned += text.slice(at, open.index) + content
    at = end + CLOSE.length
    OPEN.lastIndex = at
  }
  return { text: cleaned + text.slice(at), outputs: Object.fromEntries(outputs) }
}

/** What texts marked; of two with the same name the later counts. A slot of text stays text (S0.23). */
export function outputsIn(texts: readonly string[], slots: readonly OutputSlot[]): JsonObject {
  const named = slots.filter(({ type }) => type === 'string' || type === 'text')
  const names = new Set(named.map(({ key }) => key))
  return Object.fromEntries(
    texts.flatMap((text) => Object.entries(takeOutputs(text, names).outputs)),
  )
}

function valueOf(content: string): Json {
  try {
    const read = readJson(JSON.parse(content))
    return read.ok ? read.value : content
  } catch {
    return content
  }
}
