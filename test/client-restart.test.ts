import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createClient } from '../src/client.ts'

/*
 * A server that is killed (-9) while a tool of the client is under way; another is started at its
 * place, and the client's loop goes on without having noticed (S0.29, S0.30).
 */

const MAIN = join(import.meta.dirname, '../src/cli/main.ts')
const KEY = Buffer.from('c'.repeat(32)).toString('base64')

let home = ''
const children: ChildProcess[] = []

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lockstep-restart-'))
  const script = [{ call: 'crm', args: {} }, { text: 'Dear Ana' }, { text: 'Sent' }]
  writeFileSync(join(home, 'script.json'), JSON.stringify(script))
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(home, { recursive: true, force: true })
})

/** Serves until it is killed; resolves with its address. */
async function serve(port: number, store: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(
    process.execPath,
    [
      MAIN,
      'serve',
      `--port=${port}`,
      `--store=${store}`,
      `--script=${join(home, 'script.json')}`,
      '--model=test/scripted',
    ],
    {
      env: { ...process.env, LOCKSTEP_HOME: home, LOCKSTEP_CONTINUATION_KEYS: KEY },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  children.push(child)
  const lines: string[] = []
  for (const out of [child.stdout, child.stderr]) {
    if (out !== null) createInterface(out).on('line', (line) => lines.push(line))
  }
  while (child.exitCode === null) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(lines.join('\n')) ?? []
    if (url !== undefined) return { child, url }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(lines.join('\n'))
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

test.each([
  ['kept in its store', 'runs.db'],
  ['carried by the client', 'none'],
])('killed between pause and resume, the run %s', async (_, kind) => {
  const store = kind === 'none' ? kind : join(home, kind)
  const first = await serve(0, store)
  const port = Number(new URL(first.url).port)
  let calls = 0
  const result = await createClient({ baseURL: first.url }).responses.create({
    steps: [{ prompt: 'Greet the lead' }, { prompt: 'Send it', tools: [] }],
    tools: {
      crm: {
        execute: async () => {
          calls += 1
          await kill(first.child)
          await serve(port, store)
          return { name: 'Ana' }
        },
      },
    },
  })
  expect(result.steps.map(({ text }) => text)).toEqual(['Dear Ana', 'Sent'])
  expect(result.steps[0]?.tool_calls[0]?.result).toEqual({ name: 'Ana' })
  expect(calls).toBe(1)
})
