import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { AGENT_KEYS, STEP_KEYS } from '../src/dialect/vectara/vectara-keys.ts'
import { loadWorkflowFile } from '../src/index.ts'

/*
 * docs/dialects.md is true: its documents load, and each key of the format is in its table.
 */

const guide = readFileSync(join(import.meta.dirname, '../docs/dialects.md'), 'utf8')
const documents = [...guide.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => json)
const folder = mkdtempSync(join(tmpdir(), 'dialects-guide-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('docs/dialects.md', () => {
  test('has documents', () => {
    expect(documents.length).toBeGreaterThan(1)
  })

  test.each(documents.map((json, index) => [index, json] as const))(
    'document %i loads, with no more than tools that nobody executes',
    async (index, json) => {
      const file = join(folder, `agent-${index}.json`)
      writeFileSync(file, json)
      const loaded = await loadWorkflowFile(file)
      expect(loaded.ok ? [] : loaded.issues).toEqual([])
      if (!loaded.ok) return
      const messages = loaded.workflow.warnings.map(({ message }) => message)
      expect(messages.filter((message) => !message.startsWith('nothing executes'))).toEqual([])
    },
  )

  test('the first document is that of the example, whose seed it is', () => {
    const example = join(import.meta.dirname, '../examples/09-plan-then-execute/workflow.json')
    expect(JSON.parse(documents[0] ?? '')).toEqual(JSON.parse(readFileSync(example, 'utf8')))
  })

  test.each([...new Set([...AGENT_KEYS, ...STEP_KEYS])])('says what becomes of `%s`', (key) => {
    const table = guide.slice(guide.indexOf('### What becomes of it'), guide.indexOf('`null` is'))
    const cells = table.split('\n').map((line) => line.split('|')[1] ?? '')
    const word = new RegExp(`\`${key}(?:\`|:|\\.)`)
    // The map itself is what the table is about.
    expect(key === 'steps' || cells.some((cell) => word.test(cell))).toBe(true)
  })
})
