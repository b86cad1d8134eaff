import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { createRuntime, type Runtime } from '../drive/runtime.ts'
import type { RuntimeOptions } from '../drive/runtime-options.ts'
import type { Span } from './span.ts'

/*
 * The words of tests of traces: a small shop whose refund needs a look at the order and, beyond an
 * amount, a person.
 */

export const SHOP: WorkflowSpec = {
  workflow: 'shop',
  model: 'openai/gpt-5-mini',
  steps: [
    { name: 'look', prompt: 'Look at {{order}}.', tools: ['find_order', 'refund'] },
    { name: 'act', prompt: 'Act.', tools: ['refund'] },
  ],
  tools: { find_order: { effect: 'read' }, refund: { effect: 'write' } },
  gates: {
    known: { on: 'refund', needs: ['find_order'] },
    small: { on: 'refund', allow: "get('$.args.amount') <= 100", else: 'approve' },
  },
  input: {
    type: 'object',
    properties: { order: { type: 'string' } },
    required: ['order'],
  },
}

/** A word that must not be in any trace unless content is asked for. */
export const CANARY = 'canary-7731'

/** A shop whose model says what a script says; its tools note their calls in `done`. */
export function shop(
  script: readonly object[],
  options: Partial<RuntimeOptions> = {},
): { readonly runtime: Runtime; readonly done: readonly string[] } {
  const done: string[] = []
  const parsed = parseScript(script)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const tool = (name: string) => ({
    about: name,
    input: { type: 'object' } as const,
    execute: () => {
      done.push(name)
      return { secretly: CANARY }
    },
  })
  const runtime: Runtime = createRuntime({
    mind: scriptedMind(parsed.script),
    tools: { find_order: tool('find_order'), refund: tool('refund') },
    ...options,
  })
  return { runtime, done }
}

/** Spans as one line each, below their parents, in the order in which they began. */
export function outline(spans: readonly Span[]): readonly string[] {
  const known = new Map(spans.map((span) => [span.spanId, span]))
  const depthOf = (span: Span): number => {
    const parent = known.get(span.parent?.spanId ?? '')
    return parent === undefined ? 0 : depthOf(parent) + 1
  }
  return spans.map(
    (span) =>
      `${'  '.repeat(depthOf(span))}${span.name}${span.error === null ? '' : ` !${span.error}`}`,
  )
}
