import { compileCondition, type Condition } from './condition.ts'
import { errorAt, legalNames, type Issue, type IssuePath } from './issue.ts'
import { compilePath, type JsonPath } from './json-path.ts'
import type { PlanTool } from './plan.ts'

/** What a condition may read in a gate: nothing that a model wrote but the call's own arguments (Law 3). */
export const GATE_ROOTS: ReadonlySet<string> = new Set([
  'args',
  'input',
  'tools',
  'agent',
  'session',
  'now',
])

/** What a condition may read in a transition or among success criteria. */
export const STEP_ROOTS: ReadonlySet<string> = new Set([
  'output',
  'steps',
  'input',
  'tools',
  'agent',
  'session',
  'now',
])

/** Where references are resolved, and where what is wrong with them goes. */
export interface Scope {
  readonly roots: ReadonlySet<string>
  readonly tools: ReadonlyMap<string, PlanTool>
  readonly issues: Issue[]
}

/** Compiles a condition and resolves what it reads; null (and an issue) when it is wrong. */
export function resolveCondition(text: string, at: IssuePath, scope: Scope): Condition | null {
  const compiled = compileCondition(text)
  if (!compiled.ok) {
    const { message, at: offset } = compiled.error
    scope.issues.push(errorAt(at, `${message} (character ${offset + 1} of \`${text}\`)`))
    return null
  }
  compiled.condition.paths.forEach((path) => checkPath(path, at, scope))
  return compiled.condition
}

/** Compiles a JSONPath and resolves what it reads; null (and an issue) when it is wrong. */
export function resolvePath(text: string, at: IssuePath, scope: Scope): JsonPath | null {
  const compiled = compilePath(text)
  if (!compiled.ok) {
    scope.issues.push(
      errorAt(at, `${compiled.error.message} (character ${compiled.error.at + 1} of \`${text}\`)`),
    )
    return null
  }
  checkPath(compiled.path, at, scope)
  return compiled.path
}

function checkPath(path: JsonPath, at: IssuePath, scope: Scope): void {
  if (path.roots === null) {
    scope.issues.push(
      errorAt(at, `\`${path.text}\` reads no named root; ${legalNames('', scope.roots)}`),
    )
    return
  }
  for (const root of path.roots) {
    if (scope.roots.has(root)) continue
    const modelWritten = root === 'output' || root === 'steps'
    const why = modelWritten
      ? `a gate may not read \`$.${root}\`: a model wrote it`
      : `\`${path.text}\` reads \`$.${root}\``
    scope.issues.push(errorAt(at, `${why}; ${legalNames(root, scope.roots)}`))
  }
  const [root, tool] = path.names ?? []
  if (root === 'tools' && typeof tool === 'string' && !scope.tools.has(tool)) {
    scope.issues.push(
      errorAt(
        at,
        `\`${path.text}\` reads the unknown tool \`${tool}\`; ${legalNames(tool, scope.tools.keys())}`,
      ),
    )
  }
}

/** Says of each name that is no tool which are. */
export function checkTools(names: readonly string[], at: IssuePath, scope: Scope): void {
  names.forEach((name, index) => {
    if (scope.tools.has(name)) return
    scope.issues.push(
      errorAt(
        [...at, index],
        `there is no tool \`${name}\`; ${legalNames(name, scope.tools.keys())}`,
      ),
    )
  })
}
