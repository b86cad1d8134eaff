/*
 * The floor: the least code that does a workload. Calls the model, checks arguments, runs tools,
 * keeps the messages; no gates, no limits, no streaming, no log but the one that it is handed.
 */
import { compileSchema, type SchemaCheck } from '../src/core/spec/json-schema.ts'
import type { JsonObject } from '../src/index.ts'
import type { LanguageModelV4, LanguageModelV4Message } from '@ai-sdk/provider'
import type { Workload } from './workload.ts'

/** Called with what a model or a tool gave, before the loop goes on. */
export type Keep = (row: unknown) => void

/** Makes the loop for a workload; each call of what it gives does the workload once. */
export function bareLoop(
  workload: Workload,
  options: { readonly model: LanguageModelV4; readonly keep?: Keep },
): () => Promise<void> {
  const { keep = () => undefined, model } = options
  const checks = new Map(
    Object.entries(workload.tools).map(([name, { input }]): [string, SchemaCheck] => [
      name,
      checkOf(input),
    ]),
  )
  const tools = new Map(
    Object.entries(workload.tools).map(([name, { about, input }]) => [
      name,
      { type: 'function' as const, name, description: about, inputSchema: { ...input } },
    ]),
  )
  return async () => {
    const prompt: LanguageModelV4Message[] = [{ role: 'system', content: workload.instructions }]
    for (const visit of workload.visits) {
      prompt.push({ role: 'user', content: [{ type: 'text', text: visit.prompt }] })
      const offered = visit.tools.flatMap((name) => tools.get(name) ?? [])
      for (let isDone = false; !isDone;) {
        const { content } = await model.doGenerate({ prompt, tools: offered })
        keep(content)
        isDone = true
        for (const part of content) {
          if (part.type === 'text') {
            prompt.push({ role: 'assistant', content: [{ type: 'text', text: part.text }] })
          }
          if (part.type !== 'tool-call') continue
          isDone = false
          const { toolCallId, toolName } = part
          const input: JsonObject = JSON.parse(part.input)
          const wrong = checks.get(toolName)?.(input) ?? null
          if (wrong !== null) throw new TypeError(wrong)
          const value = { ...workload.tools[toolName]?.execute(input) }
          keep(value)
          const call = { type: 'tool-call' as const, toolCallId, toolName, input }
          const output = { type: 'json' as const, value }
          const result = { type: 'tool-result' as const, toolCallId, toolName, output }
          prompt.push({ role: 'assistant', content: [call] }, { role: 'tool', content: [result] })
        }
      }
    }
  }
}

function checkOf(input: JsonObject): SchemaCheck {
  const compiled = compileSchema(input)
  if (!compiled.ok) throw new TypeError(compiled.message)
  return compiled.check
}
