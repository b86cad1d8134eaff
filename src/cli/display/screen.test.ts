import { expect, test } from 'vitest'
import { capture } from '../given-cli.ts'
import { widthOf } from './plain-text.ts'
import { createScreen, tableLines } from './screen.ts'

const ESC = String.fromCodePoint(0x1b)
const terminal = { isTTY: true, columns: 40, hasColors: () => true }

test('colour shows on a terminal, and never in a pipe or with NO_COLOR', () => {
  expect(createScreen(capture(terminal), {}).paint('x', 'red')).toContain(ESC)
  expect(createScreen(capture(), {}).paint('x', 'red')).toBe('x')
  expect(createScreen(capture(terminal), { NO_COLOR: '1' }).paint('x', 'red')).toBe('x')
  expect(createScreen(capture(terminal), { TERM: 'dumb' }).paint('x', 'red')).toBe('x')
})

test('an entry is wrapped under itself and cut at its lines', () => {
  const output = capture({ ...terminal, hasColors: () => false })
  const screen = createScreen(output, {})
  const body = 'words that do not all fit into the lines that this entry has, by far'
  screen.entry({ indent: 2, mark: '→', head: 'tool', body, maxLines: 2 })
  const lines = output.text().trimEnd().split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(/^ {2}→ tool words/)
  expect(lines[1]).toMatch(/^ {4}\S.* …$/)
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(40)
})

test('a table leaves columns out from the right where there is no room', () => {
  const rows = [
    ['RUN', 'STATE', 'STEP'],
    ['run_1', 'completed', 'answer'],
  ]
  expect(tableLines(rows, { columns: 80, least: 1 })[1]).toBe('run_1  completed  answer')
  expect(tableLines(rows, { columns: 20, least: 1 })[1]).toBe('run_1  completed')
  expect(tableLines(rows, { columns: 10, least: 2 })[1]).toBe('run_1  co…')
})
