import { jsonEquals, type Json } from '../../core/spec/json.ts'
import { compileSchema } from '../../core/spec/json-schema.ts'
import type { Shape } from '../measure.ts'
import type { WrittenOutput } from '../read/written-case.ts'
import { checkConditions } from './accept.ts'
import { found, type Finding } from './finding.ts'
import { has } from './has.ts'

const SHOWN = 300

/** Compares the run's output: the same, at least this, fits a schema, or conditions over the record. */
export function checkOutput(
  written: WrittenOutput,
  on: { readonly output: Json; readonly shape: Shape },
): readonly Finding[] {
  const { output, shape } = on
  const { equals, schema, where } = written
  const findings: Finding[] = []
  const add = (
    key: 'equals' | 'has' | 'schema',
    rest: Pick<Finding, 'expected' | 'actual'> & { readonly passes: boolean },
  ): void => {
    findings.push(found({ name: `output.${key}`, path: [key], ...rest }))
  }
  if (equals !== undefined) {
    const passes = jsonEquals(output, equals)
    add('equals', { passes, expected: short(equals), actual: short(output) })
  }
  if (written.has !== undefined) {
    const passes = has(output, written.has)
    add('has', { passes, expected: `at least ${short(written.has)}`, actual: short(output) })
  }
  if (schema !== undefined) {
    const compiled = compileSchema(schema)
    const wrong = compiled.ok ? compiled.check(output) : compiled.message
    add('schema', {
      passes: wrong === null,
      expected: 'an output that fits the schema',
      actual: wrong === null ? 'it fits' : `${wrong}: ${short(output)}`,
    })
  }
  const conditions =
    where === undefined ? [] : checkConditions(where, { shape, name: 'output.where' })
  return [...findings, ...conditions.map((each) => ({ ...each, path: ['where', ...each.path] }))]
}

function short(value: Json): string {
  const text = JSON.stringify(value)
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`
}
