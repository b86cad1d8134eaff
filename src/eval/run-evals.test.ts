import { afterEach, describe, expect, test } from 'vitest'
import { MindError, type Mind, type MindRequest } from '../mind/mind.ts'
import { givenFolder, type GivenFolder } from './given-evals.ts'
import { loadEvals } from './read/load-evals.ts'
import type { CaseReport } from './report/report.ts'
import { runEvals, type EvalOptions } from './run-evals.ts'

let folder: GivenFolder | undefined
afterEach(() => folder?.remove())

const noModel: EvalOptions['mindOf'] = (model) =>
  Promise.reject(new MindError(`no key for ${model}`, { code: 'missing_key', retryable: false }))

/** Runs one case, written as YAML without its name and input. */
async function run(text: string, options: Partial<EvalOptions> = {}): Promise<CaseReport> {
  const given = givenFolder({
    'evals/a.yaml': `case: a\ninput: { message: Hello }\n${text}`,
  })
  folder = given
  const { cases, issues } = await loadEvals([given.path], {})
  expect(issues).toEqual([])
  const on = { repeat: 1, mindOf: noModel, env: {}, from: given.path, ...options }
  const [report] = await runEvals(cases, on)
  if (report === undefined) throw new Error('there is no case')
  return report
}

/** A model that classifies as it is told, call after call, and answers anything else with `ok`. */
function model(...intents: readonly string[]): Mind & { readonly requests: MindRequest[] } {
  const requests: MindRequest[] = []
  const left = [...intents]
  return {
    requests,
    answer(request) {
      requests.push(request)
      const text = request.output === null ? 'ok' : JSON.stringify({ intent: left.shift() })
      return Promise.resolve({
        parts: [{ type: 'text', text }],
        finish: 'stop',
        usage: { input: 1, output: 1, cached: 0 },
      })
    },
  }
}

const BUYS = 'script: [{ output: { intent: buy } }, { text: It is yours. }]'

describe('a case', () => {
  test('is run end to end and graded; its id is a path and its name', async () => {
    const report = await run(`${BUYS}\ncriteria: { path: [triage, sell], reason: completed }\n`)
    expect(report).toMatchObject({
      id: 'evals/a.yaml#a',
      workflow: 'desk',
      result: 'passed',
      runs: 1,
      passes: 1,
      path: ['triage', 'sell'],
      reasons: ['completed'],
      scripted: true,
    })
    expect(report.checks.map(({ name, result }) => [name, result])).toEqual([
      ['path', 'passed'],
      ['reason', 'passed'],
    ])
  })

  test('a gate that fails fails it, with the place where it is written', async () => {
    const report = await run(`${BUYS}\ncriteria:\n  reason: completed\n  path: [triage, answer]\n`)
    expect(report.result).toBe('failed')
    expect(report.checks[0]).toMatchObject({
      name: 'path',
      result: 'failed',
      expected: 'triage → answer',
      actual: 'triage → sell',
      place: { line: 6, column: 3 },
    })
  })

  test('a soft one is told and scored, and does not', async () => {
    const text = 'criteria: { budget: { model_calls: 1, soft: true }, soft: { path: [triage] } }'
    const report = await run(`${BUYS}\n${text}\n`)
    expect(report.result).toBe('passed')
    expect(report.checks).toMatchObject([
      { name: 'budget.model_calls', kind: 'soft', result: 'failed', score: 0.5 },
      { name: 'soft.path', kind: 'soft', result: 'failed' },
    ])
  })

  test('a script that runs out says so in the reason', async () => {
    const report = await run(
      'script: [{ output: { intent: buy } }]\ncriteria: { reason: completed }\n',
    )
    expect(report.checks[0]).toMatchObject({ name: 'reason', result: 'failed' })
    expect(report.checks[0]?.actual).toContain('model_failed (the script has no entry left')
  })

  test('a user answers after each rest', async () => {
    const text = `turns:
  - answer: the blue one
  - send: Thank you
script:
  - output: { intent: buy }
  - { call: request_input, args: { question: Which one? } }
  - text: The blue one it is.
  - text: You are welcome.
criteria:
  reason: completed
  path: [triage, sell, sell]
  accept: get('$.steps[1].tool_calls[0].result.answer') == 'the blue one'
`
    const report = await run(text)
    expect(report.checks.filter(({ result }) => result === 'failed')).toEqual([])
  })

  test('a turn that the run does not wait for fails it', async () => {
    const report = await run(
      `${BUYS}\nturns: [{ approve: ana }]\ncriteria: { path: { contains: [] } }\n`,
    )
    expect(report).toMatchObject({ result: 'failed', passes: 0 })
    expect(report.checks[0]).toMatchObject({ name: 'turns', kind: 'gate', result: 'failed' })
    expect(report.checks[0]?.actual).toContain('does not wait for an approval')
    expect(report.checks[0]?.place).toEqual({ line: 4, column: 9 })
  })
})

