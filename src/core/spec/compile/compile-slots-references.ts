import { errorAt, legalNames, type Issue, type IssuePath } from '../issue.ts'
import { isJsonObject } from '../json.ts'
import type { WorkflowSpec } from '../spec.ts'
import { namedSteps } from './named-steps.ts'

const TAG = /\{\{([^{}]*)\}\}/g
const SLOT = /(?<![\w.$])slots\.([\w-]+)/g

/**
 * Says of each `{{slots.NAME}}` in a prompt which slots there are, where it names none; and of one in
 * the instructions that they are written before anybody has answered (S4.33).
 */
export function checkSlotNames(spec: WorkflowSpec, issues: Issue[]): void {
  const inputs = spec.input?.['properties']
  // An input of that name goes before the slots.
  if (isJsonObject(inputs) && Object.hasOwn(inputs, 'slots')) return
  const legal = Object.keys(spec.slots ?? {})
  for (const { at, text } of promptsOf(spec)) {
    for (const name of slotsIn(text)) {
      if (legal.includes(name)) continue
      const message = `there is no slot \`${name}\`; ${legalNames(name, legal)}`
      issues.push(errorAt(at, message))
    }
  }
  const [early] = slotsIn(spec.instructions ?? '')
  if (early === undefined) return
  const message = `\`instructions\` are written once, before slots are filled; read slots.${early} in the prompt of a step`
  issues.push(errorAt(['instructions'], message))
}

function slotsIn(text: string): ReadonlySet<string> {
  const names = [...text.matchAll(TAG)].flatMap(([, tag = '']) =>
    [...tag.matchAll(SLOT)].map(([, name = '']) => name),
  )
  return new Set(names)
}

interface Prompt {
  readonly at: IssuePath
  readonly text: string
}

function promptsOf(spec: WorkflowSpec): readonly Prompt[] {
  const ofSteps = namedSteps(spec).map(({ spec: step, at }) => ({
    at: [...at, 'prompt'],
    text: step.prompt ?? '',
  }))
  const ofRoles = Object.entries(spec.artifacts ?? {}).flatMap(([name, { compose, verify }]) => [
    { at: ['artifacts', name, 'compose', 'prompt'], text: compose?.prompt ?? '' },
    { at: ['artifacts', name, 'verify', 'prompt'], text: verify?.prompt ?? '' },
  ])
  return [...ofSteps, ...ofRoles]
}
