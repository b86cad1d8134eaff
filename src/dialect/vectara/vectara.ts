import {
  errorAt,
  firstIssues,
  legalNames,
  warningAt,
  type Issue,
  type IssuePath,
} from '../../core/spec/issue.ts'
import {
  isJsonObject,
  jsonEquals,
  ownValue,
  type Json,
  type JsonObject,
} from '../../core/spec/json.ts'
import {
  misread,
  createOrigins,
  legalName,
  type Canonical,
  type Dialect,
  type Surroundings,
} from '../canonical.ts'
import { STEP_KEYS, takeCanonical } from './vectara-keys.ts'
import { readModel } from './vectara-model.ts'
import type { Reading } from './vectara-reading.ts'
import { agentSchema, type Agent, type AgentStep } from './vectara-schema.ts'
import { readStep } from './vectara-step.ts'
import { readTools } from './vectara-tools.ts'

/**
 * Vectara's agents (seed 3): a map of steps with an entry, each with instructions, tools, an output
 * parser and transitions. The whole agent or, as in the seed, only `first_step_name` and `steps`
 * (S3.1, S3.21). What has no counterpart is an error where the run would be another one, else a
 * warning; nothing is lost in silence.
 */
export const vectaraDialect: Dialect = { isWritten, read }

/** An entry, or steps in the words that only this format has. */
function isWritten(value: JsonObject): boolean {
  if (Object.hasOwn(value, 'workflow')) return false
  if (Object.hasOwn(value, 'first_step_name') || Object.hasOwn(value, 'first_step')) return true
  const { steps } = value
  const words = STEP_KEYS.filter((key) => key.includes('_') || key === 'instructions')
  return (
    isJsonObject(steps) &&
    Object.values(steps).some(
      (step) => isJsonObject(step) && words.some((word) => Object.hasOwn(step, word)),
    )
  )
}

function read(value: JsonObject, around: Surroundings): Canonical {
  const parsed = agentSchema.safeParse(value)
  if (!parsed.success) return misread(parsed.error)
  const agent = parsed.data
  const issues: Issue[] = []
  const origins = createOrigins()
  const extra = takeCanonical(value, { of: 'agent', at: [], issues })
  const reading: Reading = { agent, around, origins, issues, extra }
  const spec = readAgent(reading, value)
  return { spec, issues: firstIssues(issues), original: (path) => origins.find(path) }
}

/** A message from the user, which every session has. */
const INPUT: JsonObject = { type: 'object', properties: { message: { type: 'string' } } }

function readAgent(reading: Reading, value: JsonObject): JsonObject {
  const { agent, around, origins, extra } = reading
  checkSupport(reading)
  const { start, steps } = collectSteps(reading, value)
  const tools = readTools(reading, steps)
  origins.note(['start'], ['first_step_name'])
  origins.note(['about'], ['description'])
  origins.note(['workflow'], ['name'])
  const { description, metadata } = agent
  const { tools: _, ...rest } = extra
  return {
    workflow: nameOf(agent, around),
    ...(description === undefined || description === null || description === ''
      ? {}
      : { about: description }),
    ...(metadata === undefined || metadata === null ? {} : { metadata }),
    ...readModel(reading),
    input: INPUT,
    ...rest,
    ...(Object.keys(tools.declared).length === 0 ? {} : { tools: tools.declared }),
    start,
    steps: Object.fromEntries(
      [...steps].map(([name, each]) => [name, readStep({ name, tools, ...each }, reading)]),
    ),
  }
}

/** Its name as a workflow may have one; `$agent.name` in instructions is as it was written. */
function nameOf(agent: Agent, around: Surroundings): string {
  return legalName(agent.name ?? '') || legalName(agent.key ?? '') || around.name
}

function checkSupport({ agent, issues }: Reading): void {
  if (agent.enabled === false) {
    issues.push(errorAt(['enabled'], 'this agent is disabled; it runs with `enabled: true`'))
  }
  for (const [key, instead] of [
    ['compaction', 'the history stays whole; `budget: { tokens }` bounds it'],
    ['tool_output_offloading', 'results stay in the history as they are'],
  ] as const) {
    const settings = agent[key]
    if (settings === undefined || settings === null || settings['enabled'] === false) continue
    issues.push(warningAt([key], `\`${key}\` is not there yet: ${instead}`))
  }
  const skills = Object.keys(agent.skills ?? {})
  const steps = Object.values(agent.steps ?? {})
  const used = steps.some(({ allowed_skills: allowed }) => allowed?.length !== 0)
  if (skills.length > 0 && used) {
    const names = skills.map((name) => `\`${name}\``).join(', ')
    const message = `skills are not there yet (${names}): put their content into the instructions of the steps that need it`
    issues.push(errorAt(['skills'], message))
  }
  if (skills.length > 0) return
  for (const [name, { allowed_skills: allowed }] of Object.entries(agent.steps ?? {})) {
    if (allowed === undefined || allowed === null || allowed.length === 0) continue
    const message = `there is no skill \`${allowed[0]}\`: the agent has no \`skills\``
    issues.push(errorAt(['steps', name, 'allowed_skills'], message))
  }
}

interface Collected {
  readonly start: string
  readonly steps: ReadonlyMap<
    string,
    { readonly step: AgentStep; readonly at: IssuePath; readonly written: Json | undefined }
  >
}

/** The map of steps with its entry; `first_step`, which their API still takes, is one of them. */
function collectSteps({ agent, issues }: Reading, value: JsonObject): Collected {
  const written = ownValue(value, 'steps')
  const steps = new Map(
    Object.entries(agent.steps ?? {}).map(([name, step]) => [
      name,
      {
        step,
        at: ['steps', name] as IssuePath,
        written: isJsonObject(written) ? ownValue(written, name) : undefined,
      },
    ]),
  )
  const { first_step: first, first_step_name: entry } = agent
  if (first === undefined || first === null) {
    if (entry === undefined || entry === null) {
      const legal = legalNames('', steps.keys())
      issues.push(errorAt([], `\`first_step_name\` is missing: the step to begin with; ${legal}`))
    }
    return { start: entry ?? '', steps }
  }
  const name = first.name ?? entry ?? 'main'
  if (entry !== undefined && entry !== null && entry !== name) {
    const message = `\`first_step_name\` is ${entry}, but \`first_step\` is ${name}; keep the first`
    issues.push(errorAt(['first_step'], message))
  }
  const original = ownValue(value, 'first_step')
  const same = steps.get(name)
  if (same === undefined) {
    steps.set(name, { step: first, at: ['first_step'], written: original })
  } else if (!jsonEquals(withoutName(same.written), withoutName(original))) {
    const message = `\`first_step\` and the step ${name} of \`steps\` differ; keep the one in \`steps\``
    issues.push(errorAt(['first_step'], message))
  }
  return { start: name, steps }
}

function withoutName(step: Json | undefined): Json {
  if (!isJsonObject(step)) return null
  const { name: _, ...rest } = step
  return rest
}
