import type { EventOf } from '../core/log/event.ts'
import type { Plan } from '../core/spec/plan.ts'

/** Names of providers as the GenAI conventions have them, where they differ from the AI SDK's. */
const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['google', 'gcp.gemini'],
  ['google-vertex', 'gcp.vertex_ai'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['azure', 'azure.ai.openai'],
  ['mistral', 'mistral_ai'],
  ['xai', 'x_ai'],
])

/** Who is asked, and at whom. */
export interface ModelAsked {
  readonly provider: string | null
  readonly model: string
}

/**
 * The model of a call: the run's own choice, else that of the composer or verifier, else the step's;
 * what `mindRequest` asks. Null where none is named, as with a script.
 */
export function modelAsked(
  plan: Plan | null,
  on: { readonly chosen: string | null; readonly called: EventOf<'model.called'> },
): ModelAsked | null {
  const { chosen, called } = on
  const artifact = plan?.artifacts.get(called.artifact ?? '')
  const role = called.role === 'composer' ? artifact?.compose : artifact?.verify
  const own = called.role === undefined ? null : (role?.model ?? null)
  const named = chosen ?? own ?? plan?.steps.get(called.step)?.model ?? null
  if (named === null) return null
  const slash = named.indexOf('/')
  if (slash < 1) return { provider: null, model: named }
  const provider = named.slice(0, slash)
  return { provider: PROVIDERS.get(provider) ?? provider, model: named.slice(slash + 1) }
}
