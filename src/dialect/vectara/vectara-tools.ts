import { BUILT_INS } from '../../core/spec/built-in.ts'
import {
  errorAt,
  legalNames,
  nearestName,
  warningAt,
  type IssuePath,
} from '../../core/spec/issue.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import type { Reading } from './vectara-reading.ts'
import type { AgentStep, ToolConfiguration } from './vectara-schema.ts'

/*
 * The tools of an agent: its configurations, or, where a document has none, what its steps name.
 * What Vectara executes itself has to be executed here by somebody: code, a module, the caller.
 */

/** The tools of an agent, ready for a spec. */
export interface AgentTools {
  /** What `tools` of the spec says, by name; a built-in needs no word. */
  readonly declared: Readonly<Record<string, JsonObject>>
  /** What a step without `allowed_tools` may call (S3.4). */
  readonly all: readonly string[]
  /** What a tool says of itself. */
  readonly about: (name: string) => string
}

/** Reads the tools; `steps` says which names are mentioned where. */
export function readTools(
  reading: Reading,
  steps: ReadonlyMap<string, { readonly step: AgentStep; readonly at: IssuePath }>,
): AgentTools {
  const { agent, around, extra } = reading
  const configured = new Map(Object.entries(agent.tool_configurations ?? {}))
  const own = isJsonObject(extra['tools']) ? extra['tools'] : {}
  const mentions = mentionsIn(steps)
  const named = [...configured.keys(), ...Object.keys(own)]
  const closed = agent.tool_configurations !== undefined && agent.tool_configurations !== null
  const all = closed ? named : [...named, ...mentions.keys(), ...around.tools.keys()]
  const declared: Record<string, JsonObject> = {}
  for (const name of new Set([...named, ...mentions.keys()])) {
    const mention = mentions.get(name)
    if (closed && !named.includes(name) && !BUILT_INS.has(name)) {
      const legal = legalNames(name, [...named, ...BUILT_INS.keys()])
      const message = `there is no tool configuration \`${name}\`; ${legal}`
      reading.issues.push(errorAt(mention ?? [], message))
      continue
    }
    const configuration = configured.get(name)
    const at = configuration === undefined ? mention : ['tool_configurations', name]
    const override = own[name]
    const tool = declareTool(name, {
      reading,
      configuration: configuration ?? {},
      own: isJsonObject(override) ? override : {},
      at: at ?? ['tools', name],
    })
    if (tool !== null) declared[name] = tool
  }
  return {
    declared,
    all: [...new Set(all)],
    about: (name) =>
      aboutOf(configured.get(name)) ??
      around.tools.get(name)?.about ??
      BUILT_INS.get(name)?.about ??
      '',
  }
}

/** By name: where a tool is first mentioned. */
function mentionsIn(
  steps: ReadonlyMap<string, { readonly step: AgentStep; readonly at: IssuePath }>,
): ReadonlyMap<string, IssuePath> {
  const mentions = new Map<string, IssuePath>()
  for (const { step, at } of steps.values()) {
    for (const [index, name] of (step.allowed_tools ?? []).entries()) {
      if (!mentions.has(name)) mentions.set(name, [...at, 'allowed_tools', index])
    }
  }
  return mentions
}

interface Declaring {
  readonly reading: Reading
  readonly configuration: ToolConfiguration
  /** What the document's own `tools` says of it, in canonical words. */
  readonly own: JsonObject
  readonly at: IssuePath
}

const SOURCES = ['module', 'http', 'client', 'workflow'] as const

function declareTool(name: string, declaring: Declaring): JsonObject | null {
  const { reading, configuration, own, at } = declaring
  reading.origins.note(['tools', name], at)
  checkConfiguration(name, declaring)
  const about = aboutOf(configuration)
  const { input_schema: input, output_schema: output } = configuration
  for (const [key, original] of [
    ['about', 'description'],
    ['input', 'input_schema'],
    ['output', 'output_schema'],
  ] as const) {
    reading.origins.note(['tools', name, key], [...at, original])
  }
  for (const key of Object.keys(own)) {
    reading.origins.note(['tools', name, key], ['tools', name, key])
  }
  const said: JsonObject = {
    ...(about === undefined ? {} : { about }),
    ...(input === undefined || input === null ? {} : { input }),
    ...(output === undefined || output === null ? {} : { output }),
  }
  const source = SOURCES.some((key) => Object.hasOwn(own, key)) ? {} : sourceOf(name, declaring)
  const tool = { ...source, ...said, ...own }
  return Object.keys(tool).length === 0 ? null : tool
}

/** Who executes it: the caller where it says so or nobody else does. */
function sourceOf(name: string, { reading, configuration, at }: Declaring): JsonObject {
  const { around, issues } = reading
  const anything: Json = { type: 'object' }
  if (configuration.type === 'client') return { client: true, input: anything }
  const nearby = around.tools.get(name)
  if (nearby !== undefined) return nearby.module === null ? {} : { module: nearby.module }
  const agent = configuration.type === 'sub_agent' ? configuration.agent_key : null
  const file = ['json', 'yaml', 'yml'].map((type) => `${agent}.${type}`)
  const found = file.find((each) => around.files.has(each))
  if (found !== undefined) return { workflow: `./${found}` }
  if (BUILT_INS.has(name)) return {}
  const near = nearestName(name, [...BUILT_INS.keys(), ...around.tools.keys()])
  const meant = near === undefined ? '' : ` (or is ${near} meant?)`
  const place =
    agent === null
      ? 'a tools.ts beside this file'
      : `a tools.ts beside this file, put the agent there as ${agent}.json`
  const message = `nothing executes \`${name}\` here, so its calls wait for the caller (\`needs_client\`); export it from ${place}, or pass it to createRuntime({ tools })${meant}`
  issues.push(warningAt(at, message))
  return { client: true, input: anything }
}

function aboutOf(configuration: ToolConfiguration | undefined): string | undefined {
  const about = configuration?.description ?? configuration?.description_template ?? ''
  return about === '' ? undefined : about
}

const READ: readonly string[] = [
  'type',
  'name',
  'description',
  'description_template',
  'input_schema',
  'output_schema',
  'agent_key',
  'metadata',
]
/** What changes what a call does; without it the run would be another one. */
const NEEDED: Readonly<Record<string, string>> = {
  argument_override: 'set those arguments in the tool itself',
  input_transform: 'transform the arguments in the tool itself',
  output_transform: 'transform the result in the tool itself',
}

function checkConfiguration(name: string, { reading, configuration, at }: Declaring): void {
  const { issues } = reading
  const entries = Object.entries(configuration).filter(([, value]) => !isEmpty(value))
  for (const [key] of entries) {
    const instead = NEEDED[key]
    if (instead === undefined) continue
    issues.push(errorAt([...at, key], `\`${key}\` is not read here: ${instead}, and remove it`))
  }
  const mode = entries.find(([key]) => key === 'session_mode')?.[1]
  if (mode !== undefined && mode !== 'ephemeral') {
    const message =
      '`session_mode`: a sub-run has a fresh history each time; `ephemeral` alone is possible'
    issues.push(errorAt([...at, 'session_mode'], message))
  }
  const rest = entries
    .map(([key]) => key)
    .filter((key) => !READ.includes(key) && NEEDED[key] === undefined && key !== 'session_mode')
  if (rest.length === 0) return
  const keys = rest.map((key) => `\`${key}\``).join(', ')
  issues.push(
    warningAt(
      at,
      `${keys}: Vectara's own settings of \`${name}\`; what executes it here does not get them`,
    ),
  )
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
