import { relative } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { givenFolder, type GivenFolder } from '../given-evals.ts'
import { readEvals } from './read-evals.ts'

let folder: GivenFolder | undefined
afterEach(() => folder?.remove())

/** Issues as `file:line:column path message`. */
async function issuesOf(text: string, files: Readonly<Record<string, string>> = {}) {
  const given = givenFolder(files)
  folder = given
  const { issues } = await readEvals(given.write('evals/a.yaml', text))
  return issues.map(({ file = '', place, path, message }) => {
    const where = `${relative(given.path, file)}:${place?.line}:${place?.column}`
    return `${where} ${path.join('.')} ${message}`
  })
}

describe('a file of evals', () => {
  test('is a list of cases, or one case', async () => {
    folder = givenFolder()
    const one = 'case: a\nscript: []\ninput: { message: hi }\ncriteria: { path: [triage] }\n'
    const alone = await readEvals(folder.write('evals/a.yaml', one))
    expect(alone.issues).toEqual([])
    expect(alone.cases[0]).toMatchObject({ name: 'a', input: { message: 'hi' } })
    expect(alone.cases[0]?.locate(['criteria', 'path', 0])).toEqual({ line: 4, column: 20 })
    const many = `- ${one.trimEnd().replaceAll('\n', '\n  ')}\n`
    const listed = await readEvals(folder.write('evals/b.yaml', many))
    expect(listed.cases[0]?.locate(['criteria', 'path', 0])).toEqual({ line: 4, column: 22 })
  })

  test('reads inputs, sessions and scripts from files beside it', async () => {
    folder = givenFolder({
      'inputs/a.json': '{ "message": "hi" }',
      'scripts/a.yaml': '- text: Hello\n',
    })
    const text =
      '{ case: a, input: ../inputs/a.json, script: ../scripts/a.yaml, criteria: { path: [] } }'
    const { cases, issues } = await readEvals(folder.write('evals/a.yaml', text))
    expect(issues).toEqual([])
    expect(cases[0]?.input).toEqual({ message: 'hi' })
    expect(cases[0]?.answers).toMatchObject({ kind: 'script', from: '../scripts/a.yaml' })
  })

  test('a slip is told with its place and what would be legal', async () => {
    const text = `- case: a
  scrpt: []
  criteria:
    pth: [triage]
    reason: complete
    verdicts:
      - { tool: pay, verdict: refused }
    tools: [pay]
`
    expect(await issuesOf(text)).toEqual(
      [
        'evals/a.yaml:2:3 0.scrpt unknown key `scrpt`; did you mean script?',
        'evals/a.yaml:4:5 0.criteria.pth unknown key `pth`; did you mean path?',
        'evals/a.yaml:5:5 0.criteria.reason there is no reason complete; did you mean completed?',
        'evals/a.yaml:7:22 0.criteria.verdicts.0.verdict there is no `refused` here; did you mean refuse?',
        'evals/a.yaml:8:5 0.criteria.tools must be a map; legal: exact, never, soft, subset',
      ].map((each) => expect.stringContaining(each)),
    )
  })

  test('a case that expects nothing would pass for ever', async () => {
    expect(await issuesOf('{ case: a, script: [], criteria: {} }')).toEqual([
      expect.stringContaining('criteria expects nothing; give at least one of path, tools'),
    ])
    expect(await issuesOf('{ case: a, script: [], criteria: { soft: {} } }')).toHaveLength(1)
  })

  test('somebody answers, and one alone', async () => {
    const text = '{ case: a, script: [], model: openai/x, criteria: { path: [] } }'
    expect(await issuesOf(text)).toEqual([
      'evals/a.yaml:1:24 model somebody else answers already: give one of script, model',
    ])
  })

  test('a turn is one thing that a user does', async () => {
    const text =
      '{ case: a, script: [], turns: [{ send: a, cancel: true }], criteria: { path: [] } }'
    expect(await issuesOf(text)).toEqual([
      expect.stringContaining('turns.0 is one thing that a user does; one of send, answer, fail'),
    ])
  })

  test('what is wrong in a script is told there', async () => {
    const inline = '- case: a\n  script:\n    - txt: Hello\n  criteria: { path: [] }\n'
    expect(await issuesOf(inline)).toEqual([
      expect.stringContaining(
        'evals/a.yaml:3:7 script.0.txt unknown key "txt"; did you mean text?',
      ),
      expect.stringContaining('evals/a.yaml:3:7 script.0 says nothing; give one of'),
    ])
    const named = '{ case: a, script: ../s.yaml, criteria: { path: [] } }'
    expect(await issuesOf(named, { 's.yaml': '- txt: Hello\n' })).toContainEqual(
      expect.stringContaining('s.yaml:1:3 0.txt unknown key "txt"'),
    )
  })

  test('files that are not there are named', async () => {
    const text =
      '{ case: a, workflow: ../w.yaml, input: ../i.json, script: ../s.yaml, criteria: { path: [] } }'
    expect(await issuesOf(text)).toEqual([
      'evals/a.yaml:1:12 workflow ../w.yaml is not there; paths are from this file',
      expect.stringContaining('evals/a.yaml:1:33 input cannot read ../i.json'),
      'evals/a.yaml:1:51 script there is no file ../s.yaml; paths are from this file',
    ])
  })

  test('broken YAML has its line', async () => {
    expect(await issuesOf('- case: a\n  input: {\n')).toEqual([
      expect.stringContaining('evals/a.yaml:3:1 '),
    ])
    expect(await issuesOf('Hello')).toEqual([
      expect.stringContaining('must be a map; legal: about, case, criteria'),
    ])
  })
})
