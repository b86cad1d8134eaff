import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { expect, test } from 'vitest'
import { embedWith } from './ai-sdk-embed.ts'

function given(
  asked: (readonly string[])[],
  more: Partial<EmbeddingModelV4> = {},
): EmbeddingModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'fake',
    modelId: 'fake-embedding',
    maxEmbeddingsPerCall: 2,
    supportsParallelCalls: false,
    doEmbed: ({ values }) => {
      asked.push(values)
      return Promise.resolve({ embeddings: values.map((text) => [text.length]), warnings: [] })
    },
    ...more,
  }
}

test('as many texts at once as the model takes, their vectors in order', async () => {
  const asked: (readonly string[])[] = []
  expect(await embedWith(given(asked))(['a', 'bb', 'ccc'])).toEqual([[1], [2], [3]])
  expect(asked).toEqual([['a', 'bb'], ['ccc']])
  asked.length = 0
  const all = given(asked, { maxEmbeddingsPerCall: Promise.resolve(undefined) })
  await embedWith(all)(['a', 'bb', 'ccc'])
  expect(asked).toHaveLength(1)
})

test('a long text counts by its beginning', async () => {
  expect(await embedWith(given([]))(['x'.repeat(20_000)])).toEqual([[8_000]])
})

test('too few vectors are an error, not the vectors of other texts', async () => {
  const lazy = given([], { doEmbed: () => Promise.resolve({ embeddings: [[1]], warnings: [] }) })
  await expect(embedWith(lazy)(['a', 'b'])).rejects.toThrow('gave 1 vectors for 2 texts')
})
