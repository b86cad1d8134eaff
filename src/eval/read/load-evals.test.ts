import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { givenFolder, WORKFLOW, type GivenFolder } from '../given-evals.ts'
import { loadEvals } from './load-evals.ts'

let folder: GivenFolder | undefined
afterEach(() => folder?.remove())

function evalCase(name: string, rest = 'criteria: { path: [triage] }'): string {
  return `- case: ${name}\n  script: []\n  input: { message: hi }\n  ${rest}\n`
}

test('a folder is searched, a workflow stands for its evals, an eval file for itself', async () => {
  const given = givenFolder({
    'evals/a.yaml': evalCase('a'),
    'evals/b.yaml':
      evalCase('b') + evalCase('other', 'workflow: ../other.yaml\n  criteria: { path: [triage] }'),
    'evals/scripts/s.yaml': '- text: no case\n',
    'deep/down/workflow.yaml': WORKFLOW,
    'deep/down/evals/c.yml': evalCase('c'),
    'node_modules/x/evals/d.yaml': 'broken: [',
    '.hidden/evals/e.yaml': 'broken: [',
    'other.yaml': WORKFLOW,
  })
  folder = given
  const names = async (...paths: readonly string[]) => {
    const loaded = await loadEvals(
      paths.map((path) => join(given.path, path)),
      {},
    )
    expect(loaded.issues).toEqual([])
    return loaded.cases.map((each) => each.eval.name)
  }
  expect(await names('.')).toEqual(['c', 'a', 'b', 'other'])
  expect(await names('workflow.yaml')).toEqual(['a', 'b'])
  expect(await names('other.yaml')).toEqual(['other'])
  expect(await names('evals/b.yaml')).toEqual(['b', 'other'])
  expect(await names('other.yaml', 'evals/b.yaml')).toEqual(['b', 'other'])
  expect(await names('evals', 'deep')).toEqual(['c', 'a', 'b', 'other'])
})

test('paths that are not there, or have no evals, are told of', async () => {
  folder = givenFolder()
  const loaded = await loadEvals([folder.path, join(folder.path, 'nowhere')], {})
  expect(loaded.problems).toEqual([
    expect.stringMatching(/has no evals\/$/),
    expect.stringMatching(/^there is no .*nowhere$/),
  ])
})

test('a misspelt step or tool is an error: a `never` of it would pass for ever', async () => {
  const rest = `criteria: { path: [triag], tools: { never: [request_inputs] } }`
  folder = givenFolder({ 'evals/a.yaml': evalCase('a', rest) })
  const { issues, cases } = await loadEvals([folder.path], {})
  expect(cases).toEqual([])
  expect(issues.map(({ message, place }) => [message, place?.line, place?.column])).toEqual([
    ['there is no step `triag` in desk; did you mean triage? Legal: answer, sell, triage', 4, 22],
    [
      expect.stringContaining(
        'there is no tool `request_inputs` in desk; did you mean request_input?',
      ),
      4,
      47,
    ],
  ])
})

test('conditions, schemas and patterns are read before anything is run', async () => {
  const rest = `criteria:
    accept: [get('$.reson') == 'x']
    output: { schema: { type: objekt }, where: [get('$.output') =] }
    artifacts: { letter: { matches: '(' } }`
  folder = givenFolder({
    'evals/a.yaml': evalCase('a', rest.replaceAll(/\[(get.*?)\](?= \}|\n)/g, '["$1"]')),
  })
  const { issues } = await loadEvals([folder.path], {})
  expect(issues.map(({ message }) => message)).toEqual([
    expect.stringContaining('the run record has no `reson`; did you mean reason?'),
    expect.stringContaining('='),
    expect.stringContaining('"objekt" is not legal'),
    expect.stringContaining('Unterminated group'),
  ])
})

test('an input that does not fit, and a name that is there twice', async () => {
  const misfit =
    '- case: b\n  script: []\n  input: { massage: hi }\n  criteria: { path: [triage] }\n'
  folder = givenFolder({ 'evals/a.yaml': evalCase('a') + evalCase('a') + misfit })
  const { issues } = await loadEvals([folder.path], {})
  expect(issues.map(({ message, place }) => [message, place?.line])).toEqual([
    ['the file has a case `a` already; a baseline goes by names', 5],
    [expect.stringContaining("must have required property 'message'"), 11],
  ])
})

test('a workflow that cannot be used is told of once', async () => {
  folder = givenFolder({
    'workflow.yaml': 'workflow: w\nsteps: []\n',
    'evals/a.yaml': evalCase('a') + evalCase('b'),
  })
  const { issues, cases } = await loadEvals([folder.path], {})
  expect(cases).toEqual([])
  expect(issues).toHaveLength(1)
  expect(issues[0]?.file).toMatch(/workflow\.yaml$/)
})
