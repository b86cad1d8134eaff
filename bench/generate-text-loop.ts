/*
 * The same work as one would port it to AI SDK 7: a `generateText` for each step, its own tool loop
 * within the step, the messages carried on from step to step.
 */
import { generateText, isStepCount, jsonSchema, tool, type ModelMessage, type ToolSet } from 'ai'
import { z } from 'zod'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { isJsonObject } from '../src/core/spec/json.ts'
import { compileSchema } from '../src/core/spec/json-schema.ts'
import type { Workload, WorkloadTool } from './workload.ts'

/** How its tools check their arguments. */
export type ToolSchemas = 'ajv' | 'zod'

/** Makes the loop for a workload; each call of what it gives does the workload once. */
export function generateTextLoop(
  workload: Workload,
  options: { readonly model: LanguageModelV4; readonly schemas: ToolSchemas },
): () => Promise<void> {
  const { model, schemas } = options
  const toTool = schemas === 'ajv' ? ajvTool : zodTool
  const tools = new Map(
    Object.entries(workload.tools).map(([name, one]) => [name, toTool(one)] as const),
  )
  return async () => {
    const messages: ModelMessage[] = []
    for (const visit of workload.visits) {
      messages.push({ role: 'user', content: visit.prompt })
      const offered = visit.tools.flatMap((name) => {
        const found = tools.get(name)
        return found === undefined ? [] : [[name, found] as const]
      })
      const result = await generateText({
        model,
        instructions: workload.instructions,
        messages,
        tools: Object.fromEntries(offered),
        stopWhen: isStepCount(25),
      })
      messages.push(...result.responseMessages)
    }
  }
}

function ajvTool({ about, execute, input }: WorkloadTool): ToolSet[string] {
  const compiled = compileSchema(input)
  if (!compiled.ok) throw new TypeError(compiled.message)
  const inputSchema = jsonSchema(
    { ...input },
    {
      validate: (value) => {
        const wrong = isJsonObject(value) ? compiled.check(value) : 'no object'
        return wrong === null
          ? { success: true, value }
          : { success: false, error: new TypeError(wrong) }
      },
    },
  )
  return tool({ description: about, inputSchema, execute: async (args) => ({ ...execute(args) }) })
}

function zodTool({ about, execute }: WorkloadTool): ToolSet[string] {
  const inputSchema = z.strictObject({
    id: z.string().min(1).max(64).describe('the id to look for'),
    limit: z.int().min(1).max(100).describe('results at most'),
    fields: z
      .array(z.enum(['status', 'total', 'items']))
      .max(3)
      .optional(),
    currency: z.enum(['EUR', 'USD', 'GBP']).optional().describe('for amounts'),
    placed: z
      .strictObject({ after: z.string().optional(), before: z.string().optional() })
      .optional()
      .describe('when it was placed, as ISO dates'),
    deleted: z.boolean().optional().describe('look among deleted ones too'),
  })
  return tool({ description: about, inputSchema, execute: async (args) => ({ ...execute(args) }) })
}
