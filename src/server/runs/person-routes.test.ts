import { describe, expect, test } from 'vitest'
import { defineTool } from '../../core/spec/define.ts'
import { isJsonObject } from '../../core/spec/json.ts'
import type { WorkflowSpec } from '../../core/spec/spec.ts'
import { givenRuns, type Answer, type GivenRuns, textAt } from './given-runs.ts'

const WAIT = { headers: { prefer: 'wait=20' } }

const PAY: WorkflowSpec = {
  workflow: 'desk',
  tools: { pay: {} },
  gates: { big: { on: 'pay', allow: "get('$.args.amount') < 10", else: 'approve' } },
  steps: [{ name: 'act', prompt: 'Act.', tools: ['pay'] }],
}

const PAYS = [{ call: 'pay', args: { amount: 50 } }, { text: 'paid' }]

/** A desk that pays fifty after somebody said yes. */
async function desk(
  workflow: WorkflowSpec = PAY,
): Promise<GivenRuns & { readonly paid: unknown[] }> {
  const paid: unknown[] = []
  const pay = defineTool({
    about: 'Pays.',
    effect: 'write',
    input: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
    execute: (args) => {
      paid.push(args)
      return { ok: true }
    },
  })
  return { ...(await givenRuns({ workflow, script: PAYS, tools: { pay } })), paid }
}

async function started({ post }: GivenRuns, workflow: string): Promise<string> {
  const { json } = await post('/v1/runs', { workflow }, WAIT)
  return `/v1/runs/${textAt(json, 'id')}`
}

function codeOf({ status, json }: Answer): string {
  const { error = null } = json
  return `${status} ${isJsonObject(error) ? textAt(error, 'code') : ''}`
}

describe('an approval', () => {
  test('lets a held call go in the name of the key, whatever the body says', async () => {
    const given = await desk()
    const run = await started(given, 'desk')
    const held = await given.get(run)
    expect(held.json).toMatchObject({ status: 'waiting', reason: 'needs_approval' })
    const asked = await given.get(`${run}/approvals`)
    expect(asked.json).toMatchObject({ data: [{ status: 'open', tool: 'pay', granted_by: [] }] })
    const forged = await given.post(`${run}/approvals`, { decision: 'approve', by: 'bo' }, WAIT)
    expect(codeOf(forged)).toBe('400 invalid_value')
    const yes = { decision: 'approve', reason: 'fine' }
    const { status, json } = await given.post(`${run}/approvals`, yes, { ...WAIT, by: 'bo' })
    expect([status, json['reason']]).toEqual([200, 'completed'])
    expect(given.paid).toEqual([{ amount: 50 }])
    const after = await given.get(`${run}/approvals`)
    expect(after.json).toMatchObject({ data: [{ status: 'granted', granted_by: ['bo'] }] })
  })

  test('needs a key that may approve', async () => {
    const given = await desk()
    const run = await started(given, 'desk')
    const answer = await given.post(
      `${run}/approvals`,
      { decision: 'approve' },
      { scopes: ['run', 'read'] },
    )
    expect(codeOf(answer)).toBe('403 insufficient_scope')
    expect(given.paid).toEqual([])
  })

  test('of four eyes takes two keys, and never the one that began the run', async () => {
    const given = await desk({ ...PAY, approval: { approvers: 2 } })
    const run = await started(given, 'desk')
    const yes = { decision: 'approve' }
    const own = await given.post(`${run}/approvals`, yes, { ...WAIT, by: 'ann' })
    expect(codeOf(own)).toBe('409 approval_refused')
    const one = await given.post(`${run}/approvals`, yes, { ...WAIT, by: 'bo' })
    expect(one.json).toMatchObject({ reason: 'needs_approval' })
    const twice = await given.post(`${run}/approvals`, yes, { ...WAIT, by: 'bo' })
    expect(codeOf(twice)).toBe('409 approval_refused')
    expect(given.paid).toEqual([])
    const two = await given.post(`${run}/approvals`, yes, { ...WAIT, by: 'cy' })
    expect(two.json).toMatchObject({ reason: 'completed' })
    expect(given.paid).toHaveLength(1)
  })

  test('that denies leaves it undone, and one that comes late does not count', async () => {
    const given = await desk()
    const run = await started(given, 'desk')
    const no = { decision: 'deny', reason: 'too much' }
    const denied = await given.post(`${run}/approvals`, no, { ...WAIT, by: 'bo' })
    expect(denied.json).toMatchObject({ reason: 'completed' })
    expect(given.paid).toEqual([])
    const late = await given.post(`${run}/approvals`, { decision: 'approve' }, { by: 'cy' })
    expect(codeOf(late)).toBe('409 not_waiting')
  })
})

describe('If-Match', () => {
  test('goes on only from what the caller saw', async () => {
    const given = await desk()
    const run = await started(given, 'desk')
    const etag = (await given.get(run)).headers.get('etag') ?? ''
    const yes = { decision: 'approve' }
    const stale = { by: 'bo', headers: { 'if-match': '"1"' } }
    expect(codeOf(await given.post(`${run}/approvals`, yes, stale))).toBe('412 head_moved')
    expect(given.paid).toEqual([])
    const fresh = { by: 'bo', headers: { 'if-match': etag, ...WAIT.headers } }
    expect((await given.post(`${run}/approvals`, yes, fresh)).status).toBe(200)
  })

  test('holds under the lease: of two who saw the same, one goes on', async () => {
    const given = await desk()
    const run = await started(given, 'desk')
    const etag = (await given.get(run)).headers.get('etag') ?? ''
    const answers = await Promise.all(
      ['bo', 'cy'].map((by) =>
        given.post(`${run}/approvals`, { decision: 'deny' }, { by, headers: { 'if-match': etag } }),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      202, 412,
    ])
  })
})

