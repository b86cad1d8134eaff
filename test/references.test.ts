import { describe, expect, it } from 'vitest'
import { createRuntime } from '../src/index.ts'
import type { Event, Mind, MindRequest, RunRecord, WorkflowSpec } from '../src/index.ts'
import type { Json, JsonObject } from '../src/core/spec/json.ts'
import { memoryArtifacts } from '../src/store/artifact/memory-artifacts.ts'
import type { ArtifactStore } from '../src/store/artifact/artifact-store.ts'
import { parseScript, scriptedMind } from '../src/testing.ts'
import type { GateCheck } from '../src/tool/check.ts'

/*
 * References from the planner's call to what the tool, the check, the composer and the store are
 * handed (S4.33).
 */

interface Ran {
  readonly record: RunRecord
  readonly events: readonly Event[]
  /** With what the tools ran, in order. */
  readonly sent: readonly Json[]
  readonly asked: readonly MindRequest[]
  readonly artifacts: ArtifactStore
}

interface Outside {
  readonly check?: GateCheck
  readonly now?: () => number
  readonly input?: JsonObject
}

const SEND: JsonObject = {
  type: 'object',
  properties: { body: { type: 'string', maxLength: 60 }, to: { type: 'string' } },
}

/** Runs a workflow with a script; `look` and `send` are its tools. */
async function run(
  spec: WorkflowSpec,
  script: readonly unknown[],
  outside: Outside = {},
): Promise<Ran> {
  const parsed = parseScript(script)
  if (!parsed.ok) throw new Error('the script is wrong')
  const sent: Json[] = []
  const asked: MindRequest[] = []
  const inner = scriptedMind(parsed.script)
  const mind: Mind = {
    answer: (request, context) => {
      asked.push(request)
      return inner.answer(request, context)
    },
  }
  const artifacts = memoryArtifacts()
  const { check, now, input = {} } = outside
  const runtime = createRuntime({
    mind,
    artifacts,
    ...(now === undefined ? {} : { clock: { now, sleep: () => Promise.resolve() } }),
    ...(check === undefined ? {} : { checks: { held: check } }),
    tools: {
      look: {
        about: 'Look.',
        input: { type: 'object' },
        effect: 'read',
        execute: () => ({ id: 'A1', bait: 'ref:artifact/letter@1' }),
      },
      send: {
        about: 'Send.',
        input: SEND,
        effect: 'write',
        execute: (args: Json) => {
          sent.push(args)
          return { sent: true }
        },
      },
    },
  })
  const started = await runtime.start(spec, { input })
  const events: Event[] = []
  for await (const event of started.events()) events.push(event)
  return { record: await started.done, events, sent, asked, artifacts }
}

const TEXT = 'Dear Ms Grey, thank you for your order.'
const write = { call: 'artifact_create', args: { name: 'letter', content: TEXT } }
const look = { call: 'look', args: {} }
const end = { text: 'done' }
const desk: WorkflowSpec = {
  workflow: 'desk',
  artifacts: { letter: {}, copy: {} },
  steps: [{ prompt: 'Work.', tools: ['look', 'send', 'artifact_create', 'store_artifact'] }],
}

function errors({ record }: Ran): readonly (string | undefined)[] {
  return record.steps.flatMap((step) => step.tool_calls.map(({ error }) => error?.message))
}

