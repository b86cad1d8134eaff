import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { Plan } from '../plan.ts'

/**
 * What a run is about, as guidelines are matched to it: the user's message; without one what else the
 * input says, and the author's own words.
 */
export function taskOf(plan: Plan, input: JsonObject): string {
  const { message } = input
  if (typeof message === 'string' && message.trim() !== '') return message
  const prompts = [...plan.steps.values()].map(({ prompt }) => prompt.source)
  return [...textsIn(input), plan.spec.about ?? '', ...prompts].join('\n')
}

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return isJsonObject(value) ? Object.values(value).flatMap(textsIn) : []
}
