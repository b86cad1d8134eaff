import { describe, expect, test } from 'vitest'
import type { Event, EventBody } from '../../core/log/event.ts'
import { capture } from '../given-cli.ts'
import { showProgress, type Progress } from './progress.ts'
import { createScreen } from './screen.ts'

const usage = { input: 10, output: 5, cached: 0 }
const asks: EventBody = {
  type: 'model.answered',
  call: 1,
  parts: [{ type: 'call', id: 'c1', tool: 'store_artifact', args: { name: 'letter' } }],
  finish: 'tool-calls',
  usage,
}
const composes: EventBody = {
  type: 'model.called',
  call: 2,
  attempt: 1,
  step: 'compose',
  closing: false,
  role: 'composer',
  tool: 'c1',
  artifact: 'letter',
}
const composed: EventBody = {
  type: 'model.answered',
  call: 2,
  parts: [{ type: 'text', text: 'Dear Ada,\n\nyes.\n' }],
  finish: 'stop',
  usage,
}
const verifies: EventBody = { ...composes, call: 3, role: 'verifier' }
const reports: EventBody = {
  ...composed,
  call: 3,
  parts: [{ type: 'text', text: '{"score":3,"feedback":"cold"}' }],
}
const stored: EventBody = {
  type: 'artifact.stored',
  call: 'c1',
  artifact: 'letter',
  version: 1,
  digest: `sha256:${'0'.repeat(64)}`,
  media: 'text/markdown',
  chars: 1234,
  bytes: 1234,
  published: false,
}
const verified: EventBody = {
  type: 'artifact.verified',
  call: 'c1',
  artifact: 'letter',
  version: 1,
  score: 3,
  feedback: 'too cold',
  accepted: false,
}
const error = { code: 'verification', message: 'letter is stored and not published' }

/** What a screen shows; a text among the events is a piece of what a model writes. */
function shown(
  parts: readonly (EventBody | string)[],
  terminal: { readonly columns: number } | null = null,
  branch?: string,
): string {
  const isTTY = terminal !== null
  const output = capture({ isTTY, hasColors: () => false, columns: terminal?.columns ?? 100 })
  const progress: Progress = showProgress(createScreen(output, {}))
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'string') progress.text(part, branch)
    else progress.show(placed(part, { seq: index + 1, branch }))
  }
  return output.text()
}

function placed(
  body: EventBody,
  { seq, branch }: { readonly seq: number; readonly branch: string | undefined },
): Event {
  return { v: 1, seq, at: 0, ...body, ...(branch === undefined ? {} : { branch }) }
}

describe('a composer', () => {
  const deltas = ['Dear ', 'Ada,\n\n', 'yes.\n']

  test('writes on the terminal under a line that says so, and its text is not said again', () => {
    expect(shown([asks, composes, ...deltas, composed], { columns: 40 })).toBe(
      [
        '  ✎ composer writing letter …',
        '    Dear Ada,',
        '',
        '    yes.',
        '    · 16 characters',
        '',
      ].join('\n'),
    )
  })

  test('is a line and a number of characters in a pipe', () => {
    expect(shown([asks, composes, ...deltas, composed])).toBe(
      '  ✎ composer writing letter …\n    · 16 characters\n',
    )
  })

  test('of a sub-run does not run into another text', () => {
    const text = shown([asks, composes, ...deltas, composed], { columns: 80 }, 'look/0')
    expect(text).toBe('  look/0   ✎ composer writing letter …\n  look/0     · 16 characters\n')
  })

  test('is named where it fails, and the next attempt says that it is one', () => {
    const failed: EventBody = { type: 'model.failed', call: 2, attempt: 1, error }
    const text = shown([asks, composes, failed, { ...composes, attempt: 2 }])
    expect(text).toContain('✗ composer: verification: letter is stored')
    expect(text).toContain('✎ composer writing letter, attempt 2 …')
  })

  test('is followed by a planner whose text stands where it always did', () => {
    const called: EventBody = {
      type: 'model.called',
      call: 4,
      attempt: 1,
      step: 's',
      closing: false,
    }
    const said: EventBody = { ...composed, call: 4, parts: [{ type: 'text', text: 'Done.' }] }
    const text = shown([asks, composes, composed, called, 'Done.', said], { columns: 40 })
    expect(text).toContain('\n  Done.\n')
    expect(text.match(/Done/g)).toHaveLength(1)
  })
})

