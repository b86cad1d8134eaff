import { compileCondition } from '../../core/spec/condition/condition.ts'
import { legalNames, type IssuePath } from '../../core/spec/issue.ts'
import { compileSchema } from '../../core/spec/json-schema.ts'
import { messageOf } from '../../core/spec/message-of.ts'
import type { Plan } from '../../core/spec/plan.ts'
import { allPlans } from './all-plans.ts'
import type { WrittenCall, WrittenCriteria } from './written-case.ts'

/** What cannot be right in a case, whatever its run does. */
export interface NameIssue {
  readonly path: IssuePath
  readonly message: string
}

const ROOTS = [
  'run',
  'workflow',
  'digest',
  'reason',
  'message',
  'output',
  'step',
  'steps',
  'ledger',
  'artifacts',
  'pending',
  'handoff',
  'usage',
  'cost_usd',
  'events',
  'eval',
]

/**
 * Looks for names that the workflow does not have (a `never` of a misspelt tool would pass for ever),
 * and for conditions, schemas and patterns that cannot be read. `calls` and `verdicts` may name tools
 * that are not there: models do.
 */
export function checkNames(written: WrittenCriteria, plan: Plan): readonly NameIssue[] {
  const plans = allPlans(plan)
  const known = {
    step: plans.flatMap((each) => [...each.steps.keys()]),
    tool: plans.flatMap((each) => [...each.tools.keys(), ...each.toolNames]),
    artifact: plans.flatMap((each) => [...each.artifacts.keys()]),
    slot: plans.flatMap((each) => [...each.slots.keys()]),
  }
  const issues: NameIssue[] = []
  const look = (kind: keyof typeof known, name: string, path: IssuePath): void => {
    if (known[kind].includes(name)) return
    const message = `there is no ${kind} \`${name}\` in ${plan.name}; ${legalNames(name, known[kind])}`
    issues.push({ path, message })
  }
  for (const [path, name] of stepsOf(written)) look('step', name, path)
  for (const [key, calls] of Object.entries(written.tools ?? {})) {
    if (!isCalls(calls)) continue
    for (const [index, call] of calls.entries()) look('tool', toolOf(call), ['tools', key, index])
  }
  // Without declared artifacts any may be written.
  for (const name of known.artifact.length === 0 ? [] : Object.keys(written.artifacts ?? {})) {
    look('artifact', name, ['artifacts', name])
  }
  for (const [index, name] of (written.slots?.asked ?? []).entries()) {
    look('slot', name, ['slots', 'asked', index])
  }
  return [...issues, ...unreadable(written)]
}

/** Conditions, schemas and patterns that cannot be used. */
function unreadable(written: WrittenCriteria): readonly NameIssue[] {
  const { accept = [], output = {}, artifacts = {} } = written
  const conditions = [
    ...[accept].flat().map((source, index) => ({ source, path: ['accept', index] })),
    ...(output.where ?? []).map((source, index) => ({ source, path: ['output', 'where', index] })),
  ]
  const issues: NameIssue[] = conditions.flatMap(({ source, path }) =>
    wrongIn(source).map((message) => ({ path, message })),
  )
  const schema = output.schema === undefined ? null : compileSchema(output.schema)
  if (schema?.ok === false) {
    issues.push({ path: ['output', 'schema', ...schema.path], message: schema.message })
  }
  for (const [name, { matches = [] }] of Object.entries(artifacts)) {
    for (const pattern of [matches].flat()) {
      const message = wrongPattern(pattern)
      if (message !== null) issues.push({ path: ['artifacts', name, 'matches'], message })
    }
  }
  return issues
}

function wrongIn(source: string): readonly string[] {
  const compiled = compileCondition(source, { example: '$.output' })
  if (!compiled.ok) return [compiled.error.message]
  const unknown = [...compiled.condition.roots].filter((root) => !ROOTS.includes(root))
  return unknown.map((root) => `the run record has no \`${root}\`; ${legalNames(root, ROOTS)}`)
}

function wrongPattern(pattern: string): string | null {
  try {
    RegExp(pattern, 'iu')
    return null
  } catch (error) {
    return messageOf(error)
  }
}

function stepsOf({ path }: WrittenCriteria): readonly (readonly [IssuePath, string])[] {
  if (path === undefined) return []
  const lists = Object.entries(isNames(path) ? { '': path } : path)
  return lists.flatMap(([key, names]) =>
    isNames(names)
      ? names.map(
          (name, index) => [key === '' ? ['path', index] : ['path', key, index], name] as const,
        )
      : [],
  )
}

function toolOf(call: WrittenCall): string {
  return typeof call === 'string' ? call : call.tool
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value)
}

function isCalls(value: unknown): value is readonly WrittenCall[] {
  return Array.isArray(value)
}
