import { Hono } from 'hono'
import { handoffMarkdown } from '../../core/log/record/handoff-markdown.ts'
import { handoffRecord } from '../../core/log/record/handoff-record.ts'
import type { JsonObject } from '../../core/spec/json.ts'
import type { ApprovalAnswer } from '../../drive/approve.ts'
import type { ClientResult, DoubtAnswer } from '../../drive/first-events.ts'
import { ApiError } from '../api-error.ts'
import type { ServerContext, ServerEnv } from '../server-context.ts'
import { approvalsOf } from './approval-view.ts'
import { goOn } from './go-on.ts'
import { keptRuns, logOf, ownRun } from './kept-runs.ts'
import { readBody } from './read-request.ts'
import {
  approvalBody,
  confirmationBody,
  handoffBody,
  inputBody,
  resultsBody,
  settleBody,
  statement,
  type ApprovalBody,
  type InputBody,
  type ResultsBody,
  type SettleBody,
} from './run-bodies.ts'

/*
 * What somebody says to a run that is there. Who says it is the name of the key, and never a member
 * of the body: one key cannot be two people (Law 8).
 */

/** The routes by which people and clients answer a run. */
export function personRoutes(server: ServerContext): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>()
  app.post('/runs/:run/input', async (c) => {
    const input = oneInput(await readBody(c, inputBody))
    return goOn(server, c, { run: c.req.param('run'), act: (run) => run.send(input) })
  })
  app.post('/runs/:run/results', async (c) => {
    const results = (await readBody(c, resultsBody)).results.map(toResult)
    return goOn(server, c, { run: c.req.param('run'), act: (run) => run.answer(results) })
  })
  app.post('/runs/:run/confirmations', async (c) => {
    const { branch, ...said } = await readBody(c, confirmationBody)
    const confirmation = { ...said, ...(branch === undefined ? {} : { branch }) }
    return goOn(server, c, { run: c.req.param('run'), act: (run) => run.confirm(confirmation) })
  })
  app.post('/runs/:run/states', async (c) => {
    const { kind, facts } = await readBody(c, statement)
    return goOn(server, c, { run: c.req.param('run'), act: (run) => run.state(kind, facts) })
  })
  app.post('/runs/:run/settle', async (c) => {
    const answer = toDoubtAnswer(await readBody(c, settleBody))
    return goOn(server, c, { run: c.req.param('run'), act: (run) => run.settle(answer) })
  })
  approvals(app, server)
  handoffs(app, server)
  return app
}

function approvals(app: Hono<ServerEnv>, server: ServerContext): void {
  app.get('/runs/:run/approvals', async (c) => {
    const { store } = keptRuns(server)
    const row = await ownRun({ store }, { caller: c.get('caller'), run: c.req.param('run') })
    return c.json({ object: 'list', data: approvalsOf(await logOf(store, row.run)) })
  })
  app.post('/runs/:run/approvals', async (c) => {
    const body = await readBody(c, approvalBody)
    const answer = toAnswer(body, c.get('caller').by)
    return goOn(server, c, {
      run: c.req.param('run'),
      refusal: 'approval.refused',
      act: (run) => (body.decision === 'approve' ? run.approve(answer) : run.deny(answer)),
    })
  })
}

function handoffs(app: Hono<ServerEnv>, server: ServerContext): void {
  app.get('/runs/:run/handoff', async (c) => {
    const { store } = keptRuns(server)
    const row = await ownRun({ store }, { caller: c.get('caller'), run: c.req.param('run') })
    const packet = handoffRecord(await logOf(store, row.run))
    if (packet === null) {
      const message = 'the run was not handed over: there is no packet'
      throw new ApiError('not_found_error', message, { code: 'no_handoff' })
    }
    if (c.req.header('accept')?.includes('text/markdown') === true) {
      c.header('Content-Type', 'text/markdown; charset=utf-8')
      return c.body(handoffMarkdown(packet, packet.missing))
    }
    return c.json(packet)
  })
  app.post('/runs/:run/handoff', async (c) => {
    const { fields } = await readBody(c, handoffBody)
    const { by } = c.get('caller')
    return goOn(server, c, {
      run: c.req.param('run'),
      act: (run) => (fields === undefined ? run.resume() : run.fillHandoff({ fields, by })),
    })
  })
}

function oneInput(body: InputBody): JsonObject | string {
  const given = [body.message, body.input, body.slots].filter((each) => each !== undefined)
  const [only, another] = given
  if (only !== undefined && another === undefined) return only
  const message = 'expected exactly one of `message`, `input` and `slots`'
  throw new ApiError('invalid_request_error', message, { code: 'invalid_value', param: 'message' })
}

function toResult(given: ResultsBody['results'][number]): ClientResult {
  const { call, output = null, error } = given
  if (error === undefined) return { call, output }
  const { category, ...rest } = error
  return { call, error: { ...rest, ...(category === undefined ? {} : { category }) } }
}

function toDoubtAnswer(given: SettleBody): DoubtAnswer {
  const { call, executed, output } = given
  if (executed) return { call, executed, ...(output === undefined ? {} : { output }) }
  if (output === undefined) return { call, executed }
  const message = 'output: a write that did not happen has none'
  throw new ApiError('invalid_request_error', message, { code: 'invalid_value', param: 'output' })
}

function toAnswer(given: ApprovalBody, by: string): ApprovalAnswer {
  const { request, call, reason, args } = given
  return {
    by,
    ...(request === undefined ? {} : { request }),
    ...(call === undefined ? {} : { call }),
    ...(reason === undefined ? {} : { reason }),
    ...(args === undefined ? {} : { args }),
  }
}
