/*
 * A child process that serves: argv 2 is `bare` (a Hono route that makes one model call), `stateless`
 * or `stored` (Lockstep); argv 3 a folder, argv 4 how long a model takes. Prints where it listens;
 * a line on stdin is answered with its memory in megabytes.
 */
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createAdaptorServer } from '@hono/node-server'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { Hono } from 'hono'
import { aiSdkMind, type WorkflowSpec, loadWorkflow } from '../src/index.ts'
import { createLog, createServer } from '../src/server.ts'
import { sqliteStore } from '../src/sqlite.ts'
import { zeroModel } from './zero-model.ts'

const [, , mode = 'bare', folder = '.', delay = '0'] = process.argv
const model = zeroModel({ answers: [{ text: 'Hello.' }], delayMs: Number(delay) })
const url = mode === 'bare' ? await serveBare(model) : await serveLockstep(model)
process.stdout.write(`${url}\n`)
for await (const _ of createInterface({ input: process.stdin })) {
  globalThis.gc?.()
  process.stdout.write(`${process.memoryUsage().rss / 1_048_576}\n`)
}
process.exit()

async function serveBare(asked: LanguageModelV4): Promise<string> {
  const app = new Hono()
  app.post('/v1/chat/completions', async (c) => {
    const { messages }: { messages: { content: string }[] } = await c.req.json()
    const prompt = messages.map(({ content }) => ({
      role: 'user' as const,
      content: [{ type: 'text' as const, text: content }],
    }))
    const { content, usage } = await asked.doGenerate({ prompt })
    const [first] = content
    const text = first?.type === 'text' ? first.text : ''
    return c.json({ choices: [{ index: 0, message: { role: 'assistant', content: text } }], usage })
  })
  const server = createAdaptorServer({ fetch: app.fetch })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

async function serveLockstep(asked: LanguageModelV4): Promise<string> {
  const spec: WorkflowSpec = {
    workflow: 'ask',
    model: 'zero/model',
    steps: [{ prompt: 'Which order?', tools: ['request_input'] }],
  }
  const loaded = await loadWorkflow(spec)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  const server = createServer({
    workflows: [loaded.workflow],
    store: mode === 'stored' ? sqliteStore(join(folder, 'runs.db')) : null,
    mind: aiSdkMind({ model: asked, mode: 'generate' }),
    model: 'zero/model',
    log: createLog({ level: 'silent' }),
  })
  return (await server.listen({ port: 0 })).url
}