describe('a tool', () => {
  it('is sent what a reference stands for, and the content of an artifact', async () => {
    const args = { body: 'ref:artifact/letter', to: 'ref:tool/look:/id' }
    const ran = await run(desk, [write, look, { call: 'send', args }, end])
    expect(ran.sent).toEqual([{ body: TEXT, to: 'A1' }])
    const call = ran.record.steps[0]?.tool_calls[2]
    expect(call).toMatchObject({ args: { body: 'ref:artifact/letter@1', to: 'A1' } })
  })

  it('has its content in no event but the one in which it was written', async () => {
    const ran = await run(desk, [
      write,
      { call: 'send', args: { body: 'ref:artifact/letter' } },
      end,
    ])
    expect(ran.sent).toEqual([{ body: TEXT }])
    const holding = ran.events.filter((event) => JSON.stringify(event).includes('Ms Grey'))
    expect(holding.map(({ type }) => type)).toEqual(['model.answered'])
  })

  it('is sent no artifact that only a result names (Law 16)', async () => {
    const args = { body: 'ref:tool/look:/bait' }
    const ran = await run(desk, [write, look, { call: 'send', args }, end])
    expect(ran.sent).toEqual([{ body: 'ref:artifact/letter@1' }])
  })

  it('is asked again whether the content fits, and does not run where it does not', async () => {
    const long = { call: 'artifact_create', args: { name: 'letter', content: TEXT.repeat(2) } }
    const ran = await run(desk, [
      long,
      { call: 'send', args: { body: 'ref:artifact/letter' } },
      end,
    ])
    expect(ran.sent).toEqual([])
    expect(errors(ran)[1]).toContain('bad arguments for send')
  })

  it.each([
    { what: 'before its call is judged', on: 'look', refused: true, says: 'published: none' },
    { what: 'after it', on: 'send', refused: false, says: 'not kept any more' },
  ])('does not run with an artifact that expires $what', async ({ on, refused, says }) => {
    let time = 1_000_000
    const check: GateCheck = () => {
      time += 100_000
      return true
    }
    const spec: WorkflowSpec = {
      ...desk,
      artifacts: { letter: { ttl: 60 } },
      gates: { held: { on, check: {} } },
    }
    const script = [write, look, { call: 'send', args: { body: 'ref:artifact/letter' } }, end]
    const ran = await run(spec, script, { now: () => time, check })
    expect(ran.sent).toEqual([])
    expect(ran.record.steps[0]?.tool_calls[2]?.verdict).toBe(refused ? 'refuse' : 'allow')
    expect(errors(ran)[2]).toContain(says)
  })

  it('of the caller is asked for with the reference', async () => {
    const spec: WorkflowSpec = {
      ...desk,
      tools: { post: { client: true, about: 'Post.', input: { type: 'object' }, effect: 'write' } },
      steps: [{ prompt: 'Work.', tools: ['artifact_create', 'look', 'post'] }],
    }
    const args = { body: 'ref:artifact/letter', to: 'ref:tool/look:/id' }
    const ran = await run(spec, [write, look, { call: 'post', args }])
    expect(ran.record).toMatchObject({
      reason: 'needs_client',
      pending: [{ args: { body: 'ref:artifact/letter@1', to: 'A1' } }],
    })
  })
})

describe('the function of a gate', () => {
  it('reads the content that will be sent', async () => {
    const seen: unknown[] = []
    const check: GateCheck = ({ args }) => {
      seen.push(args)
      return false
    }
    const spec: WorkflowSpec = { ...desk, gates: { held: { on: 'send', check: {} } } }
    const script = [write, { call: 'send', args: { body: 'ref:artifact/letter' } }, end]
    const ran = await run(spec, script, { check })
    expect(seen).toEqual([{ body: TEXT }])
    expect(ran.sent).toEqual([])
  })
})

