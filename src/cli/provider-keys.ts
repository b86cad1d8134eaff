/** What each provider needs in the environment; any one of its names will do. */
export const PROVIDER_KEYS: readonly {
  readonly provider: string
  readonly names: readonly string[]
  readonly example: string
}[] = [
  { provider: 'openai', names: ['OPENAI_API_KEY'], example: 'openai/gpt-5-mini' },
  { provider: 'anthropic', names: ['ANTHROPIC_API_KEY'], example: 'anthropic/claude-sonnet-4-5' },
  {
    provider: 'google',
    names: ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY'],
    example: 'google/gemini-2.5-flash',
  },
  {
    provider: 'amazon-bedrock',
    names: ['AWS_BEARER_TOKEN_BEDROCK', 'AWS_ACCESS_KEY_ID'],
    example: 'amazon-bedrock/MODEL',
  },
  {
    provider: 'openai-compatible',
    names: ['OPENAI_COMPATIBLE_BASE_URL', 'OPENAI_BASE_URL'],
    example: 'openai-compatible/MODEL',
  },
]

/** The names that are set, never their values. */
export function keysPresent(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return names.filter((name) => (env[name] ?? '').trim() !== '')
}
