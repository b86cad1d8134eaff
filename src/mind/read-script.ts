import { readFile } from 'node:fs/promises'
import { LineCounter, parseDocument, isNode, type Document } from 'yaml'
import { parseScript, type Script, type ScriptIssue } from './script.ts'

/** An issue with its place in the file, both from 1; absent when the file could not be read. */
export interface ScriptFileIssue extends ScriptIssue {
  readonly line?: number
  readonly column?: number
}

export type ReadScript =
  | { readonly ok: true; readonly script: Script }
  | { readonly ok: false; readonly issues: readonly ScriptFileIssue[] }

/**
 * Reads a script or a recording from a YAML or JSON file (JSON is read as the YAML that it is).
 *
 * Never throws: a file that cannot be read, broken YAML and a wrong entry are all issues.
 */
export async function readScript(file: string): Promise<ReadScript> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const message = `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`
    return { ok: false, issues: [{ path: [], message }] }
  }
  return readScriptText(text)
}

/** The same for text that is already in memory. */
export function readScriptText(text: string): ReadScript {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [broken] = document.errors
  if (broken !== undefined) {
    const place = placeOf(lines, broken.pos[0])
    return { ok: false, issues: [{ path: [], message: broken.message, ...place }] }
  }
  let value: unknown
  try {
    value = document.toJS()
  } catch (error) {
    return { ok: false, issues: [{ path: [], message: String(error) }] }
  }
  const parsed = parseScript(value)
  if (parsed.ok) return parsed
  return {
    ok: false,
    issues: parsed.issues.map((issue) => ({
      ...issue,
      ...placeOf(lines, offsetOf(document, issue.path)),
    })),
  }
}

function placeOf(
  lines: LineCounter,
  offset: number | undefined,
): { readonly line?: number; readonly column?: number } {
  if (offset === undefined) return {}
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

/** Where the nearest written ancestor of a path begins. */
function offsetOf(document: Document, path: ScriptIssue['path']): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return undefined
}
