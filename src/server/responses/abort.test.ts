import { once } from 'node:events'
import { serve } from '@hono/node-server'
import { expect, it } from 'vitest'
import type { Mind } from '../../mind/mind.ts'
import { memoryStore } from '../../store/memory.ts'
import { givenServer } from './given-responses.ts'

/** Says when it was asked, and answers nothing until it is told to stop. */
function waitingMind(): { readonly mind: Mind; readonly asked: Promise<void> } {
  const asked = Promise.withResolvers<void>()
  const mind: Mind = {
    answer: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')))
        asked.resolve()
      }),
  }
  return { mind, asked: asked.promise }
}

it.each([false, true])('a client that goes away parks its run; streaming: %s', async (stream) => {
  const { mind, asked } = waitingMind()
  const store = memoryStore()
  const { app } = givenServer({ script: mind, store })
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const gone = new AbortController()
  const answer = fetch(`http://127.0.0.1:${port}/v1/responses`, {
    method: 'POST',
    body: JSON.stringify({ input: 'go', stream }),
    signal: gone.signal,
  })
  const ended = answer.then((response) => response.text()).catch((error: unknown) => error)
  await asked
  gone.abort()
  expect(await ended).toMatchObject({ name: 'AbortError' })
  const [row] = await store.list({ limit: 1 })
  const run = row?.run ?? ''
  for (;;) {
    // The run's driver lets go of it once it is parked.
    const lease = await store.tryAcquire(run)
    if (lease !== null) break
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await store.find(run)).toMatchObject({ reason: null })
  server.close()
})
