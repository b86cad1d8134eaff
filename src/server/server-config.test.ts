import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readServerConfig, ServerConfigError } from './server-config.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-config-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(text: string): string {
  const path = join(folder, 'server.yaml')
  writeFileSync(path, text)
  return path
}

function problems(given: Partial<Parameters<typeof readServerConfig>[0]>): string {
  try {
    readServerConfig({ flags: {}, env: {}, file: null, ...given })
  } catch (error) {
    if (error instanceof ServerConfigError) return error.message
    throw error
  }
  throw new Error('it was taken')
}

test('flags go before the environment, that before the file, that before what holds anyway', () => {
  const config = readServerConfig({
    flags: { port: '1' },
    env: {
      LOCKSTEP_PORT: '2',
      LOCKSTEP_LOG: 'warn',
      LOCKSTEP_CORS: 'https://a.example, https://b.example',
    },
    file: file('port: 3\nlog: error\nhost: 0.0.0.0\n'),
  })
  expect(config).toMatchObject({
    port: 1,
    log: 'warn',
    host: '0.0.0.0',
    cors: ['https://a.example', 'https://b.example'],
    depth: 64,
  })
})

test('paths of a file are relative to it', () => {
  const config = readServerConfig({
    flags: { script: './script.yaml' },
    env: {},
    file: file('workflows: ./flows\nkeys: keys.json\nstore: runs.db\n'),
  })
  expect(config.workflows).toEqual([join(folder, 'flows')])
  expect(config.keys).toBe(join(folder, 'keys.json'))
  expect(config.store).toBe(join(folder, 'runs.db'))
  expect(config.script).toBe('./script.yaml')
})

test('everything that is wrong is told at once: where it was said, and what is legal', () => {
  const told = problems({
    flags: { port: '70000', model: 'gpt' },
    env: { LOCKSTEP_LOG: 'loud', LOCKSTEP_DEPTH: 'deep', LOCKSTEP_STORE: 'mysql://x' },
    file: file('hots: 0.0.0.0\ncors: [https://a.example/path]\n'),
  })
  expect(told).toMatch(/--port: .*65535/)
  expect(told).toMatch(/--model: expected provider\/model/)
  expect(told).toMatch(/LOCKSTEP_LOG: expected debug, info, warn, error or silent/)
  expect(told).toMatch(/LOCKSTEP_DEPTH: expected a whole number from 1/)
  expect(told).toMatch(/LOCKSTEP_STORE: expected a file that ends in \.db, postgres:/)
  expect(told).toMatch(/server\.yaml: hots is no setting; .*host/)
  expect(told).toMatch(/server\.yaml: cors \(entry 1\): expected an origin/)
})

test.each([
  ['a list', '- 1\n', /holds no settings/],
  ['no YAML', 'a: [', /server\.yaml:\d+: /],
])('%s is no file of settings', (_, text, told) => {
  expect(problems({ file: file(text) })).toMatch(told)
})

test('a file that is not there is named', () => {
  expect(problems({ file: join(folder, 'none.yaml') })).toMatch(/cannot read .*none\.yaml/)
})
