import { errorAt, warningAt, type Issue } from '../issue.ts'
import type { MemorySpec } from '../memory-spec.ts'
import type { PlanMemory } from '../plan.ts'
import type { WorkflowSpec } from '../spec.ts'
import { compileTemplate, type Template } from '../template/template.ts'
import { compileText } from './compile-text.ts'
import { namedSteps } from './named-steps.ts'

const DEFAULT_NOTES = 10

/** Roots that say what happened or what a model wrote: whose memory it is is known before (Law 3). */
const TOO_LATE: ReadonlySet<string> = new Set(
  'steps tools calls artifacts output args now today'.split(' '),
)

/** Compiles whose memory a workflow has and what it does with it; null where it says nothing (S0.21). */
export function compileMemory(spec: WorkflowSpec, issues: Issue[]): PlanMemory | null {
  const { memory } = spec
  if (memory === undefined) {
    checkUnbound(spec, issues)
    return null
  }
  const record = compileRecord(memory.record, { spec, issues })
  const query = compileQuery(memory, { spec, issues })
  if (record === null || query === undefined) return null
  const { recall = false, memorize = false } = memory
  const asked = typeof recall === 'object' ? recall : {}
  const kept = typeof memorize === 'object' ? memorize : {}
  return {
    record: record.template,
    variables: record.variables,
    recall: recall === false ? null : { limit: asked.limit ?? DEFAULT_NOTES, query },
    memorize: memorize === false ? null : { toolResults: kept.capture_tool_results === true },
  }
}

interface Around {
  readonly spec: WorkflowSpec
  readonly issues: Issue[]
}

interface Whose {
  readonly template: Template
  /** Each of its variables alone: one that says nothing would make the memory everybody's. */
  readonly variables: readonly Template[]
}

function compileRecord(text: string, { spec, issues }: Around): Whose | null {
  const at = ['memory', 'record']
  const template = compileText(text, { at, input: spec.input, issues })
  if (template === null) return null
  const late = [...template.variables].filter((name) => TOO_LATE.has(name))
  for (const name of late) {
    const message = `\`memory.record\` may not read \`${name}\`: whose memory it is must be known before anything is done; read the input, session, user or slots`
    issues.push(errorAt(at, message))
  }
  if (/\{\{\s*[#/]/.test(text)) {
    issues.push(errorAt(at, '`memory.record` takes plain variables alone, like customer-{{id}}'))
    return null
  }
  if (template.variables.size === 0) {
    const message = `every run shares the memory ${JSON.stringify(text)}; name whose it is, like customer-{{customer_id}}`
    issues.push(warningAt(at, message))
  }
  const variables = [...text.matchAll(/\{\{.*?\}\}/gs)].flatMap(([tag]) => {
    const compiled = compileTemplate(tag)
    return compiled.ok ? [compiled.template] : []
  })
  return late.length > 0 ? null : { template, variables }
}

/** Null where notes are found without one; undefined where it is wrong. */
function compileQuery(
  { recall }: MemorySpec,
  { spec, issues }: Around,
): Template | null | undefined {
  const query = typeof recall === 'object' ? recall.query : undefined
  if (query === undefined) return null
  const at = ['memory', 'recall', 'query']
  return compileText(query, { at, input: spec.input, issues }) ?? undefined
}

const READERS: ReadonlySet<string> = new Set(['recall', 'recall_pro'])

/** Without a record, `recall` finds what anybody's runs have kept. */
function checkUnbound(spec: WorkflowSpec, issues: Issue[]): void {
  for (const step of namedSteps(spec)) {
    const reader = step.spec.tools?.find((name) => READERS.has(name))
    if (reader === undefined || spec.tools?.[reader] !== undefined) continue
    const message = `\`${reader}\` finds the notes of every record; say whose they may be with \`memory: { record: … }\``
    issues.push(warningAt([...step.at, 'tools'], message))
    return
  }
}
