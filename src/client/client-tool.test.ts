import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { readTools, type LocalTools } from './client-tool.ts'

const context = { callId: 'call_1', signal: new AbortController().signal }

function call(tools: LocalTools, name: string, args: Parameters<NonNullable<Run>>[0]): unknown {
  const run = tools.byName.get(name)?.run ?? null
  if (run === null) throw new Error(`${name} cannot be called`)
  return run(args, context)
}

type Run =
  LocalTools['byName'] extends ReadonlyMap<string, { readonly run: infer Runs }> ? Runs : never

describe('a map of tools', () => {
  const tools = readTools({
    find: {
      description: 'Find a contact',
      parameters: { type: 'object', properties: { email: { type: 'string' } } },
      execute: async ({ email }: { email: string }) => ({ found: email }),
    },
    count: {
      parameters: z.object({ n: z.coerce.number() }),
      execute: ({ n }: { n: number }) => n + 1,
    },
    ask: { description: 'Somebody else does it' },
  })

  test('goes to the server without its functions', () => {
    expect(tools.wire).toEqual({
      find: {
        description: 'Find a contact',
        parameters: { type: 'object', properties: { email: { type: 'string' } } },
      },
      count: {
        parameters: expect.objectContaining({ type: 'object', required: ['n'] }),
      },
      ask: { description: 'Somebody else does it' },
    })
    expect(JSON.stringify(tools.wire)).not.toMatch(/\$schema|execute/)
  })

  test('runs here', async () => {
    await expect(call(tools, 'find', { email: 'a@b' })).resolves.toEqual({ found: 'a@b' })
  })

  test('what a Standard Schema makes of the arguments is what the tool gets', async () => {
    await expect(call(tools, 'count', { n: '4' })).resolves.toBe(5)
  })

  test.each([
    ['find', { email: 4 }, 'email is integer, not string'],
    ['count', { n: 'x' }, 'n: '],
  ])('%s does not run with %j', async (name, args, said) => {
    await expect(call(tools, name, args)).rejects.toThrow(said)
  })

  test('without `execute` its calls are the caller’s', () => {
    expect(tools.byName.get('ask')?.run).toBeNull()
  })
})

describe('OpenAI’s list', () => {
  test.each([
    [
      'execute beside the function',
      { type: 'function', function: { name: 'f' }, execute: (): number => 1 },
      { type: 'function', function: { name: 'f' } },
    ],
    [
      'execute in the function',
      { type: 'function', function: { name: 'f', strict: true, execute: (): number => 1 } },
      { type: 'function', function: { name: 'f', strict: true } },
    ],
    [
      'the flat shape of the Responses API',
      { type: 'function', name: 'f', parameters: { type: 'object' }, execute: (): number => 1 },
      { type: 'function', name: 'f', parameters: { type: 'object' } },
    ],
  ])('%s', async (_, tool, wire) => {
    const tools = readTools([tool])
    expect(tools.wire).toEqual([wire])
    await expect(call(tools, 'f', {})).resolves.toBe(1)
  })

  test('tools of other types are the server’s own', () => {
    const tools = readTools([{ type: 'web_search' }])
    expect(tools).toEqual({ wire: [{ type: 'web_search' }], byName: new Map() })
  })
})

test('a method keeps its `this`', async () => {
  const tools = readTools({
    f: {
      prefix: 'x',
      execute(this: { readonly prefix: string }): string {
        return this.prefix
      },
    },
  })
  await expect(call(tools, 'f', {})).resolves.toBe('x')
})

describe('what is no tool is said at once', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  test.each([
    ['text', 'neither a map of tools nor a list'],
    [{ f: null }, 'tools.f is no tool'],
    [{ f: { execute: 'x' } }, 'the execute of f is no function'],
    [{ f: { parameters: 5, execute: (): number => 1 } }, 'tools.f.parameters is neither'],
    [{ f: { parameters: circle, execute: (): number => 1 } }, 'cannot be written as JSON'],
    [
      { f: { parameters: { '~standard': { validate: () => ({}), vendor: 'old' } } } },
      'tools.f.parameters: old gives no JSON Schema',
    ],
    [[{ type: 'function' }], 'tools[0] has no name'],
    [
      [
        { type: 'function', name: 'f' },
        { type: 'function', function: { name: 'f' } },
      ],
      'two tools f',
    ],
  ])('%#: %s', (tools, said) => {
    expect(() => readTools(tools)).toThrow(
      expect.objectContaining({ code: 'invalid_tools', message: expect.stringContaining(said) }),
    )
  })
})
