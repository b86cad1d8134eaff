import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readScript, readScriptText } from './read-script.ts'

test('a file gives line and column, whether YAML or JSON', () => {
  const yaml = '- text: fine\n- call: a\n  args: {}\n  wen: { step: x }\n'
  expect(readScriptText(yaml)).toMatchObject({
    ok: false,
    issues: [{ path: [1, 'wen'], line: 4, column: 3 }],
  })
  expect(readScriptText('[\n\t{ "text": "a" },\n\t{ "txt": "b" }\n]')).toMatchObject({
    ok: false,
    issues: [
      { path: [1, 'txt'], line: 3, column: 4 },
      { path: [1], line: 3, column: 2 },
    ],
  })
  expect(readScriptText('- text: "open\n')).toMatchObject({ ok: false, issues: [{ path: [] }] })
  expect(readScriptText('')).toMatchObject({ ok: false, issues: [{ path: [] }] })
  expect(readScriptText('- text: a\n  text: b\n')).toMatchObject({ ok: false })
})

test('a bomb of aliases is an issue, not an exception', () => {
  const levels = 'abcdefgh'.split('')
  const bomb = levels
    .map((level, index) => {
      const before = levels[index - 1]
      const items =
        before === undefined ? '1' : Array.from({ length: 9 }, () => `*${before}`).join()
      return `- &${level} [${items}]`
    })
    .join('\n')
  expect(readScriptText(bomb)).toMatchObject({ ok: false })
})

test('a script is read from a file; a missing one is an issue', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'script-'))
  try {
    const file = join(folder, 'script.yaml')
    await writeFile(file, '- text: hello\n')
    expect(await readScript(file)).toMatchObject({ ok: true, script: [{ kind: 'answer' }] })
    expect(await readScript(join(folder, 'none.yaml'))).toMatchObject({
      ok: false,
      issues: [{ message: expect.stringContaining('none.yaml') }],
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})
