import { parseSpec } from '../core/spec/parse-spec.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'

/** Reads a definition as the store keeps it; undefined when it is not there or not readable. */
export function readPinned(text: string | null): WorkflowSpec | undefined {
  if (text === null) return undefined
  const value: unknown = JSON.parse(text)
  const spec: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'spec') : undefined
  const parsed = parseSpec(spec)
  return parsed.ok ? parsed.spec : undefined
}
