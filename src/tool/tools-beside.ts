import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadModule } from './module.ts'

/*
 * The module that lies beside a workflow's file and is called as if it were part of it: for formats
 * that name tools and have no word for where they come from.
 */

const NAMES = ['tools.ts', 'tools.mts', 'tools.js', 'tools.mjs'] as const

/** What the module beside a file has, by tool; `module` is its path as a workflow writes it. */
export type ToolsBeside =
  | { readonly ok: true; readonly module: string; readonly abouts: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly message: string }

/**
 * Imports `tools.ts` (or .mts, .js, .mjs) of a folder and says which tools it exports, also inside a
 * `default` or `tools` object; null when there is none. Never throws; importing runs the author's code.
 */
export async function findToolsBeside(folder: string): Promise<ToolsBeside | null> {
  const name = NAMES.find((each) => existsSync(join(folder, each)))
  if (name === undefined) return null
  const loaded = await loadModule(join(folder, name))
  if (!loaded.ok) return { ok: false, message: `${name} beside this file ${loaded.message}` }
  const holders = [
    loaded.exports,
    ...['default', 'tools'].map((key): unknown => Reflect.get(loaded.exports, key)),
  ]
  const abouts = new Map<string, string>()
  for (const holder of holders) {
    if (typeof holder !== 'object' || holder === null) continue
    for (const [tool, value] of Object.entries(holder)) {
      if (isTool(value) && !abouts.has(tool)) abouts.set(tool, aboutOf(value))
    }
  }
  return { ok: true, module: `./${name}`, abouts }
}

function isTool(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'execute' in value
}

/** What a tool says of itself, whether it is ours or the AI SDK's. */
export function aboutOf(tool: object): string {
  const about: unknown = Reflect.get(tool, 'about') ?? Reflect.get(tool, 'description')
  return typeof about === 'string' ? about : ''
}
