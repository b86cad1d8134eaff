import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { givenCli } from '../src/cli/given-cli.ts'
import { planOf } from '../src/core/given.ts'
import { parseSpec } from '../src/core/spec/parse-spec.ts'

/*
 * What the guides show is true: their workflows compile, and no command that they name is unknown.
 */

const GUIDES = [
  'chain.md',
  'chat-completions.md',
  'client.md',
  'decisions.md',
  'dialects.md',
  'evals.md',
  'memory.md',
  'people.md',
  'references.md',
  'responses.md',
  'runs-api.md',
  'runs.md',
  'secrets.md',
  'server.md',
  'slots.md',
  'telemetry.md',
] as const

function guide(name: string): string {
  return readFileSync(join(import.meta.dirname, '../docs', name), 'utf8')
}

function blocks(name: string, language: string): readonly string[] {
  const fence = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g')
  return [...guide(name).matchAll(fence)].map(([, block = '']) => block)
}

const workflows = GUIDES.flatMap((name) =>
  blocks(name, 'yaml').map((yaml) => [name, yaml] as const),
)

test.each(workflows)('a workflow of %s compiles', (_, yaml) => {
  const parsed = parseSpec(parse(yaml))
  expect(parsed.ok ? [] : parsed.issues).toEqual([])
  if (!parsed.ok) return
  const tools = Object.fromEntries(Object.keys(parsed.spec.tools ?? {}).map((tool) => [tool, {}]))
  expect(planOf(parsed.spec, tools).steps.size).toBeGreaterThan(0)
})

/** Commands that have commands of their own. */
const BELOW: ReadonlySet<string> = new Set([
  'runs',
  'audit',
  'memory',
  'artifacts',
  'guidelines',
  'keys',
])

const commands = GUIDES.flatMap((name) => blocks(name, 'sh').flatMap((block) => block.split('\n')))
  .filter((line) => line.startsWith('lockstep '))
  .map((line) => line.replace(/^lockstep /, '').split(' '))

test.each(commands.map((words) => [words.join(' '), words] as const))(
  'lockstep %s',
  async (_, words) => {
    const options = words.filter((word) => word.startsWith('--'))
    const path = words.slice(0, BELOW.has(words[0] ?? '') ? 2 : 1)
    const cli = givenCli()
    const { stdout, exitCode } = await cli.call(...path, '--help')
    cli.remove()
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`lockstep ${path.join(' ')} [`)
    for (const option of options) expect(stdout).toContain(option)
  },
)
