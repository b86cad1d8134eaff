import { NEXT_ACTIONS, type NextAction } from '../../log/decision.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../spec/json.ts'
import type { PlanStep, PlanTool } from '../../spec/plan.ts'
import type { ToolChoice } from '../../spec/spec.ts'

/** What each action means, as the model is told. */
const MEANINGS: Readonly<Record<NextAction, string>> = {
  call_tool: 'call one tool now, with `tool_name` and `tool_args`',
  ask_user: 'ask the user and wait: the question in `answer`, or `tool_args` of request_input',
  final_answer: 'this step is done: its result in `answer`',
  human_review: 'a person must take over: the reason in `answer`',
  fail_safe: 'you cannot go on: why, in `answer`',
}

/** What a planner may answer with now. */
interface Open {
  readonly legal: readonly PlanTool[]
  readonly choose: ToolChoice
}

/**
 * The JSON Schema that binds a planner to the envelope (S4.15): the legal tools and their arguments,
 * and the actions that are open now. Where a tool must be called there is no final answer; a person,
 * or saying that it cannot go on, is always open. It keeps to what strict modes take, as far as the
 * schemas of tools and output do; the range of `confidence` is checked when it is read.
 */
export function decisionSchema(step: PlanStep, open: Open): JsonObject {
  const tools = callable(open)
  const definitions: Record<string, JsonObject> = {}
  const actions = actionsOf(open, tools)
  const said: readonly JsonObject[] =
    step.output === null ? [TEXT] : [embed('answer', step.output.schema, definitions), TEXT]
  const inputs = unique(tools).map(({ name, input }) => embed(`args.${name}`, input, definitions))
  const properties: JsonObject = {
    next_action: {
      type: 'string',
      enum: actions,
      description: actions.map((action) => `${action}: ${MEANINGS[action]}`).join('; '),
    },
    tool_name: {
      anyOf: [...names(tools), NOTHING],
      description: `the tool to call now, else null. ${aboutTools(tools)}`.trim(),
    },
    tool_args: { anyOf: [...inputs, NOTHING], description: 'its arguments, else null' },
    answer: {
      anyOf: [...said, NOTHING],
      description: 'the final answer, the question to the user, or why a person is needed',
    },
    confidence: { type: 'number', description: 'how sure you are of this decision, from 0 to 1' },
    risk_level: {
      type: 'string',
      enum: ['low', 'medium', 'high'],
      description: 'how much harm the call could do if it is wrong',
    },
    success_criteria_met: {
      type: 'boolean',
      description: 'whether all that this step is there for is done',
    },
  }
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(properties),
    properties,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
  }
}

const NOTHING: JsonObject = { type: 'null' }
const TEXT: JsonObject = { type: 'string' }

function callable({ legal, choose }: Open): readonly PlanTool[] {
  if (choose === 'none') return []
  return typeof choose === 'object' ? legal.filter(({ name }) => name === choose.tool) : legal
}

function actionsOf({ choose }: Open, tools: readonly PlanTool[]): readonly NextAction[] {
  const must = choose === 'required' || typeof choose === 'object'
  const asks = tools.some(({ kind }) => kind === 'request-input')
  return NEXT_ACTIONS.filter((action) => {
    if (action === 'call_tool') return tools.length > 0
    if (action === 'ask_user') return asks
    return action !== 'final_answer' || !must || tools.length === 0
  })
}

/** One for each of their schemas: alternatives that are the same say nothing. */
function unique(tools: readonly PlanTool[]): readonly PlanTool[] {
  return [...new Map(tools.map((tool) => [canonicalJson(tool.input), tool])).values()]
}

function names(tools: readonly PlanTool[]): readonly JsonObject[] {
  return tools.length === 0 ? [] : [{ type: 'string', enum: tools.map(({ name }) => name) }]
}

function aboutTools(tools: readonly PlanTool[]): string {
  return tools.map(({ name, about }) => (about === '' ? name : `${name}: ${about}`)).join(' | ')
}

/** A schema in its place in another: what it refers to within itself is then elsewhere. */
function embed(
  key: string,
  schema: JsonObject,
  definitions: Record<string, JsonObject>,
): JsonObject {
  const { $schema: _schema, $id: _id, ...body } = schema
  const moved = moveRefs(body, `#/$defs/${key}`)
  if (!moved.any || !isJsonObject(moved.value)) return body
  definitions[key] = moved.value
  return { $ref: `#/$defs/${key}` }
}

function moveRefs(value: Json, to: string): { readonly value: Json; readonly any: boolean } {
  let any = false
  const move = (at: Json): Json => {
    if (Array.isArray(at)) return at.map(move)
    if (!isJsonObject(at)) return at
    return Object.fromEntries(
      Object.entries(at).map(([name, member]) => {
        if (name !== '$ref' || typeof member !== 'string' || !member.startsWith('#')) {
          return [name, move(member)]
        }
        any = true
        return [name, to + member.slice(1)]
      }),
    )
  }
  return { value: move(value), any }
}

/** The JSON Schema of a verifier's report (S4.4). */
export const REPORT_SCHEMA: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['score', 'feedback'],
  properties: {
    score: { type: 'integer', minimum: 1, maximum: 10 },
    feedback: { type: 'string', description: 'what is wrong, if anything, and what would mend it' },
  },
}
