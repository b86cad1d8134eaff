import { expect, test } from 'vitest'
import { loadWorkflow } from '../../drive/load/load-workflow.ts'
import { parseScript } from '../../mind/script.ts'
import { scriptedMind } from '../../mind/scripted.ts'
import { memoryStore } from '../../store/memory.ts'
import { createLog } from './access-log.ts'
import { createServer } from '../create-server.ts'

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

async function hello() {
  const loaded = await loadWorkflow({ workflow: 'hello', steps: [{ prompt: 'Say hello.' }] })
  if (!loaded.ok) throw new Error('the workflow does not load')
  const script = parseScript([{ text: 'hello' }])
  if (!script.ok) throw new Error('the script does not read')
  const store = memoryStore()
  const mind = scriptedMind(script.script)
  const log = createLog({ level: 'silent' })
  const server = createServer({ workflows: [loaded.workflow], store, mind, log })
  return { server, store }
}

const model = 'workflow/hello'

test.each([
  ['/v1/runs?wait=5', { workflow: 'hello', input: { message: 'hi' } }],
  ['/v1/responses', { model, input: 'hi' }],
  ['/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }] }],
])('a run that POST %s begins belongs to the trace of its request', async (path, body) => {
  for (const [traceparent, kept] of [
    [TRACEPARENT, TRACEPARENT],
    [`00-${'x'.repeat(500)}`, undefined],
  ] as const) {
    const { server, store } = await hello()
    const response = await server.app.request(`http://127.0.0.1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent },
      body: JSON.stringify(body),
    })
    expect(response.ok).toBe(true)
    const [row] = await store.list({ limit: 1 })
    const [first] = await store.read(row?.run ?? '', 0)
    expect(first?.type === 'run.started' ? first.trace : 'no run').toBe(kept)
    await server.close()
  }
})
