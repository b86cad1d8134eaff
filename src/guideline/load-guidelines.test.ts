import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadGuidelines } from './load-guidelines.ts'

const root = mkdtempSync(join(tmpdir(), 'lockstep-guidelines-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function folder(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(root, name)
  mkdirSync(join(path, 'sales'), { recursive: true })
  mkdirSync(join(path, '.drafts'), { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
  return path
}

test('every Markdown file below it, but no README and nothing hidden', async () => {
  const path = folder('good', {
    'voice.md': 'Be brief.',
    'sales/cold.md': '---\nid: a-cold\n---\nBe kind.',
    'README.md': 'How we write these.',
    '.drafts/new.md': '---\nbroken',
    'notes.txt': 'x',
  })
  const loaded = await loadGuidelines(path)
  expect(loaded.ok && loaded.guidelines.map(({ id }) => id)).toEqual(['a-cold', 'voice'])
})

test('all issues at once, each with its file; an id is there once', async () => {
  const path = folder('bad', {
    'a.md': '---\nid: same\n---\nx',
    'b.md': '---\nid: same\n---\ny',
    'c.md': '---\nalwys: true\n---\nz',
  })
  const loaded = await loadGuidelines(path)
  expect(loaded.ok ? [] : loaded.issues).toMatchObject([
    {
      file: join(path, 'b.md'),
      message: `the id \`same\` is also that of ${join(path, 'a.md')}; ids differ`,
    },
    { file: join(path, 'c.md'), place: { line: 2, column: 1 } },
  ])
})

test('a folder that is not there', async () => {
  const loaded = await loadGuidelines(join(root, 'none'))
  expect(loaded.ok ? '' : loaded.issues[0]?.message).toMatch(
    /^there is no folder .*none; put guidelines/,
  )
})
