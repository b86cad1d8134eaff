import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { pathText } from '../../core/spec/issue.ts'
import { scriptedMind } from '../../mind/scripted.ts'
import { parseScript } from '../../mind/script.ts'
import { memoryStore } from '../../store/memory.ts'
import { loadWorkflow, loadWorkflowFile } from './load-workflow.ts'
import type { Loaded, LoadedWorkflow } from './loaded-workflow.ts'
import { createRuntime } from '../runtime.ts'

const folder = mkdtempSync(join(tmpdir(), 'load-workflows-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return join(folder, Object.keys(files)[0] ?? '')
}

async function loadFiles(files: Readonly<Record<string, string>>): Promise<Loaded> {
  return loadWorkflowFile(write(files))
}

async function workflowOf(loaded: Promise<Loaded>): Promise<LoadedWorkflow> {
  const { ok, ...rest } = await loaded
  if (!ok || !('workflow' in rest)) throw new Error(JSON.stringify(rest))
  return rest.workflow
}

/** Issues as `file:line:column path: message`, with the file's own name. */
function tell(loaded: Loaded): readonly string[] {
  return (loaded.ok ? loaded.workflow.warnings : loaded.issues).map((issue) => {
    const { file = '', place, path, message } = issue
    const name = relative(folder, file)
    return `${name}:${place?.line}:${place?.column} ${pathText(path)}: ${message}`
  })
}

const main = 'workflow: main\nsteps:\n  look: { each: [a, b], run: ./sub.yaml }\n'
const sub = 'workflow: sub\nsteps:\n  find: { prompt: "Find {{item}}" }\n'

describe('the workflows that a workflow runs', () => {
  test('are found from its file, in steps and tools, and in place', async () => {
    const workflow = await workflowOf(
      loadFiles({
        'main.yaml': `${main}  ask: { prompt: hi, tools: [audit] }\ntools:\n  audit: { workflow: { workflow: audit, steps: { a: { prompt: hi } } } }\n`,
        'sub.yaml': sub,
      }),
    )
    expect([...workflow.plan.workflows].map(([key, plan]) => [key, plan.name])).toEqual([
      ['tools.audit.workflow', 'audit'],
      ['./sub.yaml', 'sub'],
    ])
    expect(workflow.workflows.get('./sub.yaml')?.source).toBe(join(folder, 'sub.yaml'))
  })

  test('a change in one is a change of the digest', async () => {
    const before = await workflowOf(loadFiles({ 'main.yaml': main, 'sub.yaml': sub }))
    const after = await workflowOf(
      loadFiles({ 'main.yaml': main, 'sub.yaml': sub.replace('Find', 'Look for') }),
    )
    expect(after.plan.digest).not.toBe(before.plan.digest)
  })

  test('what is wrong in one names its own file, line and column', async () => {
    const broken = sub.replace('prompt:', 'promt:')
    const loaded = await loadFiles({ 'main.yaml': main, 'sub.yaml': broken })
    expect(tell(loaded)).toEqual([
      expect.stringMatching(/^sub\.yaml:3:\d+ steps\.find\.promt: .*did you mean prompt/),
    ])
  })

  test('what is wrong in one in place is placed in the file', async () => {
    const loaded = await loadFiles({
      'main.yaml':
        'workflow: main\nsteps:\n  look:\n    each: [a]\n    run: { workflow: sub, steps: { a: { prompt: hi, tools: [nope] } } }\n',
    })
    expect(tell(loaded)).toEqual([
      expect.stringMatching(/^main\.yaml:5:\d+ steps\.look\.run\.steps\.a\.tools.*no tool `nope`/),
    ])
  })

  test('one that is not there is an error where it is named', async () => {
    rmSync(join(folder, 'sub.yaml'), { force: true })
    const loaded = await loadFiles({ 'main.yaml': main })
    expect(tell(loaded)).toEqual([
      expect.stringMatching(/^main\.yaml:3:\d+ steps\.look\.run: there is no file \.\/sub\.yaml/),
    ])
  })

  test('a circle is an error that names all of it', async () => {
    const loaded = await loadFiles({
      'main.yaml': main,
      'sub.yaml': 'workflow: sub\nsteps:\n  back: { each: [a], run: ./main.yaml }\n',
    })
    expect(tell(loaded)).toEqual([
      expect.stringMatching(
        /^sub\.yaml:3:\d+ steps\.back\.run: a workflow cannot run itself: .*main\.yaml → .*sub\.yaml → .*main\.yaml$/,
      ),
    ])
  })

  test('a run goes on with what it began with, whatever became of the files', async () => {
    const asks = 'workflow: sub\nsteps:\n  find: { prompt: "{{item}}?", tools: [request_input] }\n'
    const file = write({ 'main.yaml': main, 'sub.yaml': asks })
    const parsed = parseScript([
      { call: 'request_input', args: { question: 'Which?' }, when: { item: 0 } },
      { text: 'a is fine', when: { item: 0 } },
      { text: 'b is fine', when: { item: 1 } },
    ])
    if (!parsed.ok) throw new Error('script')
    const store = memoryStore()
    const options = { store, mind: scriptedMind(parsed.script) }
    const started = await createRuntime(options).start(await workflowOf(loadWorkflowFile(file)))
    expect(await started.done).toMatchObject({
      reason: 'needs_input',
      pending: [{ branch: 'look#1/0', question: 'Which?' }],
    })
    writeFileSync(join(folder, 'sub.yaml'), sub)
    rmSync(join(folder, 'main.yaml'))
    const opened = await createRuntime({ ...options, mind: scriptedMind(parsed.script) }).open(
      started.id,
    )
    expect(await opened.send('the first')).toMatchObject({
      reason: 'completed',
      output: ['a is fine', 'b is fine'],
    })
    expect(readFileSync(join(folder, 'sub.yaml'), 'utf8')).toBe(sub)
  })

  test('what needs a person in one waits for the run, and an answer finds it', async () => {
    const spec = {
      workflow: 'main',
      steps: {
        look: {
          each: ['a', 'b'],
          run: {
            workflow: 'sub',
            tools: { crm: { client: true as const, effect: 'read' as const } },
            steps: { find: { prompt: 'Find {{item}}.', tools: ['crm'] } },
          },
        },
      },
    }
    const parsed = parseScript([
      { call: 'crm', when: { item: 0 } },
      { text: 'a is fine', when: { item: 0 } },
      { call: 'crm', when: { item: 1 } },
      { text: 'b is fine', when: { item: 1 } },
    ])
    if (!parsed.ok) throw new Error('script')
    const run = await createRuntime({ mind: scriptedMind(parsed.script) }).start(
      await workflowOf(loadWorkflow(spec)),
    )
    const { pending = [] } = await run.done
    expect(pending.map(({ branch }) => branch)).toEqual(['look#1/0', 'look#1/1'])
    const answer = (index: number): { call: string; output: string } => ({
      call: pending[index]?.call ?? '',
      output: 'x',
    })
    expect(await run.answer([answer(1)])).toMatchObject({
      reason: 'needs_client',
      pending: [{ branch: 'look#1/0' }],
    })
    expect(await run.answer([answer(0)])).toMatchObject({
      reason: 'completed',
      output: ['a is fine', 'b is fine'],
    })
  })
})
