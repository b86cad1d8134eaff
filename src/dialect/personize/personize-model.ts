/** By how a model's name begins: who offers it. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^(?:gpt-|chatgpt|o\d)/, 'openai'],
  [/^claude/, 'anthropic'],
  [/^gemini/, 'google'],
]

/** Personize's words for providers that have another one here. */
const PROVIDERS: ReadonlyMap<string, string> = new Map([['bedrock', 'amazon-bedrock']])

/**
 * Writes a model as `provider/model`, from a request that names the provider apart, or not at all
 * (S0.24): then a known family gets its provider, and everything else stays as it is.
 */
export function modelName(model: string, provider?: string | null): string {
  if (provider !== undefined && provider !== null && provider !== '') {
    const own = PROVIDERS.get(provider) ?? provider
    return model.startsWith(`${own}/`) ? model : `${own}/${model}`
  }
  if (model.includes('/')) return model
  const family = FAMILIES.find(([name]) => name.test(model))?.[1]
  return family === undefined ? model : `${family}/${model}`
}
