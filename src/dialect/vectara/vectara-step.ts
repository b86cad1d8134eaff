import { errorAt, warningAt, type IssuePath } from '../../core/spec/issue.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/spec/json.ts'
import { legalName } from '../canonical.ts'
import { checkKeys, takeCanonical } from './vectara-keys.ts'
import type { Reading } from './vectara-reading.ts'
import type { AgentStep, Instruction } from './vectara-schema.ts'
import type { AgentTools } from './vectara-tools.ts'
import { fromVelocity, literalTemplate } from './velocity.ts'

/** A step of an agent, where it stands, and what it is read with. */
export interface StepPlace {
  readonly name: string
  readonly step: AgentStep
  readonly at: IssuePath
  /** As it was written. */
  readonly written: Json | undefined
  readonly tools: AgentTools
}

/**
 * Reads one step (S3.3-S3.9) as a canonical one. What a step cannot do here is an issue: an error
 * where the run would be another one, a warning where it is only told less.
 */
export function readStep(place: StepPlace, reading: Reading): JsonObject {
  const { name, step, at, tools } = place
  const { issues, origins } = reading
  const note = (key: string, ...original: readonly (string | number)[]): void => {
    origins.note(['steps', name, key], [...at, ...original])
  }
  origins.note(['steps', name], at)
  const allowed = step.allowed_tools ?? tools.all
  note('tools', 'allowed_tools')
  note('reenter', 'reentry_step')
  note('output', 'output_parser', 'json_schema', 'schema')
  if (step.instructions?.length === 1) note('prompt', 'instructions', 0, 'template')
  else note('prompt', 'instructions')
  if ((step.reminders?.length ?? 0) > 0) {
    const message =
      '`reminders` are not there yet, so the model is not reminded; say it in the instructions'
    issues.push(warningAt([...at, 'reminders'], message))
  }
  const output = outputOf(place, reading)
  const { reentry_step: reenter } = step
  const extra = takeCanonical(place.written, { of: 'step', at, issues })
  const next = nextOf(place, reading)
  return {
    prompt: promptOf(place, { reading, allowed }),
    tools: [...new Set(allowed)],
    ...(output === null ? {} : { output }),
    ...(next.length === 0 ? {} : { next }),
    ...(reenter === undefined || reenter === null ? {} : { reenter }),
    ...extra,
  }
}

const INSTRUCTION_KEYS = ['type', 'name', 'description', 'template', 'template_type', 'metadata']

/** The instructions in their order, a line apart. */
function promptOf(
  place: StepPlace,
  known: { readonly reading: Reading; readonly allowed: readonly string[] },
): string {
  const { step, at, written } = place
  const { issues } = known.reading
  const list = step.instructions ?? []
  if (list.length === 0) {
    const message = 'a step needs `instructions`: [{ "type": "inline", "template": "…" }]'
    issues.push(errorAt(at, message))
  }
  const originals = isJsonObject(written) ? written['instructions'] : undefined
  const prompts = list.map((instruction, index) => {
    const here = [...at, 'instructions', index]
    const original: Json | undefined = Array.isArray(originals) ? originals[index] : undefined
    if (instruction.type === 'reference') {
      const message =
        'an instruction by reference is kept at Vectara; write its text here, as `inline`'
      issues.push(errorAt(here, message))
      return ''
    }
    checkKeys(original, { legal: INSTRUCTION_KEYS, at: here, issues })
    return templateOf(instruction, { ...known, place, at: here })
  })
  return prompts.join('\n\n')
}

function templateOf(
  instruction: Instruction,
  known: {
    readonly place: StepPlace
    readonly reading: Reading
    readonly allowed: readonly string[]
    readonly at: IssuePath
  },
): string {
  const { template, template_type: type } = instruction
  const { reading, allowed, place } = known
  const at = [...known.at, 'template']
  if (template === undefined || template === null || template.trim() === '') {
    reading.issues.push(errorAt(known.at, 'an inline instruction needs a `template`: its text'))
    return ''
  }
  if (type === 'text') return literalTemplate(template)
  const { agent } = reading
  const read = fromVelocity(template, {
    agent: new Map([
      ['name', agent.name ?? reading.around.name],
      ['key', agent.key ?? ''],
      ['description', agent.description ?? ''],
    ]),
    tools: allowed.map((name) => ({ name, description: place.tools.about(name) })),
  })
  if (!read.ok) {
    reading.issues.push(errorAt(at, read.message))
    return ''
  }
  reading.issues.push(...read.warnings.map((message) => warningAt(at, message)))
  return read.template
}

function outputOf({ step, at }: StepPlace, { issues }: Reading): JsonObject | null {
  const { output_parser: parser } = step
  if (parser?.type !== 'structured') return null
  if (parser.json_schema !== undefined && parser.json_schema !== null) {
    return parser.json_schema.schema
  }
  const message = 'a structured parser needs `json_schema`: { "name": "…", "schema": { … } }'
  issues.push(errorAt([...at, 'output_parser'], message))
  return null
}

const NEXT_KEYS = ['step_name', 'condition']

function nextOf({ name, step, at, written }: StepPlace, reading: Reading): readonly JsonObject[] {
  const { agent, issues, origins } = reading
  const originals = isJsonObject(written) ? written['next_steps'] : undefined
  origins.note(['steps', name, 'next'], [...at, 'next_steps'])
  return (step.next_steps ?? []).map(({ step_name: to, condition }, index) => {
    const here = [...at, 'next_steps', index]
    const original: Json | undefined = Array.isArray(originals) ? originals[index] : undefined
    checkKeys(original, { legal: NEXT_KEYS, at: here, issues })
    origins.note(['steps', name, 'next', index, 'to'], [...here, 'step_name'])
    origins.note(['steps', name, 'next', index, 'when'], [...here, 'condition'])
    if (condition === undefined || condition === null || condition.trim() === '') return { to }
    const unknown = /\$\.agent\.(?!name\b|metadata\b)\w+/.exec(condition)
    if (unknown !== null) {
      const message = `\`${unknown[0]}\` is not known here; legal: $.agent.name, $.agent.metadata`
      issues.push(errorAt([...here, 'condition'], message))
    }
    const known = legalName(agent.name ?? '')
    if (/\$\.agent\.name\b/.test(condition) && (agent.name ?? known) !== known) {
      const message = `\`$.agent.name\` is \`${known}\` here: the name of a workflow has letters, digits, _ and - alone`
      issues.push(warningAt([...here, 'condition'], message))
    }
    return { to, when: condition }
  })
}
