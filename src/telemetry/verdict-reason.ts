import type { GateOutcome } from '../core/log/event.ts'
import type { Plan } from '../core/spec/plan.ts'

/** What of a reason is the author's or ours, and never a value that a call or a result brought. */
const OURS: readonly RegExp[] = [
  /needs a successful [\w.-]+ first/g,
  /not so: [^;]+/g,
  /limited to \d+ calls?/g,
  /at \$[^\s;]* did not come from [^;]+/g,
  /at \$[^\s;]* occurs only in what untrusted [\w.-]+ returned/g,
  /no value at \$?[^\s;]* to count by/g,
  /the user has not confirmed this tool with these arguments/g,
]
/** Gates whose reasons are made of names and numbers of the workflow alone. */
const NAMES_ONLY: ReadonlySet<string> = new Set(['scope', 'budget', 'risk', 'escalate_to_human'])
const NO_VALUES: ReadonlyMap<string, string> = new Map([
  ['unknown', 'there is no such tool'],
  ['arguments', 'bad arguments'],
])

/**
 * A gate's reason without any value: a ledger quotes the argument that did not fit, a trace is read
 * by more people than a ledger is (Law 17). Empty where nothing of it is known to be free of them.
 */
export function valueFreeReason({ gate, verdict, reason }: GateOutcome, plan: Plan | null): string {
  if (NAMES_ONLY.has(gate)) return reason
  const own = NO_VALUES.get(gate)
  if (own !== undefined) return own
  if (verdict === 'allow') return ''
  const about = aboutOf(plan, gate)
  // With what it is about, the objections stand in parentheses.
  const why = about === null ? reason : reason.replace(/\)$/, '')
  const found = OURS.flatMap((pattern) => why.match(pattern) ?? [])
  return [...(about === null ? [] : [about]), ...found].join('; ').trim()
}

function aboutOf(plan: Plan | null, name: string): string | null {
  for (const gates of plan?.gatesOn.values() ?? []) {
    const gate = gates.find((each) => each.name === name)
    if (gate !== undefined) return gate.about
  }
  return null
}
