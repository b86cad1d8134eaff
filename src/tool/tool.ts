/*
 * The port to whatever executes a tool: a module's function, an HTTP request, a built-in. By the
 * time a runner is called the kernel has validated and judged the call and committed its dispatch.
 */
import type { Json } from '../core/spec/json.ts'
import type { ToolContext } from '../core/spec/define.ts'

/**
 * Runs one dispatch. Resolves with the result; throws a ToolError (or anything that carries a
 * string `code`) when the tool failed. It must stop when `context.signal` aborts.
 */
export type ToolRunner = (args: Json, context: ToolContext) => Promise<unknown>
