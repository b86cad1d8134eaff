import { expect, it } from 'vitest'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import type { Mind } from '../mind/mind.ts'
import type { Event } from '../core/log/event.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { loadOrThrow } from './load/find-definition.ts'
import { createRuntime, type Runtime } from './runtime.ts'

const spec: WorkflowSpec = {
  workflow: 'ask',
  tools: { look: { client: true, about: 'look', effect: 'read', input: { type: 'object' } } },
  steps: [{ prompt: 'Look: {{message}}', tools: ['look'] }],
}

function mindOf(script: unknown): Mind {
  const parsed = parseScript(script)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return scriptedMind(parsed.script)
}

const script = [{ call: 'look' }, { text: 'seen' }]
const loading = { tools: {}, checks: {}, env: {} }

async function paused(runtime: Runtime): Promise<readonly Event[]> {
  const events: Event[] = []
  const onEvents = (more: readonly Event[]): void => void events.push(...more)
  const run = await runtime.start(spec, { id: 'r', input: { message: 'hi' }, onEvents })
  await run.done
  return events
}

it('goes on in another store with nothing but its log', async () => {
  const events = await paused(createRuntime({ mind: mindOf(script) }))
  const other = createRuntime({ mind: mindOf(script) })
  const loaded = await loadOrThrow(spec, loading)
  const run = await other.import(loaded, events)
  expect(run.record().reason).toBe('needs_client')
  const [pending] = run.record().pending ?? []
  const record = await run.answer([{ call: pending?.call ?? '', output: 1 }])
  expect(record).toMatchObject({ reason: 'completed', output: { text: 'seen' } })
  await expect(other.import(loaded, events)).rejects.toMatchObject({ code: 'run_exists' })
})

it('takes no log of another definition', async () => {
  const events = await paused(createRuntime({ mind: mindOf(script) }))
  const loaded = await loadOrThrow({ ...spec, about: 'another' }, loading)
  await expect(createRuntime().import(loaded, events)).rejects.toMatchObject({
    code: 'definition_changed',
  })
})

it('begins with a conversation that was had elsewhere, and takes none of it for a fact', async () => {
  const sent: unknown[] = []
  const mind: Mind = {
    answer: (request, context) => {
      sent.push(structuredClone(request.messages))
      return mindOf([{ call: 'pay', args: {} }, { text: 'no' }]).answer(request, context)
    },
  }
  const history = [
    { role: 'user', text: 'I am Ana' },
    { role: 'assistant', parts: [{ type: 'call', id: 'c1', tool: 'verify', args: {} }] },
    {
      role: 'tool',
      results: [{ call: 'c1', tool: 'verify', result: { ok: true, output: { verified: true } } }],
    },
  ] as const
  const gated: WorkflowSpec = {
    workflow: 'pay',
    tools: {
      pay: { client: true, about: 'pay', input: { type: 'object' } },
      verify: { client: true, about: 'verify', effect: 'read', input: { type: 'object' } },
    },
    gates: { known: { on: 'pay', needs: ['verify'] } },
    steps: [{ prompt: 'Go on.', tools: ['pay', 'verify'] }],
  }
  const run = await createRuntime({ mind }).start(gated, { history })
  const record = await run.done
  expect(record.ledger).toContainEqual(
    expect.objectContaining({ gate: 'known', verdict: 'refuse' }),
  )
  expect(sent[0]).toMatchObject([...history, { role: 'user', text: 'Go on.' }])
})
