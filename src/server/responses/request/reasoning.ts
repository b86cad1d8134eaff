import { z } from 'zod'
import type { AnswerPart } from '../../../core/log/event.ts'
import type { InputItem } from './request-schema.ts'

/*
 * A model's reasoning on its way out and back: what its provider wants with it goes along in
 * `encrypted_content`, which clients send back as it is.
 */

type Reasoning = Extract<AnswerPart, { type: 'reasoning' }>

const carriedSchema = z.object({
  text: z.string(),
  options: z.record(z.string(), z.json()).optional(),
})

/** What an item carries back; null where it carries nothing that a model here could use. */
export function readReasoning(item: InputItem): Reasoning | null {
  const carried = item['encrypted_content']
  if (typeof carried !== 'string') return null
  try {
    const text = Buffer.from(carried, 'base64url').toString('utf8')
    const { text: words, options } = carriedSchema.parse(JSON.parse(text))
    return { type: 'reasoning', text: words, ...(options === undefined ? {} : { options }) }
  } catch {
    // Another server's: nothing here can read it.
    return null
  }
}

/** What `encrypted_content` holds. */
export function carryReasoning({ text, options }: Reasoning): string {
  return Buffer.from(JSON.stringify({ text, options })).toString('base64url')
}