describe('an artifact', () => {
  it('is composed from what the planner hands on by reference', async () => {
    const spec: WorkflowSpec = {
      ...desk,
      artifacts: { letter: {}, copy: { compose: { prompt: 'Rewrite it.', inputs: {} } } },
    }
    const inputs = ['ref:artifact/letter', 'ref:tool/look:/id', 'ref:slot/name']
    const slots = { name: { type: 'text', question: 'Who?' } } as const
    const ran = await run(
      { ...spec, slots },
      [
        write,
        look,
        { call: 'store_artifact', args: { name: 'copy', inputs } },
        { text: 'A shorter letter.' },
        end,
      ],
      { input: { name: 'Ana' } },
    )
    const composer = ran.asked.find(({ role }) => role === 'composer')
    const said = JSON.stringify(composer?.messages)
    for (const part of [TEXT, 'A1', 'Ana']) expect(said).toContain(part)
    expect(ran.record.reason).toBe('completed')
  })

  it('that is copied by reference passes its own gate with its content', async () => {
    const spec: WorkflowSpec = { ...desk, artifacts: { copy: { rules: { min_chars: 30 } } } }
    const copy = (content: string): unknown => ({
      call: 'store_artifact',
      args: { name: 'copy', content },
    })
    const short = { call: 'artifact_create', args: { name: 'memo', content: 'A memo.' } }
    const ran = await run(spec, [
      write,
      short,
      copy('ref:artifact/memo'),
      copy('ref:artifact/letter'),
      end,
    ])
    const stored = ran.events.filter((event) => event.type === 'artifact.stored')
    const copies = stored.filter(({ artifact }) => artifact === 'copy')
    expect(copies.map(({ chars }) => chars)).toEqual([TEXT.length])
    const rejected = ran.events.filter((event) => event.type === 'artifact.rejected')
    expect(rejected).toMatchObject([{ artifact: 'copy', reason: 'directive' }])
    expect(await ran.artifacts.read(copies[0]?.digest ?? '', { now: 0 })).toBe(TEXT)
  })
})

describe('a sub-run', () => {
  const below: WorkflowSpec = {
    workflow: 'below',
    steps: [{ prompt: 'Send it.', tools: ['send', 'artifact_create'] }],
  }
  const above = (ref: string): Promise<Ran> =>
    run(
      {
        workflow: 'above',
        steps: [
          { name: 'write', prompt: 'Write.', tools: ['artifact_create'] },
          { name: 'send', each: '$.input.items', run: below },
        ],
      },
      [write, end, { call: 'send', args: { body: ref } }, end],
      { input: { items: [1] } },
    )

  it('may hand on what the run that it belongs to has written', async () => {
    expect((await above('ref:artifact/letter')).sent).toEqual([{ body: TEXT }])
  })

  it('knows no results but its own', async () => {
    const ran = await above('ref:tool/artifact_create')
    expect(ran.sent).toEqual([])
    expect(ran.record.ledger.at(-1)).toMatchObject({ gate: 'reference', verdict: 'refuse' })
  })
})

describe('a secret', () => {
  it('is handed on by reference without being seen, and only where one is expected (Law 17)', async () => {
    const secret = 'sk-live-0123456789'
    const token: JsonObject = { type: 'string', secret: true }
    const sent: Json[] = []
    const parsed = parseScript([
      { call: 'open', args: {} },
      { call: 'use', args: { token: 'ref:tool/open:/token', note: 'ref:tool/open:/token' } },
      end,
    ])
    if (!parsed.ok) throw new Error('the script is wrong')
    const runtime = createRuntime({
      mind: scriptedMind(parsed.script),
      secretKey: new Uint8Array(32).fill(7),
      tools: {
        open: {
          about: 'Open.',
          input: { type: 'object' },
          output: { type: 'object', properties: { token } },
          effect: 'read',
          execute: () => ({ token: secret }),
        },
        use: {
          about: 'Use.',
          input: { type: 'object', properties: { token, note: { type: 'string' } } },
          effect: 'write',
          execute: (args: Json) => {
            sent.push(args)
            return 'used'
          },
        },
      },
    })
    const run = await runtime.start(
      { workflow: 'vault', steps: [{ prompt: 'Go.', tools: ['open', 'use'] }] },
      { input: {} },
    )
    const events: Event[] = []
    for await (const event of run.events()) events.push(event)
    expect((await run.done).reason).toBe('completed')
    expect(JSON.stringify(events)).not.toContain(secret)
    expect(sent).toMatchObject([{ token: secret, note: expect.stringMatching(/^secret:/) }])
  })
})