describe('client results', () => {
  const ASK: WorkflowSpec = {
    workflow: 'client',
    tools: { look: { client: true, about: 'Looks.', effect: 'read', input: { type: 'object' } } },
    steps: [{ name: 'ask', prompt: 'Ask.', tools: ['look'] }],
  }
  const SCRIPT = [{ calls: [{ tool: 'look' }, { tool: 'look' }] }, { text: 'seen' }]

  test('go in call by call, and the run goes on with the last', async () => {
    const given = await givenRuns({ workflow: ASK, script: SCRIPT })
    const run = await started(given, 'client')
    const { json } = await given.get(run)
    const pending = Array.isArray(json['pending']) ? json['pending'] : []
    const calls = pending.map((each: { call: string }) => each.call)
    expect(calls).toHaveLength(2)
    const [first, second] = calls
    const results = (...results: unknown[]) => given.post(`${run}/results`, { results }, WAIT)
    const one = await results({ call: first, output: { seen: 1 } })
    expect(one.json).toMatchObject({ reason: 'needs_client', pending: [{ call: second }] })
    expect(codeOf(await results({ call: first, output: 2 }))).toBe('409 not_waiting')
    expect(codeOf(await results({ call: second }))).toBe('400 invalid_value')
    const error = { code: 'GONE', message: 'not there' }
    const two = await results({ call: second, error })
    expect(two.json).toMatchObject({ reason: 'completed', output: { text: 'seen' } })
  })
})

describe('input', () => {
  const TALK: WorkflowSpec = {
    workflow: 'talk',
    input: { type: 'object', properties: { message: { type: 'string' } } },
    steps: [{ name: 'ask', prompt: 'Answer.', tools: ['request_input'] }],
  }
  const SCRIPT = [
    { call: 'request_input', args: { question: 'Which?' } },
    { text: 'thanks' },
    { text: 'again' },
  ]

  test('answers a question, and begins another turn', async () => {
    const given = await givenRuns({ workflow: TALK, script: SCRIPT })
    const run = await started(given, 'talk')
    expect((await given.get(run)).json).toMatchObject({ reason: 'needs_input' })
    const told = await given.post(`${run}/input`, { message: 'the red one' }, WAIT)
    expect(told.json).toMatchObject({ reason: 'completed', output: { text: 'thanks' } })
    const more = await given.post(`${run}/input`, { input: { message: 'and now?' } }, WAIT)
    expect(more.json).toMatchObject({ reason: 'completed', output: { text: 'again' } })
  })

  test.each([{}, { message: 'a', slots: {} }, { text: 'a' }])('refuses %j', async (body) => {
    const given = await givenRuns({ workflow: TALK, script: SCRIPT })
    const run = await started(given, 'talk')
    expect(codeOf(await given.post(`${run}/input`, body))).toBe('400 invalid_value')
  })

  test('of a run that waits for something else is a conflict that says for what', async () => {
    const given = await desk()
    const run = await started(given, 'desk')
    const answer = await given.post(`${run}/input`, { message: 'hello' })
    expect(codeOf(answer)).toBe('409 not_waiting')
    expect(answer.text).toContain('needs_approval')
  })
})

describe('what only a person may say', () => {
  test('settling a doubt takes a key that may approve, spelt as it may be', async () => {
    const given = await desk()
    const run = await started(given, 'desk')
    const body = { call: 'call_1', executed: true }
    for (const path of [`${run}/settle`, `${run}/%73ettle`]) {
      const { status } = await given.post(path, body, { scopes: ['run', 'read'] })
      expect(status).toBe(403)
    }
    expect(codeOf(await given.post(`${run}/settle`, body))).toBe('409 not_waiting')
  })

  test('the packet of a run that was not handed over is not there', async () => {
    const given = await desk()
    const run = await started(given, 'desk')
    expect(codeOf(await given.get(`${run}/handoff`))).toBe('404 no_handoff')
  })
})

describe('a handoff', () => {
  const HAND: WorkflowSpec = {
    ...PAY,
    gates: { big: { on: 'pay', allow: "get('$.args.amount') < 10", else: 'escalate' } },
    handoff: {
      schema: {
        type: 'object',
        required: ['channel'],
        properties: { channel: { type: 'string' } },
      },
    },
  }

  test('is read as JSON or Markdown, and filled in the name of the key', async () => {
    const given = await desk(HAND)
    const run = await started(given, 'desk')
    const packet = await given.get(`${run}/handoff`)
    expect(packet.json).toMatchObject({ workflow: 'desk', missing: ['channel'] })
    const read = await given.get(`${run}/handoff`, { headers: { accept: 'text/markdown' } })
    expect(read.headers.get('content-type')).toContain('text/markdown')
    expect(read.text).toContain('# Handoff')
    const fields = { channel: 'mail' }
    const filled = await given.post(`${run}/handoff`, { fields }, { ...WAIT, by: 'bo' })
    expect(filled.json).toMatchObject({ reason: 'handed_off', handoff: { missing: [] } })
    expect((await given.get(`${run}/events`)).text).toContain('"by":"bo"')
  })
})
