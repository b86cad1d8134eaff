import { messageOf } from '../core/spec/message-of.ts'
import { readFile } from 'node:fs/promises'
import { readDocument } from '../dialect/document.ts'
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
    const message = `cannot read ${file}: ${messageOf(error)}`
    return { ok: false, issues: [{ path: [], message }] }
  }
  return readScriptText(text)
}

/** The same for text that is already in memory. */
export function readScriptText(text: string): ReadScript {
  const document = readDocument(text)
  if (!document.ok) {
    return { ok: false, issues: document.issues.map((issue) => ({ path: [], ...issue })) }
  }
  const parsed = parseScript(document.value)
  if (parsed.ok) return parsed
  const issues = parsed.issues.map((issue) => ({ ...issue, ...document.locate(issue.path) }))
  return { ok: false, issues }
}
