import type { ScopeTarget } from './ai-sdk-scope.ts'
import type { MindRequest } from './mind.ts'

import { describe, expect, test } from 'vitest'

import { cacheHints, systemMessage, withLastMark } from './ai-sdk-cache.ts'
import { providerFamily, scopeCall } from './ai-sdk-scope.ts'

const OPEN: ScopeTarget = {
  family: 'compatible',
  modelId: 'm',
  hasCalls: false,
  rejectsForcedTool: false,
}

function ask(changes: Partial<MindRequest> = {}): MindRequest {
  return {
    run: 'run_1',
    call: 1,
    step: 'triage',
    role: 'planner',
    model: null,
    system: null,
    messages: [],
    tools: ['a', 'b'].map((name) => ({ name, about: '', input: { type: 'object' } })),
    legal: ['a'],
    scope: 'stable',
    choose: 'auto',
    output: null,
    settings: {},
    closing: false,
    asked: [],
    branch: '',
    item: null,
    ...changes,
  }
}

describe('providerFamily', () => {
  test.each([
    ['openai.responses', 'openai-responses'],
    ['azure.responses', 'openai-responses'],
    ['openai.chat', 'openai-chat'],
    ['anthropic.messages', 'anthropic'],
    ['bedrock.anthropic.messages', 'anthropic'],
    ['googleVertex.anthropic.messages', 'anthropic'],
    ['google.generative-ai', 'google'],
    ['google.vertex.chat', 'google'],
    ['amazon-bedrock', 'bedrock'],
    ['ollama.chat', 'compatible'],
    ['gateway', 'other'],
  ])('%s', (provider, family) => {
    expect(providerFamily(provider)).toBe(family)
  })
})

describe('scopeCall', () => {
  test('a model that takes no forced tool is asked for any: its definitions stay whole', () => {
    const request = ask({ choose: { tool: 'a' } })
    const target = { ...OPEN, family: 'anthropic', rejectsForcedTool: true } as const
    expect(scopeCall(request, target).options.toolChoice).toEqual({ type: 'required' })
    expect(scopeCall(request, OPEN).options.toolChoice).toEqual({ type: 'tool', toolName: 'a' })
  })

  test('a named tool that is not legal is not forced', () => {
    const request = ask({ choose: { tool: 'b' } })
    expect(scopeCall(request, OPEN).options.toolChoice).toEqual({ type: 'auto' })
  })

  test('a silent strict step without history sends nothing of tools', () => {
    const request = ask({ scope: 'strict', choose: 'none' })
    expect(scopeCall(request, OPEN).options).toEqual({})
    const { options } = scopeCall(request, { ...OPEN, hasCalls: true })
    expect(options.tools).toHaveLength(2)
    expect(options.toolChoice).toEqual({ type: 'none' })
  })

  test('allowed tools go where they are understood and are needed', () => {
    const openai = { ...OPEN, family: 'openai-responses' } as const
    expect(scopeCall(ask(), openai).providerOptions).toEqual({
      openai: { allowedTools: { toolNames: ['a'], mode: 'auto' } },
    })
    expect(scopeCall(ask({ legal: ['a', 'b'] }), openai).providerOptions).toEqual({ openai: {} })
    expect(scopeCall(ask({ legal: [] }), openai).providerOptions).toEqual({ openai: {} })
    expect(scopeCall(ask(), OPEN).providerOptions).toEqual({})
  })
})

describe('cache hints', () => {
  const target = { family: 'anthropic', modelId: 'claude' } as const

  test('Claude elsewhere is marked at the end of the transcript, leaving the original alone', () => {
    const hints = cacheHints(ask(), { ...target, provider: 'googleVertex.anthropic.messages' })
    const last = { role: 'user', content: [] } as const
    const providerOptions = { anthropic: { cacheControl: { type: 'ephemeral' } } }
    expect(systemMessage('s', hints)).toEqual({ role: 'system', content: 's', providerOptions })
    expect(systemMessage(null, hints)).toBeNull()
    expect(withLastMark([{ ...last, content: [] }], hints)).toEqual([{ ...last, providerOptions }])
    expect(last).toEqual({ role: 'user', content: [] })
  })

  test('Nova is marked at the system message only', () => {
    const nova = {
      family: 'bedrock',
      provider: 'amazon-bedrock',
      modelId: 'eu.amazon.nova-pro-v1:0',
    }
    const hints = cacheHints(ask(), { ...nova, family: 'bedrock' })
    expect(hints.lastMessage).toBeNull()
    expect(hints.system).not.toBeNull()
  })
})
