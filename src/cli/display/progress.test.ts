import { describe, expect, test } from 'vitest'
import type { Event, EventBody } from '../../core/log/event.ts'
import { capture } from '../given-cli.ts'
import { showProgress, type Progress } from './progress.ts'
import { createScreen, type Output } from './screen.ts'

const ESC = String.fromCodePoint(0x1b)

function show(
  bodies: readonly EventBody[],
  options: {
    readonly terminal?: Partial<Output>
    readonly before?: (progress: Progress) => void
  } = {},
): string {
  const output = capture(options.terminal)
  const progress = showProgress(createScreen(output, {}))
  options.before?.(progress)
  for (const [index, body] of bodies.entries()) {
    const event: Event = { v: 1, seq: index + 1, at: 0, ...body }
    progress.show(event)
  }
  return output.text()
}

const answered: EventBody = {
  type: 'model.answered',
  call: 1,
  parts: [
    { type: 'text', text: 'I pay.' },
    { type: 'call', id: 'c1', tool: 'pay', args: { amount: 900 } },
  ],
  finish: 'tool-calls',
  usage: { input: 1200, output: 30, cached: 1000 },
}

describe('in a pipe', () => {
  test('each call, then the gates that have something to say', () => {
    const text = show([
      answered,
      {
        type: 'call.judged',
        call: 'c1',
        tool: 'pay',
        verdict: 'refuse',
        gates: [
          { gate: 'scope', verdict: 'allow', reason: 'legal in step pay' },
          { gate: 'known', verdict: 'allow', reason: 'every rule holds' },
          { gate: 'small', verdict: 'refuse', reason: 'not so: 900 <= 500' },
          { gate: 'large', verdict: 'escalate', reason: 'a person decides' },
        ],
      },
    ])
    expect(text).toBe(
      [
        '  I pay.',
        '  → pay {"amount":900}',
        '    ✓ known',
        '    ✗ small: not so: 900 <= 500',
        '    ? large (escalate): a person decides',
        '',
      ].join('\n'),
    )
  })

  test('a failure once, the wait, the next attempt', () => {
    const error = { code: 'TIMEOUT', message: 'no answer' }
    const text = show([
      answered,
      { type: 'tool.failed', call: 'c1', attempt: 1, error },
      { type: 'tool.retried', call: 'c1', delayMs: 1500 },
      { type: 'tool.dispatched', call: 'c1', attempt: 2 },
      { type: 'tool.failed', call: 'c1', attempt: 2, error },
      { type: 'call.failed', call: 'c1', error },
    ])
    expect(text).toContain('✗ pay TIMEOUT: no answer\n  … again in 1.5 s\n  → pay attempt 2\n')
    expect(text.match(/TIMEOUT/g)).toHaveLength(2)
  })

  test('tokens when a step ends, and where it leads to', () => {
    const text = show([
      answered,
      { type: 'step.completed', step: 'pay', visit: 1, output: 'text' },
      { type: 'transition.taken', from: 'pay', to: 'end', rule: 0, when: "get('$.output.ok')" },
    ])
    expect(text).toContain('· 1,200 tokens in (1,000 cached), 30 out, 1 model call\n')
    expect(text).toContain("↳ end when get('$.output.ok')\n")
  })

  test('Law 16: what tools and models write carries no control codes', () => {
    const evil = `${ESC}[2J${ESC}]0;x${String.fromCodePoint(7)}evil`
    const text = show([
      {
        ...answered,
        parts: [
          { type: 'text', text: evil },
          { type: 'call', id: evil, tool: evil, args: evil },
        ],
      },
      { type: 'call.judged', call: evil, tool: evil, verdict: 'refuse', gates: [] },
      { type: 'tool.returned', call: evil, output: evil },
      { type: 'step.entered', step: evil, visit: 1, message: null, prompt: null },
      { type: 'limit.reached', reason: 'budget_exceeded', limit: 'calls', allowed: 1, message: '' },
      { type: 'output.rejected', step: 's', message: evil },
    ])
    expect(text).toContain('evil')
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })
})

describe('on a terminal', () => {
  const terminal = { isTTY: true, columns: 40, hasColors: () => false }

  test('text appears as it comes, once, and events do not run into it', () => {
    const text = show([answered, { type: 'run.resumed' }], {
      terminal,
      before: (progress) => {
        for (const delta of ['I ', 'pa', 'y.']) progress.text(delta)
      },
    })
    expect(text).toBe('  I pay.\n▶ goes on\n')
  })

  test('a text that was cut off is closed before it is said why', () => {
    const failed: EventBody = {
      type: 'model.failed',
      call: 1,
      attempt: 1,
      error: { code: '503', message: 'overloaded' },
    }
    const text = show([failed], { terminal, before: (progress) => progress.text('half a ') })
    expect(text).toBe('  half a\n  ✗ model: 503: overloaded\n')
  })
})

test('a run that goes on knows its calls from before', () => {
  const text = show([{ type: 'tool.returned', call: 'c1', output: { ok: true } }], {
    before: (progress) => progress.recall({ v: 1, seq: 1, at: 0, ...answered }),
  })
  expect(text).toBe('  ← pay {"ok":true}\n')
})
