import { errorAt, type Issue } from '../issue.ts'
import type { PlanDecisions } from '../plan.ts'
import type { WorkflowSpec } from '../spec.ts'

/** What `locale` and `refuse` say, in words, once for every role (S4.33); null where there is neither. */
export function policyText({ locale, refuse }: WorkflowSpec): string | null {
  const lines: string[] = []
  if (locale !== undefined) {
    lines.push(`Write in the language ${locale.language} (BCP 47) and keep to its conventions.`)
    if (locale.timezone !== undefined) lines.push(`Times are in the time zone ${locale.timezone}.`)
    if (locale.currency !== undefined) lines.push(`Amounts are in ${locale.currency}.`)
    lines.push(...(locale.rules ?? []))
  }
  if (refuse !== undefined) {
    lines.push(`Refuse to deal with: ${refuse.topics.join('; ')}.`)
    if (refuse.say !== undefined) lines.push(`When you refuse, say: ${refuse.say}`)
  }
  return lines.length === 0 ? null : lines.join('\n')
}

/** Where envelopes come from, and when doubt is an event. */
export function compileDecisions({ decisions }: WorkflowSpec): PlanDecisions {
  const written = typeof decisions === 'object' ? decisions : { mode: decisions ?? 'infer' }
  return { native: written.mode === 'native', doubt: written.doubt ?? null }
}

/** Only a model's own word on how sure it is counts: doubt without asking for it would never come. */
export function checkDecisions(spec: WorkflowSpec, issues: Issue[]): void {
  const { native, doubt } = compileDecisions(spec)
  if (doubt === null || native) return
  const message =
    '`doubt` needs `mode: native`: a model that is not asked how sure it is does not say it'
  issues.push(errorAt(['decisions', 'doubt'], message))
}
