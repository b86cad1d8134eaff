import { existsSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { namedSteps } from '../core/spec/compile/named-steps.ts'
import type { WorkflowSpec } from '../core/spec/spec.ts'
import { aiSdkMind } from '../mind/ai-sdk.ts'
import { MindError, type Mind } from '../mind/mind.ts'
import { resolveModel } from '../mind/provider-registry.ts'
import { readScript } from '../mind/read-script.ts'
import { recordingMind } from '../mind/recorder.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { shownPath } from './home/home.ts'
import { shellWord } from './invocation.ts'
import { PROVIDER_KEYS } from './provider-keys.ts'
import { UsageError } from './usage-error.ts'

/*
 * Who answers: the model or script that was asked for, else the workflow's model, else, where that
 * has no key, a script that lies beside the workflow.
 */

/** What the command line says of it. */
export interface MindOptions {
  readonly model?: string
  readonly script?: string
  readonly record?: string
}

export interface ChosenMind {
  readonly mind: Mind
  /** The run's own model, before the step's and the workflow's. */
  readonly model: string | undefined
  /** Who answers and why, in a few words. */
  readonly about: string
  /** What says the same again when the run goes on; empty where nothing need be said. */
  readonly flags: string
  /** Writes the recording, if there is one. */
  readonly save: () => Promise<void>
}

interface Known {
  /** Null when it was not found; it then names no model. */
  readonly spec: WorkflowSpec | null
  /** The workflow's file; null when it was made in code. */
  readonly source: string | null
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Chooses the mind of a run. Throws a UsageError or a MindError that says what would help. */
export async function chooseMind(options: MindOptions, known: Known): Promise<ChosenMind> {
  if (options.model !== undefined && options.script !== undefined) {
    throw new UsageError('give --model or --script, not both')
  }
  const chosen = await choose(options, known)
  const { record } = options
  if (record === undefined) return { ...chosen, save: async () => {} }
  const recorder = recordingMind(chosen.mind, record)
  return {
    ...chosen,
    mind: recorder,
    about: `${chosen.about}, recorded in ${record}`,
    save: recorder.save,
  }
}

type Choice = Omit<ChosenMind, 'save'>

async function choose(options: MindOptions, known: Known): Promise<Choice> {
  const { env } = known
  if (options.script !== undefined) {
    const flags = `--script ${shellWord(options.script)}`
    return { ...(await scripted(options.script)), about: `script ${options.script}`, flags }
  }
  const models = options.model === undefined ? workflowModels(known.spec) : [options.model]
  const missing = await firstMissing(models, env)
  if (models.length > 0 && missing === null) {
    const mind = aiSdkMind({ model: (id: string) => resolveModel(id, env) })
    const flags = options.model === undefined ? '' : `--model ${shellWord(options.model)}`
    return { mind, model: options.model, about: `model ${models.join(', ')}`, flags }
  }
  const sibling = options.model === undefined ? siblingScript(known.source) : null
  if (sibling !== null) {
    const shown = shownPath(sibling)
    const why = models.length === 0 ? 'the workflow names no model' : `no key for ${models[0]}`
    return { ...(await scripted(sibling)), about: `script ${shown} (${why})`, flags: '' }
  }
  throw missing ?? noMind()
}

/** The models that the steps name, the workflow's default included. */
function workflowModels(spec: WorkflowSpec | null): readonly string[] {
  if (spec === null) return []
  const models = namedSteps(spec).flatMap((step) => step.spec.model ?? spec.model ?? [])
  return [...new Set(models)]
}

async function firstMissing(
  models: readonly string[],
  env: Known['env'],
): Promise<MindError | null> {
  for (const model of models) {
    try {
      await resolveModel(model, env)
    } catch (error) {
      if (error instanceof MindError) return error
      throw error
    }
  }
  return null
}

function noMind(): UsageError {
  const names = PROVIDER_KEYS.map(({ provider, names }) => `${provider}: ${names.join(' or ')}`)
  return new UsageError('nobody is there to answer: the workflow names no model', {
    advice: `give --script FILE, or --model provider/model with its key in the environment (${names.join('; ')})`,
  })
}

/** `NAME.script.yaml` or `script.yaml` beside the workflow's file, when one is there. */
function siblingScript(source: string | null): string | null {
  if (source === null) return null
  const name = basename(source, extname(source))
  const candidates = [`${name}.script.yaml`, 'script.yaml'].map((file) =>
    join(dirname(source), file),
  )
  return candidates.find((file) => existsSync(file)) ?? null
}

async function scripted(file: string): Promise<Pick<Choice, 'mind' | 'model'>> {
  if (!existsSync(file)) throw new UsageError(`there is no script ${file}`)
  const read = await readScript(file)
  if (read.ok) return { mind: scriptedMind(read.script), model: undefined }
  const issues = read.issues.map(({ path, message, line, column }) => ({
    severity: 'error' as const,
    path,
    message,
    ...(line === undefined || column === undefined ? {} : { file, place: { line, column } }),
  }))
  throw new UsageError(`the script ${file} cannot be used`, { issues })
}
