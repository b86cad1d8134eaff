import { compileSchema, type SchemaCheck } from '../json-schema.ts'
import { errorAt, legalNames, warningAt, type Issue } from '../issue.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { PlanSlot } from '../plan.ts'
import { namedSteps } from './named-steps.ts'
import type { SlotSpec, SlotType } from '../chain-spec.ts'
import type { WorkflowSpec } from '../spec.ts'

/** Compiles slots: what a value of each must be, and which others it waits for (S4.33). */
export function compileSlots(spec: WorkflowSpec, issues: Issue[]): ReadonlyMap<string, PlanSlot> {
  const declared = spec.slots ?? {}
  const slots = new Map<string, PlanSlot>()
  for (const [name, slot] of Object.entries(declared)) {
    const at = ['slots', name]
    const dependsOn = dependencies(slot)
    for (const other of dependsOn.keys()) {
      if (other !== name && Object.hasOwn(declared, other)) continue
      const legal = legalNames(
        other,
        Object.keys(declared).filter((each) => each !== name),
      )
      issues.push(errorAt([...at, 'depends_on'], `there is no other slot \`${other}\`; ${legal}`))
    }
    const options = slot.options ?? []
    const chosen = slot.type === 'choice' || slot.type === 'multi_choice'
    if (chosen && options.length === 0) {
      issues.push(errorAt(at, `a ${slot.type} slot needs \`options\``))
    }
    if (!chosen && options.length > 0) {
      issues.push(errorAt([...at, 'options'], '`options` go with choice and multi_choice'))
    }
    const check = slotCheck(slot, [...at, 'validation'], issues)
    const fallback = slot.default ?? null
    const wrong = fallback === null ? null : check(fallback)
    if (wrong !== null)
      issues.push(errorAt([...at, 'default'], `the default does not fit: ${wrong}`))
    slots.set(name, {
      name,
      type: slot.type,
      question: slot.question ?? `What is ${name.replaceAll(/[_-]/g, ' ')}?`,
      required: slot.required ?? false,
      options,
      fallback,
      check,
      dependsOn,
    })
  }
  checkCycles(slots, issues)
  checkAsked(spec, slots, issues)
  return slots
}

function dependencies({ depends_on: on }: SlotSpec): ReadonlyMap<string, Json | null> {
  if (on === undefined) return new Map()
  if (typeof on === 'string') return new Map([[on, null]])
  return isNames(on) ? new Map(on.map((name) => [name, null])) : new Map(Object.entries(on))
}

function isNames(value: NonNullable<SlotSpec['depends_on']>): value is readonly string[] {
  return Array.isArray(value)
}

const DATE = String.raw`^\d{4}-\d{2}-\d{2}$`

const TYPES: Readonly<Record<SlotType, JsonObject>> = {
  choice: { type: 'string' },
  multi_choice: { type: 'array', minItems: 1, uniqueItems: true },
  text: { type: 'string', minLength: 1 },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  file: {
    anyOf: [
      { type: 'string', pattern: '^ref:artifact/' },
      {
        type: 'object',
        required: ['name', 'content'],
        properties: { name: { type: 'string', minLength: 1 }, content: { type: 'string' } },
      },
    ],
  },
  date: { type: 'string', format: 'date', pattern: DATE },
}

function slotCheck(slot: SlotSpec, at: readonly (string | number)[], issues: Issue[]): SchemaCheck {
  const { type, options = [], validation = {} } = slot
  const items = { type: 'string', enum: [...options] }
  const own: JsonObject =
    type === 'choice' ? items : type === 'multi_choice' ? { ...TYPES[type], items } : TYPES[type]
  const compiled = compileSchema({ allOf: [own, validation] })
  if (compiled.ok) return compiled.check
  issues.push(errorAt([...at, ...compiled.path.slice(2)], compiled.message))
  return () => null
}

/** A slot that waits for itself is never asked. */
function checkCycles(slots: ReadonlyMap<string, PlanSlot>, issues: Issue[]): void {
  const reaches = (from: string, to: string, seen: Set<string>): boolean => {
    for (const next of slots.get(from)?.dependsOn.keys() ?? []) {
      if (next === to) return true
      if (!seen.has(next) && reaches(next, to, seen.add(next))) return true
    }
    return false
  }
  for (const name of slots.keys()) {
    if (!reaches(name, name, new Set())) continue
    issues.push(errorAt(['slots', name, 'depends_on'], `\`${name}\` waits for itself`))
  }
}

const ASKERS = ['request_input', 'request_input_from_user']

function checkAsked(
  spec: WorkflowSpec,
  slots: ReadonlyMap<string, PlanSlot>,
  issues: Issue[],
): void {
  const asked = namedSteps(spec).some(({ spec: step }) =>
    ASKERS.some((tool) => step.tools?.includes(tool)),
  )
  if (asked) return
  const inputs = spec.input?.['properties']
  const required = spec.input?.['required']
  for (const slot of slots.values()) {
    const given =
      isJsonObject(inputs ?? null) && Array.isArray(required) && required.includes(slot.name)
    if (!slot.required || given || slot.fallback !== null) continue
    const message = `\`${slot.name}\` is required and no step can ask for it; put request_input into the tools of one`
    issues.push(warningAt(['slots', slot.name], message))
  }
}
