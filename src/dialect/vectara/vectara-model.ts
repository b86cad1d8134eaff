import { warningAt } from '../../core/spec/issue.ts'
import type { Json, JsonObject } from '../../core/spec/json.ts'
import type { Reading } from './vectara-reading.ts'

/** By how a model's name begins: who offers it. */
const PROVIDERS: readonly (readonly [RegExp, string])[] = [
  [/^(?:gpt-|chatgpt|o\d)/, 'openai'],
  [/^claude/, 'anthropic'],
  [/^gemini/, 'google'],
]

const SETTINGS: ReadonlyMap<string, string> = new Map([
  ['temperature', 'temperature'],
  ['top_p', 'top_p'],
  ['seed', 'seed'],
  ['max_tokens', 'max_output_tokens'],
  ['max_completion_tokens', 'max_output_tokens'],
  ['max_output_tokens', 'max_output_tokens'],
])

/** Reads `model` as `model` and `settings`: a name that says its provider, or a known family. */
export function readModel({ agent, origins, issues }: Reading): JsonObject {
  const { model } = agent
  if (model === undefined || model === null) return {}
  const { name, parameters, retry_configuration: retry } = model
  const provider = PROVIDERS.find(([family]) => family.test(name))?.[1]
  origins.note(['model'], ['model', 'name'])
  origins.note(['settings'], ['model', 'parameters'])
  if (!name.includes('/') && provider === undefined) {
    const message = `nobody knows who offers \`${name}\`; write it as provider/model, like openai/gpt-5-mini, or name one when you run it`
    issues.push(warningAt(['model', 'name'], message))
  }
  const settings: Record<string, Json> = {}
  for (const [key, value] of Object.entries(parameters ?? {})) {
    const setting = SETTINGS.get(key)
    const at = ['model', 'parameters', key]
    if (setting === undefined) {
      const legal = [...SETTINGS.keys()].join(', ')
      issues.push(warningAt(at, `\`${key}\` is not handed on; known: ${legal}`))
    } else {
      settings[setting] = value
      origins.note(['settings', setting], at)
    }
  }
  if (retry !== undefined && retry !== null && Object.keys(retry).length > 0) {
    const message = 'model calls are tried again by rules of their own here; this is not read'
    issues.push(warningAt(['model', 'retry_configuration'], message))
  }
  return {
    model: name.includes('/') || provider === undefined ? name : `${provider}/${name}`,
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  }
}