describe('a verifier', () => {
  test('is shown as its verdict: never as the report that it wrote, nor again as the call’s error', () => {
    const text = shown(
      [
        asks,
        stored,
        verifies,
        '{"score":3',
        reports,
        verified,
        { type: 'call.failed', call: 'c1', error },
      ],
      { columns: 80 },
    )
    expect(text).toBe(
      [
        '  ▣ letter v1 stored, not published yet: 1,234 characters, text/markdown',
        '  ✗ letter v1: 3 of 10: too cold',
        '',
      ].join('\n'),
    )
  })

  test('that accepts says so', () => {
    const accepted = { ...verified, score: 8, feedback: '', accepted: true }
    const returned: EventBody = { type: 'tool.returned', call: 'c1', output: { version: 1 } }
    expect(shown([asks, stored, accepted, returned])).toContain(
      '  ✓ letter v1: 8 of 10, published\n',
    )
    expect(shown([asks, stored, accepted, returned])).not.toContain('←')
  })
})

test('a rejection has its reason, and each finding its place', () => {
  const text = shown([
    asks,
    {
      type: 'artifact.rejected',
      call: 'c1',
      artifact: 'letter',
      reason: 'placeholder',
      findings: [
        { rule: 'todo', message: 'a placeholder', line: 3, column: 1, excerpt: '[TODO: name]' },
        { rule: 'tbd', message: '"TBD" marks work', line: 4, column: 9, excerpt: 'TBD' },
        { rule: 'min_chars', message: 'one character short' },
        ...[5, 6, 7].map((line) => ({ rule: 'more', message: 'more', line })),
      ],
      message: 'letter was not stored',
    },
    { type: 'tool.returned', call: 'c2', output: null },
  ])
  expect(text).toContain(
    [
      '  ✗ letter not stored (placeholder)',
      '    · 3:1 a placeholder: [TODO: name]',
      '    · 4:9 "TBD" marks work',
      '    · one character short',
      '    · 5:1 more',
      '    · 6:1 more',
      '    · and 1 more',
      '',
    ].join('\n'),
  )
})

describe('decisions', () => {
  const decision = {
    next_action: 'final_answer',
    confidence: 0.4,
    risk_level: 'high',
    success_criteria_met: true,
    source: 'native',
  } as const

  test('native ones are one line before what they stand for; the envelope is never streamed', () => {
    const called = { ...composes, native: true } as const
    const { role: _role, tool: _tool, artifact: _artifact, ...planner } = called
    const answered = { ...composed, decision, parts: [{ type: 'text', text: 'Yes.' }] } as const
    expect(shown([planner, '{"next_action":', answered], { columns: 60 })).toBe(
      '  ◇ final_answer, confidence 0.4, risk high, criteria met\n  Yes.\n',
    )
  })

  test('what was wrong with one, what was inferred, and doubt are said', () => {
    const text = shown([
      { type: 'decision.rejected', call: 1, message: 'Your decision cannot be read.' },
      { type: 'decision.inferred', call: 1, decision: { ...decision, source: 'inferred' } },
      { type: 'confidence.doubted', call: 1, below: 0.5, series: [0.4, 0.3] },
    ])
    expect(text).toContain('  ✗ decision: Your decision cannot be read.\n')
    expect(text).toContain('  ◇ final_answer, inferred from the message')
    expect(text).toContain('  ? confidence: under 0.5 for 2 decisions: 0.4, 0.3\n')
  })
})

test('slots say what they hold and whence, and why an answer does not fit; references what they are', () => {
  const text = shown([
    { type: 'slots.filled', values: { tone: 'warm', pages: 2 }, source: 'input' },
    { type: 'slots.filled', values: { role: 'cook' }, source: 'user' },
    { type: 'slots.rejected', call: 'c1', wrong: [{ slot: 'tone', message: 'warm or plain' }] },
    { type: 'call.resolved', call: 'c1', args: { profile: 'Ada' } },
  ])
  expect(text).toBe(
    [
      '  ▪ slots tone = warm, pages = 2',
      '  ▪ slot role = cook (answered)',
      '  ✗ tone: warm or plain',
      '  ⇢ resolved {"profile":"Ada"}',
      '',
    ].join('\n'),
  )
})

test('Law 16: no artifact, slot or finding steers the terminal', () => {
  const evil = `${String.fromCodePoint(0x1b)}[2Jevil`
  const text = shown(
    [
      { type: 'slots.filled', values: { [evil]: evil }, source: 'input' },
      { ...stored, artifact: evil, media: evil },
      { ...verified, artifact: evil, feedback: evil },
      {
        type: 'artifact.rejected',
        call: 'c1',
        artifact: evil,
        reason: 'directive',
        findings: [{ rule: evil, message: evil, line: 1, excerpt: evil }],
        message: evil,
      },
      composes,
      evil,
    ],
    { columns: 40 },
  )
  expect(text).toContain('evil')
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
})
