import type { ProviderEnvironment } from './provider-registry.ts'

import { describe, expect, test } from 'vitest'

import { MindError } from './mind.ts'
import { resolveModel } from './provider-registry.ts'

async function refusal(id: string, env: ProviderEnvironment = {}): Promise<MindError> {
  const thrown: unknown = await resolveModel(id, env).then(
    () => null,
    (error: unknown) => error,
  )
  if (thrown instanceof MindError) return thrown
  throw new Error('no MindError was thrown', { cause: thrown })
}

describe('resolveModel', () => {
  test.each([
    ['openai/gpt-5-mini', { OPENAI_API_KEY: 'k' }, 'openai.responses', 'gpt-5-mini'],
    ['anthropic/claude-x', { ANTHROPIC_API_KEY: 'k' }, 'anthropic.messages', 'claude-x'],
    ['google/gemini-x', { GEMINI_API_KEY: 'k' }, 'google.generative-ai', 'gemini-x'],
    [
      'amazon-bedrock/meta.llama3-70b-v1:0',
      { AWS_BEARER_TOKEN_BEDROCK: 'k', AWS_REGION: 'eu-central-1' },
      'amazon-bedrock',
      'meta.llama3-70b-v1:0',
    ],
    [
      'openai-compatible/meta/llama',
      { OPENAI_COMPATIBLE_BASE_URL: 'http://127.0.0.1:1/v1' },
      'openai-compatible.chat',
      'meta/llama',
    ],
    ['ollama/llama3', { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }, 'ollama.chat', 'llama3'],
  ])('%s', async (id, env, provider, modelId) => {
    expect(await resolveModel(id, env)).toMatchObject({ provider, modelId })
  })

  test.each([
    ['openai/gpt-5-mini', 'OPENAI_API_KEY'],
    ['anthropic/claude-x', 'ANTHROPIC_API_KEY'],
    ['google/gemini-x', 'GOOGLE_GENERATIVE_AI_API_KEY'],
    ['amazon-bedrock/x', 'AWS_BEARER_TOKEN_BEDROCK'],
  ])('%s without a key names the variable and what else there is', async (id, name) => {
    const error = await refusal(id, { [name]: ' ' })
    expect(error).toMatchObject({ code: 'missing_key', retryable: false })
    expect(error.message).toContain(name)
    expect(error.message).toContain('openai-compatible')
    expect(error.message).toContain('--script')
  })

  test('an unknown provider names the known ones', async () => {
    const error = await refusal('mystery/model')
    expect(error.code).toBe('unknown_provider')
    expect(error.message).toMatch(/"mystery".*openai, anthropic, google, amazon-bedrock/)
    expect(error.message).toContain('OPENAI_COMPATIBLE_BASE_URL')
  })

  test('a compatible server needs its address', async () => {
    expect((await refusal('openai-compatible/x')).message).toContain('OPENAI_COMPATIBLE_BASE_URL')
  })

  test('Bedrock needs a region', async () => {
    const error = await refusal('amazon-bedrock/x', { AWS_BEARER_TOKEN_BEDROCK: 'k' })
    expect(error.message).toContain('AWS_REGION')
  })

  test.each(['gpt-5', '/x', 'openai/', ''])('"%s" is no provider/model', async (id) => {
    expect(await refusal(id)).toMatchObject({ code: 'bad_model', retryable: false })
  })
})
