import { compileCondition, type Condition } from '../condition/condition.ts'
import { DECISION_PARTS } from '../decision-shape.ts'
import { errorAt, legalNames, textPlace, type Issue, type IssuePath } from '../issue.ts'
import { compilePath, type JsonPath } from '../path/json-path.ts'
import type { PlanTool } from '../plan.ts'

/** What every condition may read, wherever it stands. */
const EVERYWHERE = [
  'input',
  'user',
  'slots',
  'tools',
  'calls',
  'artifacts',
  'agent',
  'session',
  'now',
] as const

/** What a condition may read in a gate: nothing that a model wrote but the call's own arguments (Law 3). */
export const GATE_ROOTS: ReadonlySet<string> = new Set(['args', ...EVERYWHERE])

/** What a condition may read in a transition or among success criteria. */
export const STEP_ROOTS: ReadonlySet<string> = new Set([
  'output',
  'steps',
  'decision',
  ...EVERYWHERE,
])

/** Where references are resolved, and where what is wrong with them goes. */
export interface Scope {
  readonly roots: ReadonlySet<string>
  readonly tools: ReadonlyMap<string, PlanTool>
  /** The steps' names; needed where `$.steps` may be read. */
  readonly steps?: ReadonlySet<string>
  /** The slots' names; where left out, any may be read. */
  readonly slots?: ReadonlySet<string>
  readonly issues: Issue[]
}

/** Compiles a condition and resolves what it reads; null (and an issue) when it is wrong. */
export function resolveCondition(text: string, at: IssuePath, scope: Scope): Condition | null {
  const compiled = compileCondition(text, exampleIn(scope))
  if (!compiled.ok) {
    const { message, at: offset } = compiled.error
    scope.issues.push(errorAt(at, `${message} (${textPlace(text, offset)})`))
    return null
  }
  return checkPaths(compiled.condition.paths, at, scope) ? compiled.condition : null
}

/** Compiles a JSONPath and resolves what it reads; null (and an issue) when it is wrong. */
export function resolvePath(text: string, at: IssuePath, scope: Scope): JsonPath | null {
  const compiled = compilePath(text, exampleIn(scope))
  if (!compiled.ok) {
    const { message, at: offset } = compiled.error
    scope.issues.push(errorAt(at, `${message} (${textPlace(text, offset)})`))
    return null
  }
  return checkPaths([compiled.path], at, scope) ? compiled.path : null
}

/** A path that may be read here, for messages: gates have no `$.output`, steps no `$.args`. */
function exampleIn({ roots }: Scope): { readonly example: string } {
  return { example: roots.has('args') ? '$.args.amount' : '$.output.intent' }
}

function checkPaths(paths: readonly JsonPath[], at: IssuePath, scope: Scope): boolean {
  const messages = paths.flatMap((path) => [
    ...wrongRoots(path, scope),
    ...wrongTool(path, scope),
    ...wrongStep(path, scope),
    ...wrongCall(path, scope),
    ...wrongUser(path),
    ...wrongDecision(path),
    ...wrongSlot(path, scope),
    ...wrongArtifact(path),
  ])
  scope.issues.push(...[...new Set(messages)].map((message) => errorAt(at, message)))
  return messages.length === 0
}

function wrongRoots(path: JsonPath, scope: Scope): readonly string[] {
  if (path.roots === null) {
    const legal = [...scope.roots].map((root) => `$.${root}`)
    return [`\`${path.text}\` may read anything; begin with one of ${legal.join(', ')}`]
  }
  if (path.roots.size === 0) return [`\`${path.text}\` reads nothing; name what it reads`]
  return [...path.roots]
    .filter((root) => !scope.roots.has(root))
    .map((root) => `${whyNoRoot(root, path, scope)}; ${legalNames(root, scope.roots)}`)
}

function whyNoRoot(root: string, path: JsonPath, scope: Scope): string {
  if (!scope.roots.has('output') && root === 'decision') {
    const why = 'a model wrote it, and how sure it says it is decides nothing (Law 15)'
    return `no gate and no \`handoff.when\` may read \`$.decision\`: ${why}; route on it in \`next\` or \`accept\``
  }
  if (!scope.roots.has('output') && (root === 'output' || root === 'steps')) {
    return `a gate may not read \`$.${root}\`: a model wrote it`
  }
  if (root === 'args' && !scope.roots.has('args')) {
    return `\`${path.text}\` reads \`$.args\`, which only gates have: the arguments of the call that they judge`
  }
  return `\`${path.text}\` reads the unknown \`$.${root}\``
}

const TOOL_PARTS: Readonly<Record<string, readonly string[]>> = {
  outputs: ['latest', 'all'],
  calls: ['all'],
}

/** Tools that answer with what a model wrote (Law 3). */
const OF_MODELS: ReadonlySet<string> = new Set([
  'workflow',
  'read-artifact',
  'verify-artifact',
  'recall',
  'guidelines',
])

