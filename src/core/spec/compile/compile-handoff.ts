import { checkSchema } from './compile-schema.ts'
import { compileText } from './compile-text.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { JsonPath } from '../path/json-path.ts'
import { errorAt, legalNames, type Issue, type IssuePath } from '../issue.ts'
import type { PlanHandoff, PlanTool } from '../plan.ts'
import { GATE_ROOTS, resolveCondition, resolvePath, STEP_ROOTS, type Scope } from './references.ts'
import type { HandoffSpec, Urgency, WorkflowSpec } from '../spec.ts'

const URGENCIES = ['critical', 'high', 'normal', 'low'] as const
const DEFAULT_TRIES = 5
/** What a model did not write: a turn may begin with a person only by these (Law 15). */
const TURN_ROOTS: ReadonlySet<string> = new Set([...GATE_ROOTS].filter((root) => root !== 'args'))
/** The fields of the workflow's own schema may also quote what a step put out. */
const FIELD_ROOTS: ReadonlySet<string> = new Set([...STEP_ROOTS, 'args'])

/**
 * Compiles what a handoff holds beyond what the log gives by itself (S2.11). Customer, amounts,
 * urgency and `when` read facts alone, as gates do: thresholds are never a model's word (S2.15).
 */
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
  const scope: Scope = { ...known, roots: GATE_ROOTS }
  const check =
    handoff.schema === undefined
      ? null
      : checkSchema({ type: 'object', ...handoff.schema }, [...at, 'schema'], known.issues)
  checkFields(handoff, known.issues)
  checkWebhook(handoff, known.issues)
  return {
    schema:
      handoff.schema === undefined || check === null ? null : { schema: handoff.schema, check },
    fields: paths(handoff.fields, [...at, 'fields'], { ...scope, roots: FIELD_ROOTS }),
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

function checkWebhook({ webhook }: HandoffSpec, issues: Issue[]): void {
  if (webhook === undefined || /^https?:\/\/[^\s/]+(?:\/\S*)?$/.test(webhook.url)) return
  const message = `${JSON.stringify(webhook.url)} is no address to post to; write http://… or https://…`
  issues.push(errorAt(['handoff', 'webhook', 'url'], message))
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
