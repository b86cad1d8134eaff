import { namedSteps } from './compile/named-steps.ts'
import type { Plan } from './plan.ts'

/** A screen holds this much; a prompt that is longer is marked (S4.36). */
export const SCREEN = { lines: 40, columns: 100 } as const

/** How long one role's prompt is, as it is written, with what every prompt of the workflow says above it. */
export interface PromptLength {
  readonly workflow: string
  readonly role: 'planner' | 'composer' | 'verifier'
  /** The step, or the artifact. */
  readonly of: string
  readonly characters: number
  /** Lines of a screen of 100 columns. */
  readonly lines: number
  readonly exceeds: boolean
}

/** Measures every prompt of a workflow: per step the planner's, per artifact the composer's and verifier's. */
export function promptLengths({
  spec,
  policy,
}: Pick<Plan, 'spec' | 'policy'>): readonly PromptLength[] {
  const { workflow, instructions = '' } = spec
  const always = policy ?? ''
  const measured = (
    role: PromptLength['role'],
    of: string,
    texts: readonly string[],
  ): PromptLength => {
    const lines = texts.map(linesOf).reduce((sum, each) => sum + each, 0)
    const characters = texts.reduce((sum, each) => sum + Array.from(each.trimEnd()).length, 0)
    return { workflow, role, of, characters, lines, exceeds: lines > SCREEN.lines }
  }
  const planner = namedSteps(spec).flatMap(({ name, spec: step }) =>
    step.prompt === undefined
      ? []
      : [measured('planner', name, [instructions, always, step.prompt])],
  )
  const others = Object.entries(spec.artifacts ?? {}).flatMap(([name, { compose, verify }]) => [
    ...(compose === undefined ? [] : [measured('composer', name, [always, compose.prompt])]),
    ...(verify === undefined ? [] : [measured('verifier', name, [always, verify.prompt])]),
  ])
  return [...planner, ...others]
}

/** A line that is wider than the screen takes as many as it is wrapped to. */
function linesOf(text: string): number {
  const trimmed = text.trimEnd()
  if (trimmed === '') return 0
  return trimmed
    .split('\n')
    .reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(Array.from(line).length / SCREEN.columns)),
      0,
    )
}
