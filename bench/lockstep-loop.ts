/*
 * The same work on Lockstep, as a user would run it: a loaded workflow, a store, the AI SDK mind.
 */
import { aiSdkMind, createRuntime, defineTool, loadWorkflow, memoryStore } from '../src/index.ts'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import type { LoadedWorkflow, Mind, RunRecord, Store } from '../src/index.ts'
import type { Workload } from './workload.ts'

export interface LockstepLoopOptions {
  /** Null for a mind that gives the workload's answers itself, without a model and its prompt. */
  readonly model: LanguageModelV4 | null
  /** Memory when left out. */
  readonly store?: Store
  /** `generate` asks the model as `generateText` does; streaming is Lockstep's default. */
  readonly mode?: 'stream' | 'generate'
  /** What its tools say of themselves: a write is judged alone and its dispatch is synced. */
  readonly effect?: 'read' | 'write'
}

/** Loads a workload's workflow and makes the loop; each call of what it gives is one run. */
export async function lockstepLoop(
  workload: Workload,
  options: LockstepLoopOptions,
): Promise<() => Promise<RunRecord>> {
  const { effect = 'read', mode = 'generate', model, store } = options
  const workflow = await loadWorkload(workload, effect)
  const mind = model === null ? readyMind(workload) : aiSdkMind({ model, mode })
  return async () => {
    // A memory store of its own for each run: the other loops keep nothing either.
    const runtime = createRuntime({ mind, store: store ?? memoryStore() })
    const run = await runtime.start(workflow)
    const record = await run.done
    if (record.reason !== 'completed') {
      throw new Error(`the run rests ${String(record.reason)}: ${record.message}`)
    }
    return record
  }
}

/** Loads a workload's workflow with its tools. */
export async function loadWorkload(
  workload: Workload,
  effect: 'read' | 'write' = 'read',
): Promise<LoadedWorkflow> {
  const tools = Object.entries(workload.tools).map(([name, { about, execute, input }]) => {
    const definition = defineTool({ about, input, effect, execute })
    return [name, definition] as const
  })
  const loaded = await loadWorkflow(workload.spec, { tools: Object.fromEntries(tools) })
  if (loaded.ok) return loaded.workflow
  throw new TypeError(loaded.issues.map((issue) => issue.message).join('; '))
}

function readyMind({ answers }: Workload): Mind {
  let calls = 0
  return {
    answer: async () => {
      const answer = answers[calls++ % answers.length] ?? { text: 'done' }
      const usage = { input: 10, output: 5, cached: 0 }
      return 'text' in answer
        ? { parts: [{ type: 'text', text: answer.text }], finish: 'stop', usage }
        : { parts: [{ ...answer, type: 'call', id: `call-${calls}` }], finish: 'tool-calls', usage }
    },
  }
}
