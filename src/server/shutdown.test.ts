import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LockstepError } from '../drive/lockstep-error.ts'
import type { Mind } from '../mind/mind.ts'
import { readScript } from '../mind/read-script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { sqliteStore } from '../store/sqlite.ts'
import { createLog } from './operation/access-log.ts'
import { createServer } from './create-server.ts'
import { loadWorkflows } from './load-workflows-folder.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-shutdown-'))
  write('workflow.yaml', 'workflow: slow\nsteps:\n  - prompt: Say something.\n')
  write('slow.yaml', '- { text: never, delay_ms: 600000 }\n')
  write('quick.yaml', '- { text: at last }\n')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text)
}

async function script(name: string): Promise<Mind> {
  const read = await readScript(join(folder, name))
  if (!read.ok) throw new Error(name)
  return scriptedMind(read.script)
}

async function given(options: { readonly mind: Mind; readonly file: string }) {
  const lines: string[] = []
  const log = createLog({ level: 'info', output: { write: (line) => void lines.push(line) } })
  const workflows = await loadWorkflows([join(folder, 'workflow.yaml')], {})
  const store = sqliteStore(join(folder, options.file))
  const { mind } = options
  const server = createServer({ workflows: [...workflows.values()], store, mind, log })
  const { stored } = server.context
  const workflow = workflows.get('slow')
  if (stored === null || workflow === undefined) throw new Error('not as it was given')
  return { server, lines, stored, workflow }
}

test('a run that is under way at shutdown is parked, and the next process goes on with it', async () => {
  const first = await given({ mind: await script('slow.yaml'), file: 'a.db' })
  const { url } = await first.server.listen({ port: 0 })
  const run = await first.stored.start(first.workflow, { id: 'local~1' })
  const response = fetch(`${url}/readyz`)
  expect((await response).status).toBe(200)
  const left = await first.server.close({ graceMs: 10, parkMs: 5_000 })
  expect(left).toBe(0)
  expect((await run.done).reason).toBeNull()

  const second = await given({ mind: await script('quick.yaml'), file: 'a.db' })
  await second.server.listen({ port: 0 })
  // Waits for what goes on in the background.
  await second.server.close({ graceMs: 10_000, parkMs: 0 })
  expect(second.lines.join('')).toContain('"run":"local~1","reason":"completed"')

  const third = await given({ mind: await script('slow.yaml'), file: 'a.db' })
  const again = await third.stored.open('local~1')
  expect(again.record()).toMatchObject({ reason: 'completed', output: { text: 'at last' } })
  await third.server.close({ graceMs: 0, parkMs: 0 })
})

test('while it shuts down it is not ready, and takes nothing new', async () => {
  const { server, stored, workflow } = await given({
    mind: await script('slow.yaml'),
    file: 'b.db',
  })
  let isUnderWay = false
  const onEvents = (): void => {
    isUnderWay = true
  }
  const run = await stored.start(workflow, { id: 'local~1', onEvents })
  await expect.poll(() => isUnderWay).toBe(true)
  const closing = server.close({ graceMs: 200, parkMs: 5_000 })
  const ready = await server.app.request('/readyz')
  expect([ready.status, await ready.json()]).toMatchObject([
    503,
    { checks: { shutdown: 'under way' } },
  ])
  expect((await server.app.request('/healthz')).status).toBe(200)
  const refused = await server.app.request('/v1/responses', { method: 'POST', body: '{}' })
  expect([refused.status, await refused.json()]).toMatchObject([
    503,
    { error: { code: 'shutting_down', type: 'overloaded_error' } },
  ])
  await closing
  await run.done
})

test('a request that is under way is answered before the server goes', async () => {
  const { server } = await given({ mind: await script('slow.yaml'), file: 'c.db' })
  const answers: (() => void)[] = []
  server.app.post('/v1/later', async (c) => {
    await new Promise<void>((resolve) => {
      answers.push(resolve)
    })
    return c.json({ answered: true })
  })
  const { url } = await server.listen({ port: 0 })
  const asked = fetch(`${url}/v1/later`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  await expect.poll(() => answers).toHaveLength(1)
  const closing = server.close({ graceMs: 60_000, parkMs: 0 })
  answers[0]?.()
  expect(await (await asked).json()).toEqual({ answered: true })
  await closing
})

test('a server that keeps nothing refuses workflows whose writes could happen twice', async () => {
  write(
    'tools.mjs',
    'const effect = "write"\nexport const pay = { about: "x", input: {}, effect, execute: () => 1 }\n',
  )
  const text =
    'workflow: pays\ntools: { pay: { module: ./tools.mjs } }\nsteps:\n  - { prompt: p, tools: [pay] }\n'
  write('pays.yaml', text)
  const pays = [...(await loadWorkflows([join(folder, 'pays.yaml')], {})).values()]
  expect(() => createServer({ workflows: pays })).toThrow(LockstepError)
  expect(() => createServer({ workflows: pays })).toThrow(/pays: the tool `pay` writes/)
  write('pays.yaml', text.replace('./tools.mjs', './tools.mjs, idempotent: true'))
  const safe = [...(await loadWorkflows([join(folder, 'pays.yaml')], {})).values()]
  expect(createServer({ workflows: safe }).context.workflows.size).toBe(1)
})

test('a folder is its workflows; what lies beside them is left alone', async () => {
  const inner = await loadWorkflows([join(import.meta.dirname, '../../examples')], {})
  expect([...inner.keys()]).toContain('refund')
  await expect(loadWorkflows([join(folder, 'nowhere')], {})).rejects.toThrow(/no file or folder/)
  const twice = [join(folder, 'workflow.yaml'), join(folder, 'workflow.yaml')]
  await expect(loadWorkflows(twice, {})).rejects.toThrow(/two workflows are called slow/)
})
