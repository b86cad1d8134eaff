import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ToolContext, ToolDefinition } from '../core/spec/define.ts'
import type { ToolSpec } from '../core/spec/spec.ts'
import { loadModuleTools, type LoadedModuleTools } from './module.ts'
import { schemaOf } from './schema-of.ts'

let folder = ''

const ZOD = JSON.stringify(import.meta.resolve('zod'))
const AI = JSON.stringify(import.meta.resolve('ai'))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modules-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function load(
  name: string,
  given: { readonly text?: string; readonly tools: Readonly<Record<string, ToolSpec>> },
): Promise<LoadedModuleTools> {
  if (given.text !== undefined) await writeFile(join(folder, name), given.text)
  return loadModuleTools({ workflow: 'w', steps: [{ prompt: 'p' }], tools: given.tools }, folder)
}

function definitionOf(loaded: LoadedModuleTools, name: string): ToolDefinition<unknown> {
  if (!loaded.ok) throw new Error(loaded.issues.map((issue) => issue.message).join('\n'))
  const definition = loaded.definitions.get(name)
  if (definition === undefined) throw new Error(`no ${name}`)
  return definition
}

async function complaint(text: string, tool: ToolSpec = {}): Promise<string> {
  const name = `m-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.ts`
  const loaded = await load(name, { text, tools: { look: { module: `./${name}`, ...tool } } })
  if (loaded.ok) throw new Error('it was accepted')
  return loaded.issues.map((issue) => issue.message).join('\n')
}

function aiTool(more: string): string {
  return `export const look = { description: 'a', inputSchema: {}, execute() {}, ${more} }`
}

const context: ToolContext = {
  runId: 'run-1',
  callId: 'call-1',
  idempotencyKey: 'key-1',
  attempt: 1,
  signal: new AbortController().signal,
}

test('tools are found by name, by export, and inside default or tools', async () => {
  const text = `
    const make = (value: string) => ({
      about: value, input: { type: 'object' }, effect: 'read', timeout: 5, execute: () => value,
    })
    export const one = make('one')
    export const second = make('two')
    export const tools = { three: make('three') }
    export default { four: make('four') }
  `
  const module = './named.ts'
  const loaded = await load('named.ts', {
    text,
    tools: {
      one: { module },
      two: { module: 'named.ts', export: 'second' },
      three: { module },
      four: { module },
      elsewhere: { client: true },
    },
  })
  expect(definitionOf(loaded, 'one')).toMatchObject({ about: 'one', effect: 'read', timeout: 5 })
  for (const name of ['one', 'two', 'three', 'four']) {
    expect(await definitionOf(loaded, name).execute({}, context)).toBe(name)
  }
  const digest = createHash('sha256').update(text).digest('hex')
  expect(loaded).toMatchObject({ digests: { './named.ts': digest, 'named.ts': digest } })
})

test('a module is imported once however many tools it has', async () => {
  const text = `
    globalThis.lockstepImports = (globalThis.lockstepImports ?? 0) + 1
    const count = globalThis.lockstepImports
    const make = () => ({ about: 'a', input: {}, execute: () => count })
    export const a = make()
    export const b = make()
  `
  const tools = { a: { module: './once.mjs' }, b: { module: 'once.mjs' } }
  const loaded = await load('once.mjs', { text, tools })
  expect(await definitionOf(loaded, 'b').execute({}, context)).toBe(1)
})

test('a zod input keeps its validator, and execute gets the context', async () => {
  const text = `
    import { z } from ${ZOD}
    export const look = {
      about: 'Look', input: z.object({ id: z.string().trim() }),
      execute: (args, context) => [args, context.idempotencyKey],
    }
  `
  const definition = definitionOf(
    await load('zod.ts', { text, tools: { look: { module: './zod.ts' } } }),
    'look',
  )
  expect(schemaOf(definition.input)).toMatchObject({ schema: { required: ['id'] } })
  expect(await definition.execute({ id: 'a' }, context)).toEqual([{ id: 'a' }, 'key-1'])
})

test('an AI SDK tool is a tool as it is', async () => {
  const text = `
    import { tool, jsonSchema } from ${AI}
    import { z } from ${ZOD}
    export const look = tool({
      description: 'Look', inputSchema: z.object({ id: z.string() }),
      execute: async ({ id }, { toolCallId, messages, abortSignal }) =>
        [id, toolCallId, messages.length, abortSignal.aborted],
    })
    export const stream = tool({
      description: 'Stream',
      inputSchema: jsonSchema({ type: 'object' }, { validate: (value) =>
        value.ok ? { success: true, value } : { success: false, error: new Error('not ok') } }),
      async *execute() { yield 'first'; yield 'last' },
    })
  `
  const module = './ai.ts'
  const loaded = await load('ai.ts', { text, tools: { look: { module }, stream: { module } } })
  const look = definitionOf(loaded, 'look')
  expect(look.about).toBe('Look')
  expect(await look.execute({ id: 'a' }, context)).toEqual(['a', 'call-1', 0, false])
  const stream = definitionOf(loaded, 'stream')
  expect(await stream.execute({}, context)).toBe('last')
  const schema = schemaOf(stream.input)
  expect(schema.ok && schema.validate?.({})).toEqual({ ok: false, message: 'not ok' })
})

test('what the module leaves out comes from the workflow', async () => {
  const text = 'export const look = { execute: () => 1 }'
  const tools = { look: { module: './bare.ts', about: 'Look', input: { type: 'object' } } }
  expect(definitionOf(await load('bare.ts', { text, tools }), 'look')).toMatchObject({
    about: 'Look',
    input: { type: 'object' },
  })
})

test('issues name the tool, the file, the exports and what is wrong', async () => {
  expect(await complaint('export const lok = 1; export default { other: 2 }')).toMatch(
    /^tool look: \.\/m-\w+\.ts exports no look; did you mean lok\? Legal: default, lok, other$/,
  )
  expect(await complaint('export const look = () => 1')).toContain('is a function, not a tool')
  expect(await complaint('export const look = { about: "a", input: {} }')).toContain(
    'has no execute',
  )
  expect(await complaint('export const look = { execute() {}, input: {} }')).toContain(
    'has no about',
  )
  expect(await complaint('export const look = { execute() {}, about: "a" }')).toContain(
    'input is missing',
  )
  const misspelt = 'export const look = { execute() {}, about: "a", input: {}, efect: "read" }'
  expect(await complaint(misspelt)).toContain('unknown key efect; did you mean effect?')
  const wrong = 'export const look = { execute() {}, about: "a", input: {}, effect: "maybe" }'
  expect(await complaint(wrong)).toMatch(/look of .* effect: .*"read"\|"write"/)
})

test('an AI SDK tool that asks for what is not given here is refused, not weakened', async () => {
  expect(await complaint(aiTool('needsApproval: true'))).toContain('write a gate')
  expect(await complaint(aiTool('contextSchema: {}'))).toContain('contextSchema')
  expect(await complaint(aiTool('toModelOutput() {}'))).toContain('toModelOutput')
  expect(await complaint(aiTool("type: 'provider'"))).toContain('executed by its provider')
})

test('a module that throws, or is not there, gives its message', async () => {
  expect(await complaint('throw new Error("no database")')).toContain(
    'fails when it is imported: no database',
  )
  const loaded = await load('none.ts', { tools: { look: { module: './none.ts' } } })
  expect(loaded).toMatchObject({
    ok: false,
    issues: [
      {
        path: ['tools', 'look', 'module'],
        message: expect.stringContaining('cannot be read: ENOENT'),
      },
    ],
  })
})
