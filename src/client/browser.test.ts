import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

/*
 * The client is for browsers as well: no built-in modules, no packages, web globals alone.
 */

const DOOR = resolve(import.meta.dirname, '../client.ts')
const IMPORT =
  /^(?:import|export)\b[^'"]*?\bfrom\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

/** Every file that is loaded with the door, as JavaScript, and what else is imported. */
function loaded(file: string, seen = new Map<string, string>()): ReadonlyMap<string, string> {
  if (seen.has(file)) return seen
  const text = stripTypeScriptTypes(readFileSync(file, 'utf8'))
  seen.set(file, text)
  for (const [, from, dynamic] of text.matchAll(IMPORT)) {
    const specifier = from ?? dynamic ?? ''
    const next = specifier.startsWith('.') ? join(dirname(file), specifier) : specifier
    if (existsSync(next)) loaded(next, seen)
    else seen.set(next, '')
  }
  return seen
}

test('it imports its own files, two of the core, and nothing else', () => {
  const root = resolve(import.meta.dirname, '..')
  const files = [...loaded(DOOR).keys()].map((file) => file.replace(`${root}/`, ''))
  expect(files.filter((file) => !file.startsWith('client/')).toSorted()).toEqual([
    'client.ts',
    'core/spec/json.ts',
    'core/spec/message-of.ts',
  ])
  expect(files.length).toBeGreaterThan(10)
})

test('it stays small', () => {
  const code = [...loaded(DOOR).values()].join('\n').replaceAll(/\/\*[\s\S]*?\*\//g, '')
  expect(gzipSync(code.replaceAll(/\s+/g, ' ')).length).toBeLessThan(14_000)
})

test('it runs in a page that has web globals alone', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--experimental-vm-modules',
    '--no-warnings',
    join(import.meta.dirname, 'given-page.ts'),
  ])
  expect(JSON.parse(stdout)).toMatchObject({
    text: 'done',
    streamed: 'done',
    started: 't~1',
    asked: [
      { url: 'https://agents.example/api/v1/responses', key: 'Bearer k' },
      { body: { conversation: [{}, { tool_call_id: 'call_1', content: '{"seen":1}' }] } },
      { url: 'http://127.0.0.1:8787/api/v1/responses', key: null },
      { url: 'https://agents.example/api/v1/runs' },
    ],
  })
})
