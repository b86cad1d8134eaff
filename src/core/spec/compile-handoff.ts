import { checkSchema } from './compile-tools.ts'
import { compileText } from './compile-text.ts'
import { isJsonObject, type JsonObject } from './json.ts'
import type { JsonPath } from './json-path.ts'
import { errorAt, legalNames, type Issue, type IssuePath } from './issue.ts'
import type { PlanHandoff, PlanTool } from './plan.ts'
import { resolveCondition, resolvePath, STEP_ROOTS, type Scope } from './references.ts'
import type { HandoffSpec, Urgency, WorkflowSpec } from './spec.ts'

const URGENCIES = ['critical', 'high', 'normal', 'low'] as const
const DEFAULT_TRIES = 5
/** What may be looked at before any step: nothing has been put out yet. */
const TURN_ROOTS: ReadonlySet<string> = new Set(['input', 'user', 'session', 'agent', 'now'])

/** Compiles what a handoff holds beyond what the log gives by itself (S2.11). */
export function compileHandoff(
  spec: WorkflowSpec,
  known: {
    readonly tools: ReadonlyMap<string, PlanTool>
    readonly steps: ReadonlySet<string>
    readonly issues: Issue[]
  },
): PlanHandoff | null {
  const { handoff } = spec
  if (handoff === undefined) return null
  const at: IssuePath = ['handoff']
  const scope: Scope = { ...known, roots: STEP_ROOTS }
  const check =
    handoff.schema === undefined
      ? null
      : checkSchema({ type: 'object', ...handoff.schema }, [...at, 'schema'], known.issues)
  checkFields(handoff, known.issues)
  return {
    schema:
      handoff.schema === undefined || check === null ? null : { schema: handoff.schema, check },
    fields: paths(handoff.fields, [...at, 'fields'], scope),
    subject:
      handoff.subject === undefined
        ? null
        : compileText(handoff.subject, {
            at: [...at, 'subject'],
            input: spec.input,
            issues: known.issues,
          }),
    customer:
      handoff.customer === undefined
        ? null
        : resolvePath(handoff.customer, [...at, 'customer'], scope),
    amounts: paths(handoff.amounts, [...at, 'amounts'], scope),
    urgency: urgencies(handoff.urgency, [...at, 'urgency'], scope),
    when:
      handoff.when === undefined
        ? null
        : resolveCondition(handoff.when, [...at, 'when'], { ...scope, roots: TURN_ROOTS }),
    webhook:
      handoff.webhook === undefined
        ? null
        : {
            url: handoff.webhook.url,
            secret: handoff.webhook.secret ?? null,
            tries: handoff.webhook.tries ?? DEFAULT_TRIES,
          },
  }
}

function checkFields(handoff: HandoffSpec, issues: Issue[]): void {
  const properties: JsonObject = isJsonObject(handoff.schema?.['properties'])
    ? handoff.schema['properties']
    : {}
  for (const field of Object.keys(handoff.fields ?? {})) {
    if (Object.hasOwn(properties, field)) continue
    const legal = legalNames(field, Object.keys(properties))
    const message = `the handoff's schema has no field \`${field}\`; ${legal}`
    issues.push(errorAt(['handoff', 'fields', field], message))
  }
}

function paths(
  given: Readonly<Record<string, string>> | undefined,
  at: IssuePath,
  scope: Scope,
): ReadonlyMap<string, JsonPath> {
  const found = new Map<string, JsonPath>()
  for (const [name, text] of Object.entries(given ?? {})) {
    const path = resolvePath(text, [...at, name], scope)
    if (path !== null) found.set(name, path)
  }
  return found
}

function urgencies(
  given: HandoffSpec['urgency'],
  at: IssuePath,
  scope: Scope,
): PlanHandoff['urgency'] {
  if (given === undefined) return []
  if (typeof given === 'string') return [{ is: given, when: null }]
  return URGENCIES.flatMap((is: Urgency) => {
    const text = given[is]
    if (text === undefined) return []
    const when = resolveCondition(text, [...at, is], scope)
    return when === null ? [] : [{ is, when }]
  })
}
