import { SCREEN, type PromptLength } from '../../core/spec/prompt-lengths.ts'
import { oneLine } from './plain-text.ts'
import type { Screen } from './screen.ts'

/** Shows how long each role's prompt is, a line for each role, and which are too long (S4.36). */
export function showPromptLengths(screen: Screen, lengths: readonly PromptLength[]): void {
  for (const role of ['planner', 'composer', 'verifier'] as const) {
    const own = lengths.filter((each) => each.role === role)
    if (own.length === 0) continue
    const body = own.map(lengthOf).join(', ')
    screen.entry({ indent: 2, mark: 'prompts  ', markColor: 'dim', head: `${role}:`, body })
  }
  for (const { role, of, lines } of lengths.filter(({ exceeds }) => exceeds)) {
    const body = `${lines} lines; a prompt that fits on a screen (${SCREEN.lines}) is kept to better`
    const head = `${role} ${oneLine(of)}:`
    screen.entry({ indent: 2, mark: '!', markColor: 'yellow', head, headColor: 'yellow', body })
  }
}

/** `triage 12 lines (540)`: lines of a screen, and characters. */
function lengthOf({ of, lines, characters }: PromptLength): string {
  const many = `${lines} ${lines === 1 ? 'line' : 'lines'}`
  return `${oneLine(of)} ${many} (${characters.toLocaleString('en')})`
}
