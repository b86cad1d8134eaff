import type { BatchCall } from '../../core/log/call.ts'
import type { Failure } from '../../core/log/event.ts'
import { memberAt, readPointer, type HandedArtifact } from '../../core/log/reference.ts'
import type { State } from '../../core/log/state.ts'
import { isJsonObject, type Json } from '../../core/spec/json.ts'
import { messageOf } from '../../core/spec/message-of.ts'
import type { World } from '../world.ts'

/*
 * The content of artifacts goes where a call refers to them, once the call was judged and only in
 * what its tool, its check or its composer is handed: the log keeps the references.
 */

const MAX_CHARACTERS = 16_000_000

/** Arguments with the content of their artifacts, or why they cannot be had. */
export type WholeArgs =
  | { readonly ok: true; readonly args: Json }
  | { readonly ok: false; readonly error: Failure }

/** Where artifacts are, and what time it is. */
type Holding = Pick<World, 'artifacts' | 'clock'>

/** The call of that id in the branch at hand. */
export function callIn({ branch }: State, id: string | null): BatchCall | undefined {
  return branch.batch[branch.batchIndex.get(id ?? '') ?? -1]
}

/**
 * Puts the content of artifacts into a call's arguments, where the kernel settled which they are
 * (S4.33): at a place that still holds its reference, and nowhere else (Law 16). `args` may differ
 * from the call's own in what stands at other places. Never rejects; nothing ran when it fails.
 */
export async function withArtifacts(
  args: Json,
  on: { readonly handed: readonly HandedArtifact[]; readonly world: Holding },
): Promise<WholeArgs> {
  const { handed, world } = on
  let whole = args
  let characters = 0
  const contents = new Map<string, string>()
  for (const { at, ref, digest } of handed) {
    const read = await contentOf(digest, { contents, world })
    if (!read.ok) return failure(read.code, `${ref} ${read.why}`)
    characters += read.content.length
    if (characters > MAX_CHARACTERS) {
      const most = MAX_CHARACTERS.toLocaleString('en')
      return failure('ARGUMENTS_TOO_LARGE', `its artifacts are longer than ${most} characters`)
    }
    whole = put(whole, readPointer(at) ?? [], { ref, content: read.content })
  }
  return { ok: true, args: whole }
}

type Content =
  | { readonly ok: true; readonly content: string }
  | { readonly ok: false; readonly code: string; readonly why: string }

async function contentOf(
  digest: string,
  on: { readonly contents: Map<string, string>; readonly world: Holding },
): Promise<Content> {
  const { contents, world } = on
  const known = contents.get(digest)
  if (known !== undefined) return { ok: true, content: known }
  try {
    const store = await world.artifacts()
    const content = await store.read(digest, { now: world.clock.now() })
    if (content === null) return { ok: false, code: 'NOT_FOUND', why: 'is not kept any more' }
    contents.set(digest, content)
    return { ok: true, content }
  } catch (error) {
    return { ok: false, code: 'ARTIFACT_STORE', why: `cannot be read: ${messageOf(error)}` }
  }
}

function failure(code: string, message: string): WholeArgs {
  return { ok: false, error: { code, message, executed: false } }
}

interface Putting {
  readonly ref: string
  readonly content: string
}

/** A copy along the way, and the value itself where the reference does not stand there. */
function put(value: Json, way: readonly string[], putting: Putting): Json {
  const [name, ...rest] = way
  if (name === undefined) return value === putting.ref ? putting.content : value
  const member = memberAt(value, name)
  if (member === undefined) return value
  const changed = put(member, rest, putting)
  if (Array.isArray(value)) return value.with(Number(name), changed)
  return isJsonObject(value) ? { ...value, [name]: changed } : value
}
