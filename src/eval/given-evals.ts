import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { CaseReport, CheckReport } from './report/report.ts'

/*
 * The words of tests of eval sets: a folder with a workflow that takes a question, and reports.
 */

/** Asks, looks up if it likes, answers. */
export const WORKFLOW = `workflow: desk
input: { type: object, required: [message], properties: { message: { type: string } } }
model: openai/gpt-5-mini
steps:
  triage:
    prompt: "What is it about: {{message}}"
    output: { type: object, required: [intent], properties: { intent: { enum: [buy, other] } } }
    next:
      - { to: sell, when: "get('$.output.intent') == 'buy'" }
      - { to: answer }
  sell: { prompt: Sell., tools: [request_input] }
  answer: { prompt: Answer. }
`

/** A folder for one test: files by their path in it. */
export interface GivenFolder {
  readonly path: string
  write(file: string, text: string): string
  remove(): void
}

/** Makes a folder with \`workflow.yaml\` and these files. */
export function givenFolder(files: Readonly<Record<string, string>> = {}): GivenFolder {
  const path = mkdtempSync(join(tmpdir(), 'lockstep-evals-'))
  const write = (file: string, text: string): string => {
    const full = join(path, file)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
    return full
  }
  write('workflow.yaml', WORKFLOW)
  for (const [file, text] of Object.entries(files)) write(file, text)
  return { path, write, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A criterion that passed, but for what is said. */
export function checkWith(known: Partial<CheckReport> = {}): CheckReport {
  return {
    name: 'path',
    kind: 'gate',
    result: 'passed',
    score: 1,
    expected: 'a',
    actual: 'a',
    failures: 0,
    place: { line: 3, column: 5 },
    ...known,
  }
}

/** A case that passed, but for what is said. */
export function caseWith(known: Partial<CaseReport> = {}): CaseReport {
  return {
    id: 'evals/a.yaml#one',
    file: 'evals/a.yaml',
    place: { line: 1, column: 3 },
    case: 'one',
    workflow: 'desk',
    answered_by: 'its script',
    scripted: true,
    result: 'passed',
    runs: 1,
    passes: 1,
    identical: true,
    pass_k: [],
    reasons: ['completed'],
    path: ['triage'],
    checks: [checkWith()],
    ms: 12,
    ...known,
  }
}
