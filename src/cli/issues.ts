import { readFile } from 'node:fs/promises'
import { pathText } from '../core/spec/issue.ts'
import type { PlacedIssue } from '../drive/load/loaded-workflow.ts'
import { oneLine, plainText, widthOf } from './display/plain-text.ts'
import type { Screen } from './display/screen.ts'

/**
 * Shows issues as `file:line:column  path  message`, each with the line that it is about and a caret
 * under its column, where there is a file.
 */
export async function showIssues(screen: Screen, issues: readonly PlacedIssue[]): Promise<void> {
  const files = new Map<string, readonly string[]>()
  for (const issue of issues) {
    const { file, place } = issue
    if (file !== undefined && !files.has(file)) files.set(file, await linesOf(file))
    showIssue(screen, issue)
    const line = place === undefined ? undefined : files.get(file ?? '')?.[place.line - 1]
    if (line === undefined || place === undefined) continue
    for (const each of excerpt(line, { ...place, columns: screen.columns })) {
      screen.line(screen.paint(each, 'dim'))
    }
  }
}

function showIssue(screen: Screen, issue: PlacedIssue): void {
  const { severity, path, message, file, place } = issue
  const at = place === undefined ? '' : `:${place.line}:${place.column}`
  const where = [file === undefined ? '' : `${oneLine(file)}${at}`, oneLine(pathText(path))]
  const error = severity === 'error'
  const head = where.filter((part) => part !== '').join('  ')
  screen.entry({
    indent: 0,
    mark: error ? '✗' : '!',
    markColor: error ? 'red' : 'yellow',
    head,
    headColor: 'bold',
    // A gap of two, as between the other parts.
    body: `${head === '' ? '' : ' '}${error ? '' : 'warning: '}${plainText(message)}`,
  })
}

async function linesOf(file: string): Promise<readonly string[]> {
  try {
    return (await readFile(file, 'utf8')).split(/\r?\n/)
  } catch {
    return []
  }
}

/** The source line, cut to the width around its column, and a caret under it. */
function excerpt(
  line: string,
  place: { readonly line: number; readonly column: number; readonly columns: number },
): readonly string[] {
  const gutter = `${String(place.line).padStart(6)} | `
  const room = place.columns - gutter.length
  // One column per character: the caret has to stand under its own.
  const text = line.replace(/\s/g, ' ')
  const start = Math.max(0, Math.min(place.column - 1 - Math.floor(room / 2), text.length - room))
  const shown = plainText(text.slice(start, start + room))
  const before = plainText(text.slice(start, place.column - 1))
  const caret = `${' '.repeat(gutter.length - 2)}| ${' '.repeat(widthOf(before))}^`
  return [`${gutter}${shown}`.trimEnd(), caret]
}
