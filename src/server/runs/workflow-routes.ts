import { Hono } from 'hono'
import type { JsonObject } from '../../core/spec/json.ts'
import type { Plan } from '../../core/spec/plan.ts'
import type { ServerContext, ServerEnv } from '../server-context.ts'
import { registered } from './start-run.ts'

/** The routes that say which workflows there are, and what one of them takes. */
export function workflowRoutes(server: ServerContext): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>()
  app.get('/workflows', (c) => {
    const all = [...server.workflows.values()]
    const data = all.map(({ plan }) => toWorkflow(plan))
    return c.json({ object: 'list', data })
  })
  app.get('/workflows/:name', (c) => {
    const { plan } = registered(server, c.req.param('name'))
    return c.json({ ...toWorkflow(plan), ...partsOf(plan) })
  })
  return app
}

/** What a list shows of a workflow. */
export interface WorkflowView {
  readonly object: 'workflow'
  readonly name: string
  readonly version: string | null
  readonly about: string | null
  readonly digest: string
  /** JSON Schema of a run's input; null where it takes any. */
  readonly input: JsonObject | null
}

function toWorkflow({ name, digest, spec }: Plan): WorkflowView {
  const { version = null, about = null, input = null } = spec
  return { object: 'workflow', name, version, about, digest, input }
}

/** Steps and tools; never prompts, which are the author's. */
function partsOf(plan: Plan): object {
  return {
    start: plan.start,
    steps: [...plan.steps.values()].map(({ name, tools, next, output }) => ({
      name,
      tools,
      next: next.map(({ to }) => to),
      output: output?.schema ?? null,
    })),
    tools: [...plan.tools.values()].map((tool) => ({
      name: tool.name,
      about: tool.about,
      kind: tool.kind,
      effect: tool.effect,
      risk: tool.risk,
      input: tool.input,
      gates: (plan.gatesOn.get(tool.name) ?? []).map(({ name }) => name),
    })),
  }
}
