import type { ToolDefinition } from '../../src/index.ts'

/*
 * A small project in memory, a copy for each run. `idle_timeout_ms` is another key that ends alike: a
 * plan that was thought through leaves it alone.
 */

const PROJECT: Readonly<Record<string, string>> = {
  'config/app.yaml': 'port: 8080\ntimeout_ms: 5000\nidle_timeout_ms: 60000\n',
  'src/client.ts':
    'export const timeout = config.timeout_ms\nexport const idle = config.idle_timeout_ms\n',
  'docs/setup.md': '# Setup\n\nSet `timeout_ms` to what your network needs.\n',
}

const projects = new Map<string, Map<string, string>>()

function projectOf(run: string): Map<string, string> {
  const project = projects.get(run) ?? new Map(Object.entries(PROJECT))
  projects.set(run, project)
  return project
}

export const search: ToolDefinition<{ readonly text: string }> = {
  about: 'Find the files that contain a text, with their whole content.',
  effect: 'read',
  input: {
    type: 'object',
    required: ['text'],
    properties: { text: { type: 'string', minLength: 1 } },
    additionalProperties: false,
  },
  execute({ text }, { runId }) {
    const found = [...projectOf(runId)].filter(([, content]) => content.includes(text))
    return { files: found.map(([path, content]) => ({ path, content })) }
  },
}

export const write_file: ToolDefinition<{ readonly path: string; readonly content: string }> = {
  about: 'Write a whole file of the project.',
  effect: 'write',
  idempotent: true,
  input: {
    type: 'object',
    required: ['path', 'content'],
    properties: { path: { type: 'string', minLength: 1 }, content: { type: 'string' } },
    additionalProperties: false,
  },
  execute({ path, content }, { runId }) {
    const project = projectOf(runId)
    const before = project.get(path)
    project.set(path, content)
    return { path, created: before === undefined, lines: content.trimEnd().split('\n').length }
  },
}
