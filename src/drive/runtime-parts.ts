import { ToolError } from '../core/spec/define.ts'
import type { Plan } from '../core/spec/plan.ts'
import { aiSdkMind } from '../mind/ai-sdk.ts'
import { resolveModel } from '../mind/provider-registry.ts'
import { systemClock } from '../perform/clock.ts'
import { memoryStore } from '../store/memory.ts'
import type { ArtifactStore, OpenArtifacts } from '../store/artifact/artifact-store.ts'
import type { Store } from '../store/store.ts'
import type { HandoffDelivery } from '../perform/handoff-delivery.ts'
import type { Vault } from '../perform/secret/vault.ts'
import type { ToolRunner } from '../tool/tool.ts'
import { encodeDefinition } from './load/definition.ts'
import type { InlineTools, LoadedWorkflow, LoadOptions } from './load/loaded-workflow.ts'
import type { RunOptions } from './run-options.ts'
import { DEFAULT_TENANT, memoryOpener } from './open-memory.ts'
import { vaultOpener } from './open-vault.ts'
import { signerOf } from './signing-key.ts'
import type { RuntimeOptions } from './runtime-options.ts'

/*
 * The parts of a runtime, put together from its options; what is slow to load is loaded when it is needed.
 */

/** What all runs of a runtime share. */
export interface RuntimeParts {
  readonly shared: Pick<
    RunOptions,
    'store' | 'mind' | 'clock' | 'deliver' | 'artifacts' | 'memory' | 'sign' | 'telemetry'
  >
  readonly loading: LoadOptions & { readonly tools: InlineTools }
  /** Keeps a definition, once. */
  readonly pin: (plan: Plan) => Promise<void>
  readonly openVault: (plan: Plan) => Vault | null
}

/** Puts the parts together. */
export function putTogether(options: RuntimeOptions): RuntimeParts {
  const store = options.store ?? memoryStore()
  const env = options.env ?? process.env
  const shared = {
    store,
    mind: options.mind ?? aiSdkMind({ model: (id: string) => resolveModel(id, env) }),
    clock: options.clock ?? systemClock,
    deliver: options.deliver ?? postHandoffs(env),
    artifacts: openerOf(options.artifacts),
    memory: memoryOpener(options.memory),
    sign: signerOf(options.signingKey, env),
    telemetry: options.telemetry,
  }
  const { tools = {}, checks = {}, guidelines } = options
  const loading = { tools, checks, env, ...(guidelines === undefined ? {} : { guidelines }) }
  const pin = definitionKeeper(store)
  const openVault = vaultOpener({ store, given: options.secretKey, env })
  return { shared, loading, pin, openVault }
}

/** Whose notes a run's are. */
export function tenantOf({ tenant = DEFAULT_TENANT }: RuntimeOptions, run: string): string {
  return typeof tenant === 'function' ? tenant(run) : tenant
}

/** Saves each definition once: its digest names its content, so a second time would change nothing. */
function definitionKeeper(store: Store): (plan: Plan) => Promise<void> {
  const kept = new Set<string>()
  return async (plan) => {
    const { digest } = plan
    if (kept.has(digest)) return
    await store.saveDefinition(digest, encodeDefinition(plan))
    kept.add(digest)
  }
}

/** Adds what executes the built-ins that reach outside. */
export function withBuiltIns(workflow: LoadedWorkflow, options: RuntimeOptions): LoadedWorkflow {
  const below = [...workflow.workflows].map(
    ([key, each]) => [key, withBuiltIns(each, options)] as const,
  )
  const whole = { ...workflow, workflows: new Map(below) }
  if (workflow.runners.has('web_search')) return whole
  const search = options.search ?? noSearch
  return { ...whole, runners: new Map([...workflow.runners, ['web_search', search]]) }
}

/** Opens the store of artifacts once, when the first is written or read. */
function openerOf(given: RuntimeOptions['artifacts']): OpenArtifacts {
  if (typeof given === 'object') return () => Promise.resolve(given)
  let opened: Promise<ArtifactStore> | null = null
  return () => (opened ??= (given ?? inMemory)())
}

async function inMemory(): Promise<ArtifactStore> {
  const { memoryArtifacts } = await import('../store/artifact/memory-artifacts.ts')
  return memoryArtifacts()
}

/** Loads what posts to webhooks with the first handoff that needs it. */
function postHandoffs(env: NonNullable<RuntimeOptions['env']>): HandoffDelivery {
  return async (packet, delivery) => {
    const { webhookDelivery } = await import('../perform/webhook.ts')
    return webhookDelivery({ env })(packet, delivery)
  }
}

const noSearch: ToolRunner = () =>
  Promise.reject(
    new ToolError(
      'no search provider is configured: pass `search` to createRuntime, or declare web_search as a tool',
      {
        code: 'NOT_CONFIGURED',
        executed: false,
      },
    ),
  )
