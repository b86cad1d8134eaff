import { warningAt, type Issue } from '../issue.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { Plan, PlanTool } from '../plan.ts'

/** Words by which an argument's name says that its value decides who gets what, or what is run. */
const SENSITIVE: ReadonlySet<string> = new Set(
  (
    'recipient recipients receiver payee beneficiary to cc bcc account iban bic swift card wallet ' +
    'url uri link href webhook endpoint host hostname domain amount path file filename folder ' +
    'directory command cmd script sql email emails mail phone password destination target'
  ).split(' '),
)

/**
 * Warns of writes whose sensitive-looking arguments text from outside could choose: no gate has
 * `clean` or `from` on them, and an untrusted tool is in the workflow (issue 3, taint).
 */
export function checkTaint(plan: Plan): readonly Issue[] {
  const source = untrustedIn(plan)
  if (source === null) return []
  return plan.toolNames.flatMap((name) => {
    const tool = plan.tools.get(name)
    if (tool === undefined || tool.effect !== 'write' || !runs(tool)) return []
    const open = sensitiveArguments(tool.input).filter(
      (argument) => !isGuarded(plan, name, argument),
    )
    if (open.length === 0) return []
    const [first = ''] = open
    const listed = open.map((argument) => `\`${argument}\``).join(', ')
    const declared = Object.hasOwn(plan.spec.tools ?? {}, name)
    const message = `\`${name}\` takes ${listed}, and what untrusted \`${source}\` returns may choose the value: give a gate on it \`clean: [${first}]\` or \`from\``
    return [warningAt(declared ? ['tools', name] : ['gates'], message)]
  })
}

function runs({ kind }: PlanTool): boolean {
  return kind === 'server' || kind === 'client' || kind === 'workflow'
}

/** The name of what a model may read that is not trusted, here or in a sub-run: a tool, or memory. */
function untrustedIn(plan: Plan): string | null {
  const here = plan.toolNames.find((name) => isUntrusted(plan.tools.get(name)))
  if (here !== undefined) return here
  if (plan.memory !== null && plan.memory.recall !== null) return 'memory'
  for (const sub of plan.workflows.values()) {
    const below = untrustedIn(sub)
    if (below !== null) return below
  }
  return null
}

/** Notes were written by users and models. */
function isUntrusted(tool: PlanTool | undefined): boolean {
  return tool?.trust === 'untrusted' || tool?.kind === 'recall'
}

function sensitiveArguments(input: JsonObject): readonly string[] {
  const { properties } = input
  return isJsonObject(properties) ? Object.keys(properties).filter(isSensitive) : []
}

function isSensitive(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/)
  return words.some((word) => SENSITIVE.has(word))
}

function isGuarded(plan: Plan, tool: string, argument: string): boolean {
  const guarded = (plan.gatesOn.get(tool) ?? []).flatMap((gate) => [
    ...gate.clean,
    ...gate.from.map((entry) => entry.argument),
  ])
  return guarded.some(({ shape }) => {
    const [, name = null] = shape
    return name === null || name === argument
  })
}
