import { ToolError } from '../../src/index.ts'
import type { ToolDefinition } from '../../src/index.ts'

/*
 * One candidate and the jobs that are open: what a letter may rest on.
 */

const PROFILES: Readonly<Record<string, string>> = {
  'ada-byron':
    'Ada Byron, 7 years of backend work. Cut the checkout latency at Lumen from 900 to 140 ms. Led 4 people through a move of 31 services to Kubernetes. Writes a newsletter on queues, 2,300 readers.',
}

const JOBS: Readonly<Record<string, string>> = {
  'staff engineer':
    'Staff engineer, payments, at Harbour. Contact: Mira Okafor. Wanted: latency, reliability, leading without authority.',
}

export const fetch_inputs: ToolDefinition<{ readonly candidate: string; readonly role: string }> = {
  about: 'Get the profile of a candidate and the description of the job for a role.',
  effect: 'read',
  input: {
    type: 'object',
    required: ['candidate', 'role'],
    properties: { candidate: { type: 'string' }, role: { type: 'string' } },
    additionalProperties: false,
  },
  execute({ candidate, role }) {
    const profile = PROFILES[candidate]
    const job = JOBS[role.toLowerCase()]
    if (profile === undefined) {
      throw new ToolError(`there is no candidate ${candidate}`, { code: 'NOT_FOUND' })
    }
    if (job === undefined) throw new ToolError(`no job is open for ${role}`, { code: 'NOT_FOUND' })
    return { profile, job }
  },
}
