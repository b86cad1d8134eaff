import { expect, test } from 'vitest'
import { logOf } from '../core/given.ts'
import type { Entry } from '../core/log/event.ts'
import { runRecord } from '../core/log/record/run-record.ts'
import { shapeOf, type Shape } from './measure.ts'

const usage = { input: 10, output: 2, cached: 0 }

function shape(...entries: readonly Entry[]): Shape {
  const start: Entry = {
    type: 'run.started',
    run: 'r',
    workflow: 'w',
    digest: 'd',
    input: {},
    instructions: null,
    session: {},
  }
  const events = logOf([start, { type: 'turn.started', turn: 1, input: {} }, ...entries])
  return shapeOf(runRecord(events), events)
}

function entered(step: string): Entry {
  return { type: 'step.entered', step, visit: 1, message: null, prompt: 'go' }
}

function called(
  call: number,
  known: { readonly role?: 'composer' | 'verifier'; readonly attempt?: number } = {},
): Entry {
  return { type: 'model.called', call, attempt: 1, step: 'a', closing: false, ...known }
}

function asks(call: number, ...tools: readonly string[]): Entry {
  const parts = tools.map((tool) => ({ type: 'call', id: `c-${tool}`, tool, args: {} }) as const)
  return { type: 'model.answered', call, parts, finish: 'tool-calls', usage }
}

test('a call that was refused was asked for, and did not run', () => {
  const seen = shape(
    entered('a'),
    called(1),
    asks(1, 'look', 'pay'),
    { type: 'call.judged', call: 'c-look', tool: 'look', verdict: 'allow', gates: [] },
    { type: 'tool.dispatched', call: 'c-look', attempt: 1 },
    { type: 'tool.returned', call: 'c-look', output: 1 },
    {
      type: 'call.judged',
      call: 'c-pay',
      tool: 'pay',
      verdict: 'refuse',
      gates: [{ gate: 'once', verdict: 'refuse', reason: 'its place is taken' }],
      message: 'refused',
    },
  )
  expect(seen.asked.map(({ tool }) => tool)).toEqual(['look', 'pay'])
  expect(seen.ran.map(({ tool }) => tool)).toEqual(['look'])
  expect(seen.verdicts.map(({ tool, verdict }) => [tool, verdict])).toEqual([
    ['look', 'allow'],
    ['pay', 'refuse'],
  ])
})

test('model calls count by role, and repeated attempts once', () => {
  const seen = shape(
    entered('a'),
    called(1),
    called(1, { attempt: 2 }),
    called(2, { role: 'composer' }),
    called(3, { role: 'verifier' }),
  )
  expect(seen.modelCalls).toEqual({ all: 3, planner: 1, composer: 1, verifier: 1 })
})

test('confidence is what the planner said, or the default; an envelope that was sent back is none', () => {
  const decision = {
    next_action: 'final_answer',
    confidence: 0.9,
    risk_level: 'low',
    success_criteria_met: true,
    source: 'native',
  } as const
  const answered = (call: number, known: object = {}): Entry => ({
    type: 'model.answered',
    call,
    parts: [{ type: 'text', text: 'ok' }],
    finish: 'stop',
    usage,
    ...known,
  })
  const seen = shape(
    entered('a'),
    called(1),
    answered(1, { decision }),
    called(2),
    answered(2, { malformed: 'no JSON' }),
    { type: 'decision.rejected', call: 2, message: 'no JSON' },
    called(3),
    answered(3, { malformed: 'no JSON' }),
    { type: 'decision.inferred', call: 3, decision: { ...decision, confidence: 0.2 } },
    called(4, { role: 'composer' }),
    answered(4),
    called(5),
    answered(5),
  )
  expect(seen.confidence).toEqual([0.9, 0.2, 0.5])
})

test('artifacts: rejections by reason, versions with their score, published once accepted', () => {
  const stored = {
    type: 'artifact.stored',
    call: 'c',
    artifact: 'letter',
    media: 'text/markdown',
    chars: 9,
    bytes: 9,
  } as const
  const rejected = {
    type: 'artifact.rejected',
    call: 'c',
    artifact: 'letter',
    findings: [],
    message: '',
  } as const
  const verified = {
    type: 'artifact.verified',
    call: 'c',
    artifact: 'letter',
    feedback: '',
  } as const
  const seen = shape(
    { ...rejected, reason: 'placeholder' },
    { ...rejected, reason: 'placeholder' },
    { ...stored, version: 1, digest: 'd1', published: false },
    { ...verified, version: 1, score: 4, accepted: false },
    { ...stored, version: 2, digest: 'd2', published: false },
    { ...verified, version: 2, score: 8, accepted: true },
  )
  expect(seen.artifacts.get('letter')).toEqual({
    rejections: { placeholder: 2 },
    versions: [
      expect.objectContaining({ version: 1, digest: 'd1', chars: 9, published: false, score: 4 }),
      expect.objectContaining({ version: 2, digest: 'd2', chars: 9, published: true, score: 8 }),
    ],
  })
})

test('a version that was taken back does not stand', () => {
  const seen = shape(
    {
      type: 'artifact.stored',
      call: 'c',
      artifact: 'letter',
      version: 1,
      digest: 'd1',
      media: 'text/plain',
      chars: 9,
      bytes: 9,
      published: true,
    },
    { type: 'run.rewound', to: 'start', position: 2, undone: [], kept: [] },
  )
  expect(seen.artifacts.get('letter')?.versions).toEqual([])
})

test('slots: what was asked for, once each, and what they hold', () => {
  const asked = (name: string) => ({ name, type: 'text', question: '?', required: true }) as const
  const slots = [asked('tone'), asked('company')]
  const pending = [{ call: 'c', tool: 'request_input', args: {}, slots }]
  const seen = shape(
    { type: 'slots.filled', values: { company: 'x' }, source: 'input' },
    { type: 'run.rested', reason: 'needs_input', message: '', pending },
    { type: 'slots.filled', values: { tone: 'warm' }, source: 'user' },
    { type: 'run.rested', reason: 'needs_input', message: '', pending },
  )
  expect(seen.slotsAsked).toEqual(['tone', 'company'])
  expect(seen.slots).toEqual({ company: 'x', tone: 'warm' })
})

test('conditions read the record and what was counted', () => {
  const { context } = shape(entered('a'), called(1), asks(1, 'look'))
  expect(context).toMatchObject({
    run: 'r',
    steps: [{ name: 'a' }],
    eval: {
      path: ['a'],
      calls: ['look'],
      tools: [],
      model_calls: { all: 1, planner: 1 },
      tokens: 12,
    },
  })
})

test('the path is the run\u2019s own; steps of sub-runs are told apart', () => {
  const seen = shape(entered('a'), { ...entered('x'), branch: 'b1' }, entered('b'))
  expect(seen.path).toEqual(['a', 'b'])
  expect(seen.pathWithSubRuns).toEqual(['a', 'x', 'b'])
})
