import type { SlotSpec } from '../chain-spec.ts'

/** What a model is told of the tool that asks the user: which slots there are to ask for (S4.33). */
export function aboutAsking(
  about: string,
  slots: Readonly<Record<string, SlotSpec>> | undefined,
): string {
  const named = Object.entries(slots ?? {}).map(([name, slot]) => `${name} (${takes(slot)})`)
  return named.length === 0
    ? about
    : `${about} Slots that only the user fills: ${named.join('; ')}.`
}

function takes({ type, question, options = [], required = false }: SlotSpec): string {
  const value = options.length === 0 ? type : `${type} of ${options.join(', ')}`
  return [question, value, ...(required ? ['required'] : [])].filter(Boolean).join(' ')
}
