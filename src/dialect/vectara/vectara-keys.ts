import { errorAt, legalNames, type Issue, type IssuePath } from '../../core/spec/issue.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import { legalKeys, schemasAt } from '../../core/spec/published-schema.ts'
import { workflowJsonSchema } from '../../core/spec/schema.ts'

/*
 * Which keys an agent's document may have: Vectara's own, and those of a canonical workflow for what
 * Vectara has no word for (gates, budget, …), which are handed on as they are.
 */

/** Of the agent: what is read, and what the API adds to what it answers. */
export const AGENT_KEYS: readonly string[] = [
  'key',
  'name',
  'description',
  'enabled',
  'metadata',
  'model',
  'first_step_name',
  'first_step',
  'steps',
  'tool_configurations',
  'skills',
  'compaction',
  'tool_output_offloading',
  'created_at',
  'updated_at',
]

/** Of a step. */
export const STEP_KEYS: readonly string[] = [
  'name',
  'type',
  'instructions',
  'output_parser',
  'reminders',
  'next_steps',
  'allowed_tools',
  'allowed_skills',
  'reentry_step',
]

/** Canonical keys for which the agent's format has a word of its own. */
const SAID: readonly string[] = ['workflow', 'about', 'model', 'metadata', 'start', 'steps']
const SAID_IN_STEP: readonly string[] = ['name', 'prompt', 'tools', 'output', 'next', 'reenter']
/** A step of an agent asks a model. */
const FANS_OUT: readonly string[] = ['each', 'run', 'parallel', 'policy']

/** What an object holds beyond a format's own keys; a key that nobody knows is an issue. */
export function takeCanonical(
  value: Json | undefined,
  place: { readonly of: 'agent' | 'step'; readonly at: IssuePath; readonly issues: Issue[] },
): JsonObject {
  if (!isJsonObject(value)) return {}
  const known = place.of === 'agent' ? AGENT_KEYS : STEP_KEYS
  const others = Object.keys(value).filter((key) => !known.includes(key) && key !== '$schema')
  if (others.length === 0) return {}
  const own = canonicalKeys(place.of)
  for (const key of others) {
    if (own.includes(key)) continue
    const legal = legalNames(key, [...known, ...own])
    place.issues.push(errorAt([...place.at, key], `unknown key \`${key}\`; ${legal}`))
  }
  const taken = others.filter((key) => own.includes(key) && value[key] !== null)
  return Object.fromEntries(taken.map((key) => [key, value[key] ?? null]))
}

function canonicalKeys(of: 'agent' | 'step'): readonly string[] {
  const published: unknown = workflowJsonSchema()
  if (!isJsonObject(published)) return []
  if (of === 'agent')
    return legalKeys(schemasAt(published, [])).filter((key) => !SAID.includes(key))
  return legalKeys(schemasAt(published, ['steps', 'any'])).filter(
    (key) => !SAID_IN_STEP.includes(key) && !FANS_OUT.includes(key),
  )
}

/** Says of each key of a small object that is none of the legal ones. */
export function checkKeys(
  value: Json | undefined,
  place: { readonly legal: readonly string[]; readonly at: IssuePath; readonly issues: Issue[] },
): void {
  for (const key of isJsonObject(value) ? Object.keys(value) : []) {
    if (place.legal.includes(key)) continue
    const message = `unknown key \`${key}\`; ${legalNames(key, place.legal)}`
    place.issues.push(errorAt([...place.at, key], message))
  }
}
