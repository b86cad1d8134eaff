import { errorAt, legalNames, textPlace, warningAt, type Issue, type IssuePath } from '../issue.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { compileTemplate, type Template } from '../template/template.ts'

/** What a prompt may read beside the input's own members. */
export const TEMPLATE_ROOTS: ReadonlySet<string> = new Set([
  'input',
  'steps',
  'user',
  'tools',
  'calls',
  'agent',
  'session',
  'now',
  'today',
  'slots',
  'artifacts',
])

/**
 * Compiles a prompt or the instructions; null (and an issue) when it is wrong. Warns of a variable
 * that the input's schema does not name, as far as the schema says what there is.
 */
export function compileText(
  text: string,
  place: {
    readonly at: IssuePath
    readonly input: JsonObject | undefined
    /** The slots' names, for whoever writes one as a plain variable. */
    readonly slots?: ReadonlySet<string>
    readonly issues: Issue[]
  },
): Template | null {
  const compiled = compileTemplate(text)
  if (!compiled.ok) {
    const { message, at } = compiled.error
    place.issues.push(errorAt(place.at, `${message} (${textPlace(text, at)})`))
    return null
  }
  const properties = place.input?.['properties']
  const open = (place.input?.['additionalProperties'] ?? false) !== false
  if (!isJsonObject(properties) || open) return compiled.template
  const legal = [...Object.keys(properties), ...TEMPLATE_ROOTS]
  for (const variable of compiled.template.variables) {
    if (legal.includes(variable)) continue
    const hint =
      place.slots?.has(variable) === true
        ? `the slot is {{slots.${variable}}}`
        : legalNames(variable, legal)
    const message = `\`${variable}\` is not among the input's properties, so this text may fail; ${hint}`
    place.issues.push(warningAt(place.at, message))
  }
  return compiled.template
}
