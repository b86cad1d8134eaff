import { compileSchema } from '../../core/spec/json-schema.ts'
import type { StandardSchema } from '../../core/spec/define.ts'
import { isJsonObject, type JsonObject } from '../../core/spec/json.ts'
import type { InlineTools } from '../../drive/load/loaded-workflow.ts'
import type { FileTool } from './case-file.ts'
import { toJsonSchema } from './function-schema.ts'

/*
 * The tools of a file of cases as tools of a workflow: with their schemas, and nothing behind them.
 */

/** Tools that a workflow can be loaded with, and the names that they have there. */
export interface StubTools {
  readonly tools: InlineTools
  /** By the file's name; a name that a workflow may not have is spelt with `_`. */
  readonly names: ReadonlyMap<string, string>
}

/** Makes tools that a file describes loadable. Throws an Error for a schema that is none. */
export function stubTools(described: readonly FileTool[]): StubTools {
  const names = new Map<string, string>()
  const tools: Record<string, InlineTools[string]> = {}
  for (const tool of described) {
    const name = legalName(tool.name, new Set(names.values()))
    names.set(tool.name, name)
    tools[name] = {
      about: tool.description === '' ? tool.name : tool.description,
      input: closedSchema(tool),
      effect: tool.kind === 'read' ? 'read' : 'write',
      execute: () => null,
    }
  }
  return { tools, names }
}

function legalName(name: string, taken: ReadonlySet<string>): string {
  const letters = name.replaceAll(/[^A-Za-z0-9_-]/g, '_')
  const legal = (/^[A-Za-z]/.test(letters) ? letters : `t_${letters}`).slice(0, 64)
  if (!taken.has(legal)) return legal
  for (let number = 2; ; number++) {
    const numbered = `${legal.slice(0, 60)}_${number}`
    if (!taken.has(numbered)) return numbered
  }
}

/**
 * In these formats a tool has the arguments that it lists and no others. The check is the tool's
 * own, so that it holds beside whatever schema a workflow declares for the same tool.
 */
function closedSchema(tool: FileTool): StandardSchema {
  const schema = closed(toJsonSchema(tool.schema))
  const compiled = compileSchema(schema)
  if (!compiled.ok) throw new Error(`the schema of ${tool.name}: ${compiled.message}`)
  const { check } = compiled
  return {
    '~standard': {
      version: 1,
      vendor: 'replay',
      validate: (value) => {
        const wrong = isJsonObject(value) ? check(value) : 'must be object'
        return wrong === null ? { value } : { issues: [{ message: wrong }] }
      },
      jsonSchema: { input: () => ({ ...schema }) },
    },
  }
}

function closed(schema: JsonObject): JsonObject {
  const open = isJsonObject(schema['properties']) && schema['additionalProperties'] === undefined
  return open ? { ...schema, additionalProperties: false } : schema
}
