import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { sqliteMemory } from '../src/store/memory-bank/sqlite-memory.ts'

const SCRIPT = fileURLToPath(new URL('./fixtures/memory-process.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'lockstep-memory-processes-'))
afterAll(() => rmSync(folder, { recursive: true }))

function start(...words: readonly string[]) {
  return spawn(process.execPath, [SCRIPT, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('processes that make a memory at the same moment lose nothing and keep nothing twice', async () => {
  const path = join(folder, 'shared.db')
  const names = ['one', 'two', 'three']
  const children = names.map((name) => start(path, name, '20'))
  await Promise.all(children.map((child) => once(child, 'exit')))
  expect(children.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
  const bank = sqliteMemory(path)
  const records = (await bank.records('acme')).map(({ record, notes }) => `${record} ${notes}`)
  expect(records.toSorted()).toEqual(['one 20', 'shared 20', 'three 20', 'two 20'])
  const found = await bank.recall({ tenant: 'acme', query: 'word7', limit: 9 })
  expect(found).toHaveLength(4)
  await bank.close()
})

test('after kill -9 what was said to be kept is there, found and forgotten', async () => {
  const path = join(folder, 'killed.db')
  const child = start(path, 'own', '100000')
  let kept = 0
  for await (const _ of createInterface({ input: child.stdout })) {
    if ((kept += 1) === 30) child.kill('SIGKILL')
  }
  const bank = sqliteMemory(path)
  const [own] = (await bank.records('acme')).filter(({ record }) => record === 'own')
  expect(own?.notes).toBeGreaterThanOrEqual(kept)
  const found = await bank.recall({ tenant: 'acme', record: 'own', query: 'word29', limit: 9 })
  expect(found).toHaveLength(1)
  expect(await bank.forget({ tenant: 'acme', record: 'own' })).toBe(own?.notes)
  await bank.close()
})
