import { BUILT_INS } from '../../core/spec/built-in.ts'
import { errorAt, legalNames, type Issue, type IssuePath } from '../../core/spec/issue.ts'
import type { JsonObject } from '../../core/spec/json.ts'
import type { NearbyTool } from '../canonical.ts'
import type { ListedTool, PersonizeTool, PersonizeTools } from './personize-schema.ts'

/** The tools of a request: the caller's own, and which others its steps may name (S0.32). */
export interface RequestTools {
  /** For `tools` of a spec. */
  readonly declared: Readonly<Record<string, JsonObject>>
  /** The caller's, in the order given: what a step without `tools` may call (S0.31). */
  readonly client: readonly string[]
  /** True for a tool that somebody executes. */
  readonly knows: (name: string) => boolean
  /** What would be legal in the place of an unknown name. */
  readonly legal: (name: string) => string
}

/** What OpenAI executes itself, as its clients ask for it; here the tool of that name does. */
const HOSTED: ReadonlyMap<string, string> = new Map([
  ['web_search', 'web_search'],
  ['web_search_preview', 'web_search'],
])

interface Named {
  readonly name: string
  readonly tool: PersonizeTool
  readonly at: IssuePath
}

/**
 * Reads the tools of a request, as a list or as a map. What is wrong with one is an issue with its
 * path. A tool of the caller changes nothing that a rule here could know of, so calls to several of
 * them go out together.
 */
export function readRequestTools(
  tools: PersonizeTools | null | undefined,
  on: { readonly nearby: ReadonlyMap<string, NearbyTool>; readonly issues: Issue[] },
): RequestTools & { readonly hosted: readonly string[] } {
  const { nearby, issues } = on
  const declared: Record<string, JsonObject> = {}
  const hosted: string[] = []
  for (const { name, tool, at } of namedTools(tools ?? {}, { hosted, issues })) {
    if (Object.hasOwn(declared, name)) {
      issues.push(errorAt(at, `there are two tools \`${name}\`; keep one`))
    } else if (nearby.has(name)) {
      const message = `\`${name}\` is a tool of the server; give yours another name, or leave it out of \`tools\` and name it in a step`
      issues.push(errorAt(at, message))
    } else {
      declared[name] = {
        client: true,
        effect: 'read',
        input: { type: 'object', ...tool.parameters },
        ...(tool.description === undefined || tool.description === null || tool.description === ''
          ? {}
          : { about: tool.description }),
      }
    }
  }
  const client = Object.keys(declared)
  for (const [name, { module }] of nearby) if (module !== null) declared[name] = { module }
  const all = new Set([...client, ...nearby.keys(), ...BUILT_INS.keys()])
  return {
    declared,
    client,
    hosted,
    knows: (name) => all.has(name),
    legal: (name) => legalNames(name, all),
  }
}

function namedTools(
  tools: PersonizeTools,
  on: { readonly hosted: string[]; readonly issues: Issue[] },
): readonly Named[] {
  if (!isListed(tools)) {
    return Object.entries(tools).map(([name, tool]) => ({ name, tool, at: ['tools', name] }))
  }
  return tools.flatMap((tool, index): readonly Named[] => {
    const at = ['tools', index]
    const { type = 'function' } = tool
    const own = tool.function ?? tool
    const name = tool.function?.name ?? tool.name ?? ''
    const hosted = HOSTED.get(type ?? 'function')
    if (hosted !== undefined) on.hosted.push(hosted)
    else if (type !== 'function' && type !== null) {
      const message = `tools of type \`${type}\` are not executed here; legal are \`function\` and ${[...HOSTED.keys()].map((each) => `\`${each}\``).join(', ')}`
      on.issues.push(errorAt([...at, 'type'], message))
    } else if (name === '') on.issues.push(errorAt(at, '`name` is missing: every tool has one'))
    else if (name === '__proto__') {
      on.issues.push(errorAt([...at, 'name'], '`__proto__` is not a legal name; choose another'))
    } else return [{ name, tool: own, at }]
    return []
  })
}

function isListed(tools: PersonizeTools): tools is readonly ListedTool[] {
  return Array.isArray(tools)
}
