import { legalNames } from '../../../core/spec/issue.ts'
import type { LoadedWorkflow } from '../../../drive/load/loaded-workflow.ts'
import { badRequest } from './bad-request.ts'
import type { Desk } from '../job.ts'

const WORKFLOW = 'workflow/'

/** The name of the registered workflow that a model stands for; null for a model. */
export function workflowName(model: string | null | undefined): string | null {
  return model?.startsWith(WORKFLOW) === true ? model.slice(WORKFLOW.length) : null
}

/** A workflow that the server has: its steps, tools and gates are its own, whatever a request says. */
export function registered({ server, body }: Desk, name: string): LoadedWorkflow {
  const loaded = server.workflows.get(name)
  if (loaded === undefined) {
    throw badRequest(
      `there is no workflow \`${name}\`; ${legalNames(name, server.workflows.keys())}`,
      {
        code: 'unknown_workflow',
        param: 'model',
      },
    )
  }
  if ((body.steps ?? null) !== null) {
    throw badRequest('the workflow has its own steps; leave `steps` out, or name a model', {
      code: 'workflow_has_steps',
      param: 'steps',
    })
  }
  return loaded
}
