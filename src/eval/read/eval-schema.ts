import { z } from 'zod'
import { REASONS } from '../../core/log/event.ts'
import { legalNames } from '../../core/spec/issue.ts'
import { count, json, jsonObject, oneOf, strict, text, texts } from './written.ts'
import type { WrittenCase } from './written-case.ts'

const VERDICTS = ['allow', 'refuse', 'approve', 'escalate'] as const

const soft = z.boolean({ error: 'must be true or false' }).exactOptional()
const flag = z.boolean({ error: 'must be true or false' })
const ratio = z.number({ error: 'must be a number from 0 to 1' }).min(0).max(1)
const textOrTexts = z.union([text, texts], { error: 'must be a text, or a list of texts' })

const call = z.union([text, strict({ tool: text, args: jsonObject.exactOptional() })], {
  error: 'must be the name of a tool, or { tool, args }',
})
const calls = z.array(call, { error: 'must be a list of tools: names, or { tool, args }' })
const callCriterion = strict({
  exact: calls.exactOptional(),
  subset: calls.exactOptional(),
  never: calls.exactOptional(),
  soft,
})

const pathCriterion = strict({
  exact: texts.exactOptional(),
  contains: texts.exactOptional(),
  never: texts.exactOptional(),
  sub_runs: flag.exactOptional(),
  soft,
})

const verdict = strict({
  tool: text,
  verdict: oneOf(VERDICTS),
  gate: text.exactOptional(),
  reason_has: text.exactOptional(),
  args: jsonObject.exactOptional(),
})

const artifact = strict({
  published: flag.exactOptional(),
  version: count.exactOptional(),
  min_chars: count.exactOptional(),
  max_chars: count.exactOptional(),
  min_score: z.number({ error: 'must be a number from 1 to 10' }).min(1).max(10).exactOptional(),
  contains: textOrTexts.exactOptional(),
  lacks: textOrTexts.exactOptional(),
  matches: textOrTexts.exactOptional(),
  rejections: z
    .record(z.string(), count, { error: 'must be a map: reason to number' })
    .exactOptional(),
})

const modelCalls = z.union(
  [
    count,
    strict({
      all: count.exactOptional(),
      planner: count.exactOptional(),
      composer: count.exactOptional(),
      verifier: count.exactOptional(),
    }),
  ],
  { error: 'must be a number, or a map of numbers: all, planner, composer, verifier' },
)

const criteriaShape = {
  path: z
    .union([texts, pathCriterion], {
      error: 'must be a list of steps, or { exact, contains, never, sub_runs }',
    })
    .exactOptional(),
  tools: callCriterion.exactOptional(),
  calls: callCriterion.exactOptional(),
  verdicts: z
    .array(verdict, { error: 'must be a list of { tool, verdict }' })
    .min(1, 'must not be empty')
    .exactOptional(),
  reason: z
    .union([oneOf(REASONS), z.array(oneOf(REASONS)).min(1)], {
      error: ({ input }) => {
        const given = typeof input === 'string' ? input : JSON.stringify(input)
        return `there is no reason ${given}; ${legalNames(given, REASONS)}`
      },
    })
    .exactOptional(),
  output: strict({
    equals: json.exactOptional(),
    has: json.exactOptional(),
    schema: jsonObject.exactOptional(),
    where: texts.exactOptional(),
    soft,
  }).exactOptional(),
  artifacts: z
    .record(z.string(), artifact, { error: 'must be a map: name to what holds of it' })
    .exactOptional(),
  budget: strict({
    model_calls: modelCalls.exactOptional(),
    tool_calls: count.exactOptional(),
    tokens: count.exactOptional(),
    usd: z.number({ error: 'must be a number, 0 or more' }).min(0).exactOptional(),
    transitions: count.exactOptional(),
    soft,
  }).exactOptional(),
  slots: strict({
    asked: texts.exactOptional(),
    filled: jsonObject.exactOptional(),
    soft,
  }).exactOptional(),
  confidence: strict({
    min: ratio.exactOptional(),
    mean: ratio.exactOptional(),
    below: ratio.exactOptional(),
    turns: count.min(1).exactOptional(),
    soft,
  }).exactOptional(),
  accept: z
    .union([text, texts], { error: 'must be a condition, or a list of them' })
    .exactOptional(),
  judge: strict({
    rubric: text,
    pass: z.number({ error: 'must be a number from 1 to 10' }).min(1).max(10).exactOptional(),
    model: text.exactOptional(),
    soft,
  }).exactOptional(),
}

const answer = z.union(
  [text, strict({ by: text, call: text.exactOptional(), reason: text.exactOptional() })],
  { error: 'must be a name, or { by, call, reason }' },
)
const statement = strict({ kind: text, facts: jsonObject })
const yes = z.literal(true, { error: 'must be true' })

const TURNS = {
  send: z.union([text, jsonObject]).exactOptional(),
  answer: json.exactOptional(),
  fail: strict({ code: text, message: text }).exactOptional(),
  approve: answer.exactOptional(),
  deny: answer.exactOptional(),
  confirm: strict({ tool: text, args: jsonObject }).exactOptional(),
  state: statement.exactOptional(),
  fill: jsonObject.exactOptional(),
  settle: strict({ executed: flag, output: json.exactOptional() }).exactOptional(),
  rewind: text.exactOptional(),
  resume: yes.exactOptional(),
  cancel: yes.exactOptional(),
}

const turn = strict(TURNS).refine((each) => Object.keys(each).length === 1, {
  error: `is one thing that a user does; one of ${Object.keys(TURNS).join(', ')}`,
})

const mapOrPath = z.union([text, jsonObject], { error: 'must be a map, or the path of a file' })

const evalCase = strict({
  case: text,
  about: text.exactOptional(),
  workflow: text.exactOptional(),
  input: mapOrPath.exactOptional(),
  session: mapOrPath.exactOptional(),
  states: z.array(statement).exactOptional(),
  script: z
    .union([text, z.array(z.unknown())], {
      error: 'must be a list of entries, or the path of a script',
    })
    .exactOptional(),
  recording: text.exactOptional(),
  model: text.exactOptional(),
  pinned: flag.exactOptional(),
  turns: z
    .array(turn, { error: 'must be a list: what the user does after each rest' })
    .exactOptional(),
  criteria: strict({ ...criteriaShape, soft: strict(criteriaShape).exactOptional() }),
}).superRefine((written, context) => {
  const given = ['script', 'recording', 'model'].filter((key) => Object.hasOwn(written, key))
  if (given.length > 1) {
    const message = `somebody else answers already: give one of ${given.join(', ')}`
    context.addIssue({ code: 'custom', path: [given[1] ?? ''], message })
  }
  const { soft: wishes = {}, ...gates } = written.criteria
  if (Object.keys({ ...wishes, ...gates }).length > 0) return
  const message = `expects nothing; give at least one of ${Object.keys(criteriaShape).join(', ')}`
  context.addIssue({ code: 'custom', path: ['criteria'], message })
})

/**
 * What a file of `evals/` is: a list of cases; a lone case is a list of one. Strict, and what is wrong
 * is said with what would be legal (S4.28).
 */
export const evalFile: z.ZodType<readonly WrittenCase[]> = z
  .array(evalCase, { error: 'is one case (a map with `case` and `criteria`), or a list of them' })
  .min(1, 'holds no case')
