import type { Event } from '../core/log/event.ts'
import { spansOf, type SpanOptions } from './spans-of.ts'
import type { Attributes, Span } from './span.ts'

/** One thing to count or to put into a histogram, whatever keeps those. */
export interface Measure {
  readonly kind: 'counter' | 'histogram'
  /** As the GenAI conventions name it, where they do. */
  readonly name: string
  /** Seconds, tokens or times. */
  readonly value: number
  /**
   * Names of the workflow's author, reasons and codes; never a run, a person or a value. Where callers
   * bring their own workflows, whoever keeps them bounds how many there are.
   */
  readonly labels: Readonly<Record<string, string>>
}

/**
 * What a log adds to metrics: rests by reason, verdicts by gate, tool and model calls with their
 * durations, tokens (issue 5, Operations).
 */
export function meterOf(events: Iterable<Event>, options: SpanOptions = {}): readonly Measure[] {
  return spansOf(events, options).flatMap((span) => measuresOf(span))
}

/** What one finished span adds, for whoever reads a log as it grows. */
export function measuresOf(span: Span): readonly Measure[] {
  const { attributes } = span
  const verdicts = span.notes
    .filter(({ name }) => name === 'lockstep.gate.verdict')
    .map((note): Measure => {
      const labels = {
        ...labelsOf(note.attributes, {
          gate: 'lockstep.gate.name',
          verdict: 'lockstep.gate.verdict',
        }),
        ...labelsOf(attributes, { tool: 'gen_ai.tool.name' }),
      }
      return { kind: 'counter', name: 'lockstep.gate.verdicts', value: 1, labels }
    })
  return [...verdicts, ...ofOperation(span)]
}

function ofOperation(span: Span): readonly Measure[] {
  const { attributes } = span
  switch (attributes['gen_ai.operation.name']) {
    case 'invoke_workflow': {
      const workflow = { workflow: 'gen_ai.workflow.name' }
      const duration = durationOf(span, 'gen_ai.invoke_workflow.duration', workflow)
      if (attributes['lockstep.branch'] !== undefined) return [duration]
      const labels = labelsOf(attributes, { ...workflow, reason: 'lockstep.rest.reason' })
      return [duration, { kind: 'counter', name: 'lockstep.run.rests', value: 1, labels }]
    }
    case 'chat': {
      const asked = {
        provider: 'gen_ai.provider.name',
        model: 'gen_ai.request.model',
        role: 'lockstep.role',
      }
      const tokens = ['input_tokens', 'output_tokens', 'cache_read.input_tokens'].flatMap(
        (which) => {
          const value = attributes[`gen_ai.usage.${which}`]
          if (typeof value !== 'number') return []
          const labels = labelsOf(attributes, asked)
          return [{ kind: 'counter', name: `gen_ai.client.usage.${which}`, value, labels } as const]
        },
      )
      return [durationOf(span, 'gen_ai.client.inference.duration', asked), ...tokens]
    }
    case 'execute_tool':
      return [durationOf(span, 'gen_ai.execute_tool.duration', { tool: 'gen_ai.tool.name' })]
    default:
      return []
  }
}

function durationOf(
  { attributes, startedAt, endedAt }: Span,
  name: string,
  from: Readonly<Record<string, string>>,
): Measure {
  const labels = labelsOf(attributes, { ...from, error: 'error.type' })
  return { kind: 'histogram', name, value: (endedAt - startedAt) / 1000, labels }
}

/** Labels by the attribute that each is taken from; what a span does not have is no label. */
function labelsOf(
  attributes: Attributes,
  from: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(from).flatMap(([label, attribute]) => {
      const value = attributes[attribute]
      return value === undefined ? [] : [[label, String(value)]]
    }),
  )
}
