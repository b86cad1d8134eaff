import { compileSchema, type SchemaCheck } from '../json-schema.ts'
import { errorAt, legalNames, type Issue, type IssuePath } from '../issue.ts'
import type { Json, JsonObject } from '../json.ts'
import type { PlanSlot } from '../plan.ts'
import { checkSlotNames } from './compile-slots-references.ts'
import type { SlotSpec, SlotType } from '../chain-spec.ts'
import { misplacedSecrets, secretFields } from '../secret-fields.ts'
import type { WorkflowSpec } from '../spec.ts'

/** Compiles slots: what a value of each must be, and which others it waits for (S4.33). */
export function compileSlots(spec: WorkflowSpec, issues: Issue[]): ReadonlyMap<string, PlanSlot> {
  const slots = new Map<string, PlanSlot>()
  for (const [name, slot] of Object.entries(spec.slots ?? {})) {
    const at = ['slots', name]
    checkOptions(slot, at, issues)
    const check = slotCheck(slot, [...at, 'validation'], issues)
    checkSecret(name, { slot, input: spec.input, issues })
    const fallback = slot.default ?? null
    const wrong = fallback === null ? null : check(fallback)
    if (wrong !== null) {
      issues.push(errorAt([...at, 'default'], `the default does not fit: ${wrong}`))
    }
    slots.set(name, {
      name,
      type: slot.type,
      question: slot.question ?? `What is ${name.replaceAll(/[_-]/g, ' ')}?`,
      required: slot.required ?? false,
      options: slot.options ?? [],
      fallback,
      check,
      dependsOn: dependencies(slot),
    })
  }
  for (const slot of slots.values()) checkDependencies(slot, slots, issues)
  checkCycles(slots, issues)
  checkSlotNames(spec, issues)
  return slots
}

/** Options name what is chosen among: once each, also to whoever does not mind their case. */
function checkOptions({ type, options = [] }: SlotSpec, at: IssuePath, issues: Issue[]): void {
  const chosen = type === 'choice' || type === 'multi_choice'
  if (chosen && options.length === 0) {
    issues.push(errorAt(at, `a ${type} slot needs \`options\``))
  }
  if (!chosen && options.length > 0) {
    issues.push(errorAt([...at, 'options'], '`options` go with choice and multi_choice'))
  }
  const seen = new Set<string>()
  for (const [index, option] of options.entries()) {
    const word = option.trim().toLowerCase()
    if (word === '' || seen.has(word)) {
      const message = `${JSON.stringify(option)} is no option of its own; each must differ in more than its case`
      issues.push(errorAt([...at, 'options', index], message))
    }
    seen.add(word)
  }
}

/** What is secret is only ever a reference here, of which no rule but the input's own can be asked (Law 17). */
function checkSecret(
  name: string,
  of: { readonly slot: SlotSpec; readonly input: JsonObject | undefined; readonly issues: Issue[] },
): void {
  const { slot, input, issues } = of
  const { validation = {}, type } = slot
  const at = ['slots', name]
  issues.push(...misplacedSecrets(validation, [...at, 'validation'], { legal: false }))
  if (!secretFields(input)?.properties.has(name)) return
  if (type === 'text' && slot.validation === undefined) return
  const message = `\`${name}\` is secret in the input: say \`type: text\`, and what it must fit in \`input\``
  issues.push(errorAt(at, message))
}

/** A slot waits for other slots, and for values that these can have. */
function checkDependencies(
  slot: PlanSlot,
  slots: ReadonlyMap<string, PlanSlot>,
  issues: Issue[],
): void {
  const at = ['slots', slot.name, 'depends_on']
  for (const [name, wanted] of slot.dependsOn) {
    const other = slots.get(name)
    if (other === undefined || name === slot.name) {
      const others = [...slots.keys()].filter((each) => each !== slot.name)
      issues.push(errorAt(at, `there is no other slot \`${name}\`; ${legalNames(name, others)}`))
      continue
    }
    const one = other.type === 'multi_choice' && typeof wanted === 'string' ? [wanted] : wanted
    const wrong = one === null ? null : other.check(one)
    if (wrong === null) continue
    const message = `\`${name}\` never is ${JSON.stringify(wanted)}: ${wrong}`
    issues.push(errorAt([...at, name], message))
  }
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

function slotCheck(slot: SlotSpec, at: IssuePath, issues: Issue[]): SchemaCheck {
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
    const cycle = `\`${name}\` waits for itself, so that it is never asked`
    issues.push(errorAt(['slots', name, 'depends_on'], cycle))
  }
}
