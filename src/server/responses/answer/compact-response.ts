import type { JsonObject } from '../../../core/spec/json.ts'
import { badRequest } from '../request/bad-request.ts'
import { carrySummary } from './compaction.ts'
import type { Desk } from '../job.ts'
import type { FindItem } from '../request/read-items.ts'
import type { InputItem } from '../request/request-schema.ts'
import { usageOf } from './response-body.ts'
import { workflowName } from '../request/registered.ts'
import { hexOf } from '../run-reference.ts'
import { startJob } from '../start-job.ts'

const PROMPT =
  'Summarise this conversation for whoever goes on with it: what was asked, what is known and from where, what was decided, what is left. Write only the summary.'

/**
 * Makes a long conversation short (`POST /responses/compact`): the last words of the user stay, what
 * was before them becomes a summary that clients send back as an item. It is a model's words, so no
 * rule ever reads it (Law 3).
 */
export async function compactResponse(
  desk: Desk,
  on: { readonly raw: JsonObject; readonly find: FindItem; readonly createdAt: number },
): Promise<JsonObject> {
  const { body } = desk
  if ((body.model ?? '') === '') {
    throw badRequest('`model` is missing: who writes the summary?', {
      code: 'missing_model',
      param: 'model',
    })
  }
  if (workflowName(body.model) !== null) {
    throw badRequest('a workflow keeps its whole history; name a model', {
      code: 'workflow_not_compacted',
      param: 'model',
    })
  }
  const given: readonly InputItem[] =
    typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : (body.input ?? [])
  const input = [...given, { role: 'user', content: PROMPT }]
  const asked = {
    ...body,
    input,
    tools: null,
    tool_choice: null,
    text: null,
    steps: null,
    store: false,
  }
  const job = await startJob({ ...desk, body: asked }, on)
  const record = await job.begin()
  const summary = record.steps.at(-1)?.text ?? ''
  if (record.reason !== 'completed' || summary === '') {
    const message = `no summary was written: ${record.message}`
    throw badRequest(message, { code: 'not_compacted' })
  }
  const id = hexOf(job.run)
  const last = given.findLast(({ role }) => role === 'user')
  return {
    id: `resp_${id}_0`,
    object: 'response.compaction',
    created_at: on.createdAt,
    output: [
      ...(last === undefined ? [] : [toMessage(last, `msg_${id}_u`)]),
      { type: 'compaction', id: `cmp_${id}`, encrypted_content: carrySummary(summary) },
    ],
    usage: usageOf(record.usage),
  }
}

function toMessage({ content }: InputItem, id: string): JsonObject {
  const parts: JsonObject[] =
    typeof content === 'string'
      ? [{ type: 'input_text', text: content }]
      : JSON.parse(JSON.stringify(content ?? []))
  return { type: 'message', id, status: 'completed', role: 'user', content: parts }
}
