import { z } from 'zod'
import { isJsonObject, type Json } from '../../core/spec/json.ts'
import type { Outline } from '../../core/spec/outline.ts'
import { parseSpec } from '../../core/spec/parse-spec.ts'
import { readJson } from '../../core/spec/read-json.ts'
import type { Definition } from './definition.ts'

/** Reads a definition as the store keeps it; undefined when it is not there or not readable (Law 13). */
export function readPinned(text: string | null): Definition | undefined {
  return text === null ? undefined : readDefinition(JSON.parse(text))
}

function readDefinition(value: unknown): Definition | undefined {
  const read = readJson(value)
  if (!read.ok || !isJsonObject(read.value)) return undefined
  const parsed = parseSpec(read.value['spec'])
  if (!parsed.ok) return undefined
  const workflows = new Map<string, Definition>()
  const below = read.value['workflows']
  for (const [key, each] of Object.entries(isJsonObject(below) ? below : {})) {
    const definition = readDefinition(each)
    if (definition === undefined) return undefined
    workflows.set(key, definition)
  }
  return { spec: parsed.spec, workflows, outline: readOutline(read.value['outline']) }
}

const digests = z.record(z.string(), z.string())
const outline: z.ZodType<Outline> = z.object({
  start: z.string(),
  whole: digests,
  steps: z.record(z.string(), z.object({ parts: digests, to: z.array(z.string()) })),
  tools: z.array(z.string()),
})

function readOutline(value: Json | undefined): Outline | null {
  const parsed = outline.safeParse(value)
  return parsed.success ? parsed.data : null
}
