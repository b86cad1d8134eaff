import { expect, test } from 'vitest'
import { readTools } from './client-tool.ts'
import { runCalls, type CallProgress, type RunCallsOptions } from './run-calls.ts'

function options(tools: unknown, more: Partial<RunCallsOptions> = {}): RunCallsOptions {
  return {
    tools: readTools(tools).byName,
    concurrency: 8,
    signal: undefined,
    onProgress: () => {},
    ...more,
  }
}

const call = (id: string, name: string, args = {}) => ({ id, name, args })

test('results stand in the order of the calls, whichever is done first', async () => {
  const first = Promise.withResolvers<string>()
  const tools = {
    slow: { execute: () => first.promise },
    fast: { execute: () => first.resolve('s') },
  }
  const results = await runCalls([call('1', 'slow'), call('2', 'fast')], options(tools))
  expect(results).toEqual([
    { call: '1', ok: true, result: 's' },
    { call: '2', ok: true, result: null },
  ])
})

test('no more run at once than are allowed', async () => {
  let now = 0
  let most = 0
  const tools = {
    f: {
      execute: async () => {
        now += 1
        most = Math.max(most, now)
        await new Promise((resolve) => setImmediate(resolve))
        now -= 1
      },
    },
  }
  const calls = Array.from({ length: 9 }, (_, index) => call(String(index), 'f'))
  const results = await runCalls(calls, options(tools, { concurrency: 3 }))
  expect([most, results.length]).toEqual([3, 9])
})

test('whatever goes wrong is an error result that says so, and the others still run', async () => {
  const ran: string[] = []
  const tools = {
    throws: {
      execute: () => {
        throw new Error('the CRM is down')
      },
    },
    big: { execute: () => 10n },
    typed: { parameters: { type: 'object', required: ['id'] }, execute: () => ran.push('typed') },
    fine: { execute: () => ran.push('fine') },
  }
  const results = await runCalls(
    [
      call('1', 'throws'),
      call('2', 'big'),
      call('3', 'typed'),
      call('4', 'constructor'),
      { id: '5', name: 'fine', args: null },
      call('6', 'fine'),
    ],
    options(tools),
  )
  expect(results.map((each) => (each.ok ? each.result : each.message))).toEqual([
    'throws failed: the CRM is down',
    expect.stringContaining('big failed: '),
    'the arguments of typed do not fit: id is missing',
    'there is no tool constructor; tools here: throws, big, typed, fine',
    'the arguments of fine are no JSON object',
    1,
  ])
  expect(ran).toEqual(['fine'])
})

test('progress has each call’s beginning and end', async () => {
  const told: CallProgress[] = []
  const tools = { f: { execute: () => 7 }, g: { execute: () => Promise.reject(new Error('no')) } }
  await runCalls(
    [call('1', 'f', { x: 1 }), call('2', 'g')],
    options(tools, { concurrency: 1, onProgress: (progress) => told.push(progress) }),
  )
  expect(told).toEqual([
    { type: 'tool.started', call: '1', tool: 'f', args: { x: 1 } },
    { type: 'tool.returned', call: '1', tool: 'f', result: 7 },
    { type: 'tool.started', call: '2', tool: 'g', args: {} },
    { type: 'tool.failed', call: '2', tool: 'g', message: 'g failed: no' },
  ])
})

test('an abort is heard at once, by tools and by who waits; nothing more begins', async () => {
  const stop = new AbortController()
  const seen: unknown[] = []
  const tools = {
    hangs: {
      execute: (_: unknown, { signal, callId }: { signal: AbortSignal; callId: string }) => {
        signal.addEventListener('abort', () => seen.push([callId, signal.reason]))
        stop.abort('enough')
        return new Promise(() => {})
      },
    },
    later: { execute: () => seen.push('later') },
  }
  const work = runCalls(
    [call('1', 'hangs'), call('2', 'later')],
    options(tools, { signal: stop.signal, concurrency: 1 }),
  )
  await expect(work).rejects.toMatchObject({ code: 'aborted', cause: 'enough' })
  expect(seen).toEqual([['1', 'enough']])
})
