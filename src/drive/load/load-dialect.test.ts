import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { pathText } from '../../core/spec/issue.ts'
import type { Json } from '../../core/spec/json.ts'
import { parseScript } from '../../mind/script.ts'
import { scriptedMind } from '../../mind/scripted.ts'
import { memoryStore } from '../../store/memory.ts'
import { loadWorkflowFile } from './load-workflow.ts'
import type { Loaded, LoadedWorkflow, LoadOptions } from './loaded-workflow.ts'
import { createRuntime } from '../runtime.ts'

const root = mkdtempSync(join(tmpdir(), 'load-dialect-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Writes files into a folder of their own and loads the first. */
async function load(
  name: string,
  files: Readonly<Record<string, string>>,
  options: LoadOptions = {},
): Promise<Loaded> {
  mkdirSync(join(root, name), { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(root, name, file), text)
  return loadWorkflowFile(join(root, name, Object.keys(files)[0] ?? ''), options)
}

async function workflowOf(loading: Promise<Loaded>): Promise<LoadedWorkflow> {
  const loaded = await loading
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  return loaded.workflow
}

/** Issues as `file:line:column path: message`. */
function tell(loaded: Loaded): readonly string[] {
  return (loaded.ok ? loaded.workflow.warnings : loaded.issues).map((issue) => {
    const { file = '', place, path, message } = issue
    return `${basename(file)}:${place?.line}:${place?.column} ${pathText(path)}: ${message}`
  })
}

const tool = { about: 'A tool', input: { type: 'object' }, execute: (): Json => ({ ok: true }) }

const AGENT = `{
  "first_step_name": "plan",
  "steps": {
    "plan": {
      "instructions": [{ "type": "inline", "template": "Plan on $currentDate." }],
      "allowed_tools": ["search"],
      "next_steps": [{ "step_name": "execute", "condition": "get('$.agent.metadata.go') == true" }, { "step_name": "halt" }]
    },
    "execute": {
      "instructions": [{ "type": "inline", "template": "Do it." }],
      "allowed_tools": ["write_file"]
    },
    "halt": { "instructions": [{ "template": "Say no." }], "allowed_tools": [] }
  },
  "metadata": { "go": true }
}`
const TOOLS = `const tool = { about: 'A tool', input: { type: 'object' }, effect: 'read', execute: () => ({ found: 1 }) }
export const search = tool
export default { write_file: { ...tool, effect: 'write' }, other: tool }
export const limit = 5
`

describe('a file in a dialect', () => {
  test('is a workflow like any other, named after its file, with the tools beside it', async () => {
    const workflow = await workflowOf(load('beside', { 'my plan.json': AGENT, 'tools.ts': TOOLS }))
    const { plan, runners, warnings } = workflow
    expect(plan.name).toBe('my-plan')
    expect(warnings).toEqual([])
    expect([...runners.keys()].toSorted()).toEqual(['search', 'write_file'])
    expect(plan.tools.get('search')).toMatchObject({ kind: 'server', effect: 'read' })
    expect(Object.keys(plan.modules)).toEqual(['./tools.ts'])
  })

  test('is named after its folder where its own name says nothing', async () => {
    const workflow = await workflowOf(load('04-support', { 'workflow.json': AGENT }))
    expect(workflow.plan.name).toBe('support')
  })

  test('takes tools given in code before those beside it', async () => {
    const tools = { search: { ...tool, about: 'From code' } }
    const files = { 'a.json': AGENT, 'tools.ts': TOOLS }
    const { plan } = await workflowOf(load('code', files, { tools }))
    expect(plan.tools.get('search')?.about).toBe('From code')
    expect(plan.spec.tools).toEqual({ write_file: { module: './tools.ts' } })
  })

  test('may be YAML', async () => {
    const yaml =
      'first_step_name: a\nsteps:\n  a:\n    instructions: [{ template: "Hi {{you}}" }]\n    allowed_tools: []\n'
    const { plan } = await workflowOf(load('yaml', { 'a.yaml': yaml }))
    expect(plan.steps.get('a')?.prompt.render([{}])).toEqual({ ok: true, text: 'Hi {{you}}' })
  })

  test('runs another one as its sub-agent', async () => {
    const files = {
      'main.json':
        '{ "first_step": { "instructions": [{ "template": "Ask." }] },\n "tool_configurations": { "expert": { "type": "sub_agent", "agent_key": "wise" } } }',
      'wise.json': '{ "first_step": { "instructions": [{ "template": "Know." }] } }',
    }
    const { plan } = await workflowOf(load('sub', files))
    expect(plan.tools.get('expert')).toMatchObject({ kind: 'workflow' })
    expect([...plan.workflows.keys()]).toEqual(['./wise.json'])
  })
})

describe('what is wrong in it stands where its author wrote it', () => {
  test.each([
    [
      '"condition": "get(\'$.agent.metadata.go\')',
      '"condition": "gett()',
      /^a\.json:7:\d+ steps\.plan\.next_steps\[0\]\.condition: unknown function gett/,
    ],
    [
      '"step_name": "execute"',
      '"step_name": "exec"',
      /^a\.json:7:\d+ steps\.plan\.next_steps\[0\]\.step_name: there is no step `exec`/,
    ],
    [
      '"first_step_name": "plan"',
      '"first_step_name": "pan"',
      /^a\.json:2:\d+ first_step_name: there is no step `pan`; did you mean plan/,
    ],
    [
      '$currentDate',
      '$currentDat',
      /^a\.json:5:\d+ steps\.plan\.instructions\[0\]\.template: .*did you mean \$currentDate/,
    ],
    [
      '$.agent.metadata.go',
      '$.currentDate',
      /^a\.json:7:\d+ steps\.plan\.next_steps\[0\]\.condition: .*unknown `\$\.currentDate`/,
    ],
    [
      '"allowed_tools": ["write_file"]',
      '"allowed_tools": ["write_file"], "reentry_step": "x"',
      /^a\.json:11:\d+ steps\.execute\.reentry_step: there is no step `x`/,
    ],
  ])('%s as %s', async (from, to, expected) => {
    const text = AGENT.replace(from, to)
    expect(text).not.toBe(AGENT)
    const loaded = await load('wrong', { 'a.json': text, 'tools.ts': TOOLS })
    expect(loaded.ok).toBe(false)
    expect(tell(loaded)).toEqual([expect.stringMatching(expected)])
  })

  test('warnings too, and a tool that nobody executes', async () => {
    const loaded = await load('warned', {
      'a.json': AGENT,
      'tools.ts': TOOLS.replace('search', 'find'),
    })
    expect(loaded.ok).toBe(true)
    expect(tell(loaded)).toEqual([
      expect.stringMatching(
        /^a\.json:6:\d+ steps\.plan\.allowed_tools\[0\]: nothing executes `search`/,
      ),
    ])
  })

  test('a tools.ts that cannot be imported', async () => {
    const loaded = await load('broken', {
      'a.json': AGENT,
      'tools.ts': 'throw new Error("no key")',
    })
    expect(tell(loaded)).toEqual([
      expect.stringContaining('tools.ts beside this file fails when it is imported: no key'),
    ])
  })
})

test('a run of it goes its way: scope holds, metadata routes, the day is told', async () => {
  const workflow = await workflowOf(load('run', { 'a.json': AGENT, 'tools.ts': TOOLS }))
  const script = parseScript([
    { call: 'write_file', args: {} },
    { call: 'search', args: {} },
    { text: 'planned' },
    { call: 'write_file', args: {} },
    { text: 'done' },
  ])
  if (!script.ok) throw new Error('bad script')
  const clock = { now: () => Date.UTC(2026, 10, 21, 23, 59), sleep: () => Promise.resolve() }
  const runtime = createRuntime({ store: memoryStore(), mind: scriptedMind(script.script), clock })
  const run = await runtime.start(workflow, { input: { message: 'Go.' } })
  const record = await run.done
  expect(record.reason).toBe('completed')
  expect(record.steps.map(({ name }) => name)).toEqual(['plan', 'execute'])
  const calls = record.steps.flatMap(({ tool_calls: all }) => all)
  expect(calls.map(({ name, verdict }) => [name, verdict])).toEqual([
    ['write_file', 'refuse'],
    ['search', 'allow'],
    ['write_file', 'allow'],
  ])
  const prompts: unknown[] = []
  for await (const event of run.events()) {
    if (event.type === 'step.entered') prompts.push(event.prompt)
  }
  expect(prompts).toEqual(['Plan on 2026-11-21.', 'Do it.'])
  await runtime.close()
})