describe('who answers', () => {
  test('--model takes the place of a script, but for a pinned case', async () => {
    const mind = model('other')
    const options = { model: 'acme/one', mindOf: () => Promise.resolve(mind) }
    const criteria = 'criteria: { path: { contains: [triage] } }\n'
    const asked = await run(`${BUYS}\n${criteria}`, options)
    expect(asked).toMatchObject({
      answered_by: 'acme/one',
      scripted: false,
      path: ['triage', 'answer'],
    })
    expect(mind.requests[0]?.model).toBe('acme/one')
    const pinned = await run(`pinned: true\n${BUYS}\n${criteria}`, options)
    expect(pinned).toMatchObject({ scripted: true, path: ['triage', 'sell'] })
  })

  test('a model without a key, or nobody: the case is skipped and says why', async () => {
    const criteria = 'criteria: { path: [] }\n'
    expect(await run(`model: acme/one\n${criteria}`)).toMatchObject({
      result: 'skipped',
      notice: 'model acme/one: no key for acme/one',
      runs: 0,
      checks: [],
    })
    expect(await run(criteria)).toMatchObject({ result: 'skipped', notice: /nobody answers/ })
  })
})

describe('repeats', () => {
  test('of a script are the same', async () => {
    const report = await run(`${BUYS}\ncriteria: { path: [triage, sell] }\n`, { repeat: 3 })
    expect(report).toMatchObject({ runs: 3, passes: 3, identical: true })
    expect(report.pass_k.map(({ estimate }) => estimate)).toEqual([1, 1, 1])
  })

  test('of a model that is right twice of three fail the case, and are counted', async () => {
    const mind = model('buy', 'other', 'buy')
    const report = await run('model: acme/one\ncriteria: { path: [triage, sell] }\n', {
      repeat: 3,
      mindOf: () => Promise.resolve(mind),
    })
    expect(report).toMatchObject({ result: 'failed', runs: 3, passes: 2, identical: false })
    expect(report.checks[0]).toMatchObject({
      result: 'failed',
      failures: 1,
      actual: 'triage → answer',
      score: expect.closeTo(2.5 / 3, 10),
    })
    expect(report.pass_k.map(({ k, estimate }) => [k, estimate])).toEqual([
      [1, expect.closeTo(2 / 3, 10)],
      [2, expect.closeTo(1 / 3, 10)],
      [3, 0],
    ])
  })
})

describe('a judge', () => {
  const criteria = 'criteria: { judge: { rubric: Is it kind?, pass: 7 } }\n'

  test('without a model is skipped, and never passes silently', async () => {
    const report = await run(`${BUYS}\n${criteria}`)
    expect(report.checks).toMatchObject([
      { name: 'judge', result: 'skipped', score: null, actual: /no model to judge/ },
    ])
  })

  test('is asked through the port of minds, with role and schema', async () => {
    const mind = model()
    const judge: Mind = {
      answer(request, context) {
        if (request.role !== 'judge') return mind.answer(request, context)
        mind.requests.push(request)
        const text = '{"score":8,"feedback":"It is kind."}'
        return Promise.resolve({
          parts: [{ type: 'text', text }],
          finish: 'stop',
          usage: { input: 1, output: 1, cached: 0 },
        })
      },
    }
    const own = 'criteria: { judge: { rubric: Is it kind?, pass: 8, model: acme/judge } }\n'
    const report = await run(`${BUYS}\n${own}`, { mindOf: () => Promise.resolve(judge) })
    expect(report.checks).toMatchObject([
      { result: 'passed', score: 0.8, actual: '8: It is kind.' },
    ])
    const [request] = mind.requests
    expect(request).toMatchObject({ role: 'judge', model: 'acme/judge', tools: [], choose: 'none' })
    expect(JSON.stringify(request?.messages)).toContain('It is yours.')
    expect(request?.output).toMatchObject({ required: ['score', 'feedback'] })
  })

  test('may be in the script, whose other entries it leaves alone', async () => {
    const grade = (score: number): string =>
      `script:\n  - { output: { score: ${score} }, when: { role: judge } }\n  - output: { intent: buy }\n  - text: It is yours.\n`
    const low = await run(`${grade(6)}${criteria}`)
    expect(low.checks).toMatchObject([{ result: 'failed', score: 0.6 }])
    expect(low.path).toEqual(['triage', 'sell'])
    const none = await run(`${grade(12)}${criteria}`)
    expect(none.checks).toMatchObject([
      { result: 'failed', score: null, actual: 'that is no grade: {"score":12}' },
    ])
  })
})
