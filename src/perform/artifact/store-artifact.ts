import type { StoreArtifact } from '../../core/decide/effect.ts'
import type { EventBody } from '../../core/log/event.ts'
import { isJsonObject, ownValue } from '../../core/spec/json.ts'
import { messageOf } from '../../core/spec/message-of.ts'
import { callIn, withArtifacts } from './artifact-references.ts'
import type { World } from '../world.ts'

/**
 * Puts a call's content through the gate of its artifact and into the store, and says what came of
 * it: stored, or refused with what is wrong (S4.19, S4.24). The same again stores nothing twice.
 */
export async function storeArtifact(effect: StoreArtifact, world: World): Promise<EventBody> {
  const { call: id, artifact: name, version, publish, attempt } = effect
  const { plan, state, clock } = world
  const call = callIn(state, id)
  const given = await withArtifacts(call?.args ?? {}, { handed: call?.artifacts ?? [], world })
  if (!given.ok) return { type: 'tool.failed', call: id, attempt, error: given.error }
  const args = isJsonObject(given.args) ? given.args : {}
  const content = ownValue(args, 'content')
  const type = ownValue(args, 'type')
  const declared = plan.artifacts.get(name)
  try {
    // Loaded with the first artifact: most workflows write none.
    const { gateArtifact } = await import('../../store/artifact/gate/artifact-gate.ts')
    const gated = gateArtifact(typeof content === 'string' ? content : '', {
      name,
      spec: declared?.spec ?? {},
      ...(typeof type === 'string' ? { type } : {}),
    })
    if (!gated.ok) return rejected(effect, gated.rejection)
    const now = clock.now()
    const ttlMs = declared?.ttlMs ?? null
    const expiresAt = ttlMs === null ? null : now + ttlMs
    const store = await world.artifacts()
    await store.put(gated.artifact, { now, expiresAt })
    const { digest, type: media, chars, bytes } = gated.artifact
    const stored = { call: id, artifact: name, version, digest, media, chars, bytes } as const
    const expiry = expiresAt === null ? {} : { expiresAt }
    return { type: 'artifact.stored', ...stored, published: publish, ...expiry }
  } catch (error) {
    const message = `${name} was not stored: ${messageOf(error)}`
    const failed = { code: 'ARTIFACT_STORE', message, executed: false }
    return { type: 'tool.failed', call: id, attempt, error: failed }
  }
}

type Rejected = Omit<
  Extract<EventBody, { type: 'artifact.rejected' }>,
  'type' | 'call' | 'artifact' | 'message'
>

function rejected(effect: StoreArtifact, rejection: Rejected): EventBody {
  const { call, artifact } = effect
  const { reason, findings } = rejection
  const wrong = findings.map(({ message, line, column }) => {
    const at =
      line === undefined ? '' : ` (line ${line}${column === undefined ? '' : `, column ${column}`})`
    return `${message}${at}`
  })
  const message = `${artifact} was not stored (${reason}): ${wrong.join('; ')}`
  return { type: 'artifact.rejected', call, artifact, reason, findings, message }
}
