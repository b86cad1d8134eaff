import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { MindError } from './mind.ts'

const TIMEOUT_MS = 10_000
const MAX_CHARS = 8_000

/**
 * Makes what a memory finds notes by meaning with, of any AI SDK embedding model (S0.23): texts in,
 * one vector each out, in order, as many at once as the model takes. A text counts by its first 8,000
 * characters. Rejects with what the provider says, or after ten seconds.
 */
export function embedWith(
  model: EmbeddingModelV4,
): (texts: readonly string[]) => Promise<readonly (readonly number[])[]> {
  return async (texts) => {
    const most = Math.max(1, (await model.maxEmbeddingsPerCall) ?? texts.length)
    const abortSignal = AbortSignal.timeout(TIMEOUT_MS)
    const vectors: (readonly number[])[] = []
    for (let from = 0; from < texts.length; from += most) {
      const values = texts.slice(from, from + most).map((text) => text.slice(0, MAX_CHARS))
      const { embeddings } = await model.doEmbed({ values, abortSignal })
      if (embeddings.length !== values.length) {
        const message = `${model.modelId} gave ${embeddings.length} vectors for ${values.length} texts`
        throw new MindError(message, { code: 'bad_answer', retryable: false })
      }
      vectors.push(...embeddings)
    }
    return vectors
  }
}
