import { isJsonObject, type Json, type JsonObject } from '../../../core/spec/json.ts'
import { areAffordable, boundedSchema } from '../../chat/bounded-schema.ts'
import { badRequest } from './bad-request.ts'

/*
 * The schemas of a request are run by the server over what models and callers write: none of them may
 * hold it up, nor may all of them together.
 */

/**
 * A workflow that was made of a request, with schemas that are safe to check with (Law 16): a pattern
 * that may backtrack is told to the model and not run. Throws an ApiError that names what multiplies.
 */
export function boundedSpec(made: JsonObject): JsonObject {
  const { tools, steps } = made
  const spec: JsonObject = {
    ...made,
    ...(isJsonObject(tools) ? { tools: boundedTools(tools) } : {}),
    ...(Array.isArray(steps) ? { steps: steps.map(boundedStep) } : {}),
  }
  if (!areAffordable(schemasOf(spec))) {
    throw badRequest('tools: their schemas take too long to check, all together', {
      code: 'schema_too_large',
      param: 'tools',
    })
  }
  return spec
}

/** The same tools, each with an `input` that is safe to check with. */
export function boundedTools(tools: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]): [string, Json] => [
      name,
      bounded(tool, { member: 'input', at: `tools.${name.slice(0, 100)}.parameters` }),
    ]),
  )
}

function boundedStep(step: Json): Json {
  return bounded(step, { member: 'output', at: 'text.format.schema' })
}

function bounded(value: Json, on: { readonly member: string; readonly at: string }): Json {
  const { member, at } = on
  if (!isJsonObject(value)) return value
  const schema = value[member]
  if (schema === undefined || !isJsonObject(schema)) return value
  const safe = boundedSchema(schema)
  if (safe !== null) return { ...value, [member]: safe }
  throw badRequest(`${at}: takes too long to check: it is too large, or its references multiply`, {
    code: 'schema_too_large',
    param: at,
  })
}

function schemasOf({ tools, steps }: JsonObject): readonly JsonObject[] {
  const inputs = isJsonObject(tools) ? Object.values(tools).map((tool) => part(tool, 'input')) : []
  const outputs = Array.isArray(steps) ? steps.map((step) => part(step, 'output')) : []
  return [...inputs, ...outputs].filter(isJsonObject)
}

function part(value: Json, member: string): Json {
  return isJsonObject(value) ? (value[member] ?? null) : null
}
