import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Mind, MindRequest } from '../mind/mind.ts'
import type { AnswerPart } from '../core/log/event.ts'
import { memoryStore } from '../store/memory.ts'
import { loadWorkflowFile } from './load/load-workflow.ts'
import type { LoadedWorkflow } from './load/loaded-workflow.ts'
import { createRuntime } from './runtime.ts'

const root = mkdtempSync(join(tmpdir(), 'lockstep-guided-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const VOICE = '---\nid: brand-voice\ntitle: Brand voice\n---\n\nBe brief.'
const REFUNDS = '# Refunds\n\nAsk for the order number.'

let folders = 0

/** A workflow's file with a folder of guidelines beside it. */
function written(yaml: string, guidelines: Readonly<Record<string, string>>): string {
  const folder = join(root, `w${folders++}`)
  mkdirSync(join(folder, 'guidelines'), { recursive: true })
  for (const [name, text] of Object.entries(guidelines)) {
    writeFileSync(join(folder, 'guidelines', `${name}.md`), text)
  }
  writeFileSync(join(folder, 'workflow.yaml'), yaml)
  return join(folder, 'workflow.yaml')
}

async function load(file: string): Promise<LoadedWorkflow> {
  const loaded = await loadWorkflowFile(file)
  if (loaded.ok) return loaded.workflow
  throw new Error(loaded.issues.map(({ message }) => message).join('; '))
}

/** Answers with these messages in turn and keeps what it was sent. */
function saying(
  ...messages: readonly (readonly AnswerPart[])[]
): Mind & { readonly seen: MindRequest[] } {
  const seen: MindRequest[] = []
  return {
    seen,
    answer: (request) => {
      seen.push(request)
      const parts = messages[seen.length - 1] ?? [{ type: 'text', text: 'done' }]
      const finish = parts.some(({ type }) => type === 'call') ? 'tool-calls' : 'stop'
      return Promise.resolve({ parts, finish, usage: { input: 0, output: 0, cached: 0 } })
    },
  }
}

const TWO_STEPS = 'steps: [{ prompt: One. }, { prompt: Two. }]'

describe('guidelines of a run', () => {
  test('enter the system prefix once, the same at every call, and the log says which', async () => {
    const yaml = `workflow: w\ninstructions: You write.\nguidelines: [brand-voice]\n${TWO_STEPS}`
    const loaded = await load(written(yaml, { voice: VOICE, refunds: REFUNDS }))
    const mind = saying()
    const run = await createRuntime({ mind }).start(loaded)
    await run.done
    const [first, second] = mind.seen
    expect(first?.system).toMatch(/^You write\.\n\nGuidelines .*Be brief\.\n<\/guideline>$/s)
    expect(second?.system).toBe(first?.system)
    for await (const event of run.events()) {
      if (event.type !== 'run.started') continue
      expect(event.guidelines).toMatchObject({ ids: ['brand-voice'], demoted: [], budget: 10_000 })
    }
  })

  test('are matched to the message where the workflow names none', async () => {
    const yaml = `workflow: w\nguidelines: { match: strict }\n${TWO_STEPS}`
    const loaded = await load(written(yaml, { voice: VOICE, refunds: REFUNDS }))
    const mind = saying()
    const run = await createRuntime({ mind }).start(loaded, { input: { message: 'My refund?' } })
    await run.done
    expect(mind.seen[0]?.system).toContain('Ask for the order number.')
    expect(mind.seen[0]?.system).not.toContain('Be brief.')
  })

  test('only those that it can come to use are part of its definition', async () => {
    const yaml = `workflow: w\nguidelines: [brand-voice]\n${TWO_STEPS}`
    const digest = async (texts: Readonly<Record<string, string>>): Promise<string> =>
      (await load(written(yaml, texts))).plan.digest
    const before = await digest({ voice: VOICE, refunds: REFUNDS })
    expect(await digest({ voice: VOICE, refunds: 'Edited.' })).toBe(before)
    expect(await digest({ voice: `${VOICE} Be kind.`, refunds: REFUNDS })).not.toBe(before)
  })

  test('an edited guideline does not change a paused run: not its prefix, not what it finds', async () => {
    const yaml = `workflow: w
guidelines: [brand-voice]
steps: [{ prompt: Ask., tools: [request_input] }, { prompt: Look., tools: [smart_guidelines] }]`
    const file = written(yaml, { voice: VOICE, refunds: REFUNDS })
    const store = memoryStore()
    const ask: AnswerPart = {
      type: 'call',
      id: 'q',
      tool: 'request_input',
      args: { question: '?' },
    }
    const started = await createRuntime({ store, mind: saying([ask]) }).start(await load(file))
    expect(await started.done).toMatchObject({ reason: 'needs_input' })
    writeFileSync(join(file, '../guidelines/refunds.md'), '# Refunds\n\nPay at once.')
    writeFileSync(join(file, '../guidelines/voice.md'), '---\nid: brand-voice\n---\nShout.')
    const look: AnswerPart = {
      type: 'call',
      id: 'g',
      tool: 'smart_guidelines',
      args: { query: 'refunds' },
    }
    const mind = saying([{ type: 'text', text: 'I see.' }], [look])
    const run = await createRuntime({ store, mind }).open(started.id)
    const record = await run.send('yes')
    expect(record.reason).toBe('completed')
    expect(mind.seen[0]?.system).toContain('Be brief.')
    expect(record.steps.at(-1)?.tool_calls[0]?.result).toEqual({
      guidelines: [{ id: 'refunds', title: 'Refunds', text: REFUNDS }],
    })
    await expect(load(file)).resolves.toMatchObject({ plan: { name: 'w' } })
    expect((await load(file)).plan.digest).not.toBe(record.digest)
  })

  test('a workflow whose guidelines are wrong does not load; each issue has its place', async () => {
    const broken = written(`workflow: w\nguidelines: [voice]\n${TWO_STEPS}`, {
      voice: '---\npriority: urgent\n---\nx',
    })
    const loaded = await loadWorkflowFile(broken)
    expect(loaded.ok ? [] : loaded.issues).toMatchObject([
      { file: expect.stringContaining('voice.md'), place: { line: 2, column: 1 } },
    ])
    const unknown = written(`workflow: w\nguidelines: [brand]\n${TWO_STEPS}`, { voice: VOICE })
    const named = await loadWorkflowFile(unknown)
    expect(named.ok ? [] : named.issues).toMatchObject([
      { message: 'there is no guideline `brand`; legal: brand-voice', place: { line: 2 } },
    ])
  })
})

describe('the tool smart_guidelines', () => {
  const look = (query: string, id: string): readonly AnswerPart[] => [
    { type: 'call', id, tool: 'smart_guidelines', args: { query } },
  ]

  test('gives each text once: not what the prefix has, nor what it gave before', async () => {
    const yaml = `workflow: w\nguidelines: [brand-voice]\nsteps: [{ prompt: x, tools: [smart_guidelines] }]`
    const loaded = await load(written(yaml, { voice: VOICE, refunds: REFUNDS }))
    const mind = saying(look('brand voice', 'a'), look('a refund', 'b'), look('refunds', 'c'))
    const run = await createRuntime({ mind }).start(loaded)
    const { steps } = await run.done
    expect(steps[0]?.tool_calls.map(({ result }) => result)).toEqual([
      { guidelines: [], you_have_already: ['brand-voice'] },
      { guidelines: [{ id: 'refunds', title: 'Refunds', text: REFUNDS }] },
      { guidelines: [], you_have_already: ['refunds'] },
    ])
  })

  test('without a folder it finds nothing; a tool of the same name takes its place', async () => {
    const spec = { workflow: 'w', steps: [{ prompt: 'x', tools: ['smart_guidelines'] }] }
    const mind = saying(look('refunds', 'a'))
    const runtime = createRuntime({ mind, guidelines: [] })
    const { steps } = await (await runtime.start(spec)).done
    expect(steps[0]?.tool_calls[0]?.result).toEqual({ guidelines: [] })
  })
})

describe('the guidelines of a host', () => {
  const library = [
    { id: 'voice', title: 'Voice', text: '- Be brief.', enforced_by: 'short' },
    { id: 'facts', title: 'Facts', text: 'Only facts.', always: true },
  ]

  test('serve workflows that name no folder; gates that these lack enforce nothing in them', async () => {
    const mind = saying()
    const runtime = createRuntime({ mind, guidelines: library })
    const steps = [{ prompt: 'x' }]
    await (
      await runtime.start({ workflow: 'w', guidelines: ['voice'], steps })
    ).done
    expect(mind.seen[0]?.system).toMatch(/Be brief\..*Only facts\./s)
    const wrong = runtime.start({ workflow: 'w', guidelines: ['vioce'], steps })
    await expect(wrong).rejects.toThrow('there is no guideline `vioce`; did you mean voice?')
    await (
      await runtime.start({ workflow: 'w', steps })
    ).done
    expect(mind.seen[1]?.system).toBeNull()
  })

  test('do not stand in for a folder that a workflow has beside its file', async () => {
    const file = written(`workflow: w\nguidelines: [brand-voice]\n${TWO_STEPS}`, { voice: VOICE })
    const loaded = await loadWorkflowFile(file, { guidelines: library })
    expect(loaded.ok && loaded.workflow.plan.guidelines?.library.map(({ id }) => id)).toEqual([
      'brand-voice',
    ])
  })

  test('a secret of the input is matched by nothing and shown to no model', async () => {
    const mind = saying()
    const runtime = createRuntime({ mind, guidelines: library, secretKey: '0'.repeat(64) })
    const input = { type: 'object', properties: { pin: { type: 'string', secret: true } } }
    const guidelines = { match: 'balanced', mode: 'deep' } as const
    const steps = [{ prompt: 'x' }]
    const run = await runtime.start(
      { workflow: 'w', input, guidelines, steps },
      { input: { pin: 'voice-4711' } },
    )
    await run.done
    expect(mind.seen[0]).toMatchObject({ role: 'guidelines' })
    expect(JSON.stringify(mind.seen)).not.toContain('4711')
  })
})