function wrongTool(path: JsonPath, scope: Scope): readonly string[] {
  const [root, tool, part, which] = path.leading
  if (root !== 'tools' || typeof tool !== 'string') return []
  if (!scope.tools.has(tool)) {
    return [
      `\`${path.text}\` reads the unknown tool \`${tool}\`; ${legalNames(tool, scope.tools.keys())}`,
    ]
  }
  const kind = scope.tools.get(tool)?.kind
  if (!scope.roots.has('output') && kind !== undefined && OF_MODELS.has(kind)) {
    const where = kind === 'workflow' ? ' in a sub-run' : ''
    const message = `a gate may not read what \`${tool}\` answered (\`${path.text}\`): a model wrote it${where}`
    return [`${message}; name the tool in \`needs\`, or read the tools that gave the facts`]
  }
  if (part === undefined) return []
  const parts = Object.hasOwn(TOOL_PARTS, part) ? TOOL_PARTS[part] : undefined
  if (parts === undefined) {
    const legal = legalNames(String(part), Object.keys(TOOL_PARTS))
    return [`\`${path.text}\`: a tool has no \`${part}\`; ${legal}`]
  }
  if (which === undefined || parts.includes(String(which))) return []
  return [`\`${path.text}\`: \`${part}\` has no \`${which}\`; ${legalNames(String(which), parts)}`]
}

const FACT_PARTS: readonly string[] = ['call', 'tool', 'args', 'output', 'turn', 'seq']

/** `$.calls` is a list of what succeeded: `{ call, tool, args, output, turn, seq }` each. */
function wrongCall(path: JsonPath, scope: Scope): readonly string[] {
  const [root, item, part] = path.shape
  if (root !== 'calls') return []
  if (typeof item === 'string') {
    return [
      `\`${path.text}\`: \`$.calls\` is a list of all calls that succeeded; write \`$.calls[-1]\`, \`$.calls[*]\` or \`$.calls[?@.tool == '${scope.tools.has(item) ? item : 'NAME'}']\``,
    ]
  }
  const parts = [...(typeof part === 'string' ? [part] : []), ...path.filter.names]
  return [
    ...parts
      .filter((name) => !FACT_PARTS.includes(name))
      .map(
        (name) => `\`${path.text}\`: a call has no \`${name}\`; ${legalNames(name, FACT_PARTS)}`,
      ),
    ...path.filter.tools
      .filter((tool) => !scope.tools.has(tool))
      .map(
        (tool) =>
          `\`${path.text}\` asks for the unknown tool \`${tool}\`; ${legalNames(tool, scope.tools.keys())}`,
      ),
  ]
}

const USER_PARTS: readonly string[] = ['latest', 'all']

/** `$.user.KIND`: any kind, for the host names them. */
function wrongUser(path: JsonPath): readonly string[] {
  const [root, , part] = path.shape
  if (root !== 'user' || typeof part !== 'string' || USER_PARTS.includes(part)) return []
  return [
    `\`${path.text}\`: what a user stated has no \`${part}\`; ${legalNames(part, USER_PARTS)}`,
  ]
}

function wrongSlot(path: JsonPath, scope: Scope): readonly string[] {
  const [root, slot] = path.leading
  if (root !== 'slots' || scope.slots === undefined || typeof slot !== 'string') return []
  if (scope.slots.has(slot)) return []
  return [`\`${path.text}\` reads the unknown slot \`${slot}\`; ${legalNames(slot, scope.slots)}`]
}

const ARTIFACT_PARTS: readonly string[] = ['ref', 'version', 'digest', 'media', 'chars']

/** `$.artifacts.NAME`: any name, for a model may name one; a score is none of its parts (Law 3). */
function wrongArtifact(path: JsonPath): readonly string[] {
  const [root, , part] = path.shape
  if (root !== 'artifacts' || typeof part !== 'string' || ARTIFACT_PARTS.includes(part)) return []
  return [`\`${path.text}\`: an artifact has no \`${part}\`; ${legalNames(part, ARTIFACT_PARTS)}`]
}

/** `$.decision`: the last envelope. */
function wrongDecision(path: JsonPath): readonly string[] {
  const [root, part] = path.shape
  if (root !== 'decision' || typeof part !== 'string' || DECISION_PARTS.includes(part)) return []
  return [`\`${path.text}\`: a decision has no \`${part}\`; ${legalNames(part, DECISION_PARTS)}`]
}

function wrongStep(path: JsonPath, scope: Scope): readonly string[] {
  const [root, step, part] = path.leading
  if (root !== 'steps' || scope.steps === undefined || typeof step !== 'string') return []
  if (!scope.steps.has(step)) {
    return [`\`${path.text}\` reads the unknown step \`${step}\`; ${legalNames(step, scope.steps)}`]
  }
  if (part === undefined || part === 'output') return []
  return [`\`${path.text}\`: a step has no \`${part}\`; ${legalNames(String(part), ['output'])}`]
}

/** Says of each name that is no tool which are. `at` is the list, or the one name itself. */
export function checkTools(names: string | readonly string[], at: IssuePath, scope: Scope): void {
  const check = (name: string, place: IssuePath): void => {
    if (scope.tools.has(name)) return
    scope.issues.push(
      errorAt(place, `there is no tool \`${name}\`; ${legalNames(name, scope.tools.keys())}`),
    )
  }
  if (typeof names === 'string') check(names, at)
  else names.forEach((name, index) => check(name, [...at, index]))
}
