import { describe, expect, it } from 'vitest'
import type { Json } from '../../core/spec/json.ts'
import type { ArtifactStore } from '../../store/artifact/artifact-store.ts'
import { memoryArtifacts } from '../../store/artifact/memory-artifacts.ts'
import { withArtifacts, type WholeArgs } from './artifact-references.ts'

const REF = 'ref:artifact/letter@1'
const DIGEST = `sha256:${'a'.repeat(64)}`

/** Puts a content where each pointer leads; the store has it under one digest, and is asked once. */
async function whole(args: Json, ...at: readonly string[]): Promise<WholeArgs & { reads: number }> {
  let reads = 0
  const store: ArtifactStore = {
    ...memoryArtifacts(),
    read: (digest) => {
      reads++
      return Promise.resolve(digest === DIGEST ? 'content' : null)
    },
  }
  const handed = at.map((place) => ({ at: place, ref: REF, digest: DIGEST }))
  const clock = { now: () => 0, sleep: () => Promise.resolve() }
  const world = { artifacts: () => Promise.resolve(store), clock }
  return { ...(await withArtifacts(args, { handed, world })), reads }
}

describe('the content of an artifact', () => {
  it('stands where its reference was settled, and nowhere else (Law 16)', async () => {
    const args = { a: [REF, { 'b/c': REF }], d: REF, e: 'text' }
    expect(await whole(args, '/a/1/b~1c', '/d')).toEqual({
      ok: true,
      args: { a: [REF, { 'b/c': 'content' }], d: 'content', e: 'text' },
      reads: 1,
    })
    expect(args.d).toBe(REF)
  })

  it('stands nowhere when the arguments are others by now', async () => {
    for (const args of [{ a: 'text' }, { a: { b: REF } }, [REF], null, 'text']) {
      expect(await whole(args, '/a')).toMatchObject({ ok: true, args })
    }
  })

  it('may be all of the arguments', async () => {
    expect(await whole(REF, '')).toMatchObject({ args: 'content' })
  })

  it('is not read where there is nothing to put', async () => {
    expect(await whole({ a: REF })).toEqual({ ok: true, args: { a: REF }, reads: 0 })
  })

  it('that is gone, or that the store cannot read, is a failure of what did not run', async () => {
    const clock = { now: () => 0, sleep: () => Promise.resolve() }
    const handed = [{ at: '/a', ref: REF, digest: `sha256:${'b'.repeat(64)}` }]
    const empty = { artifacts: () => Promise.resolve(memoryArtifacts()), clock }
    const broken = { artifacts: () => Promise.reject(new Error('no disk')), clock }
    expect(await withArtifacts({ a: REF }, { handed, world: empty })).toMatchObject({
      error: { code: 'NOT_FOUND', message: `${REF} is not kept any more`, executed: false },
    })
    expect(await withArtifacts({ a: REF }, { handed, world: broken })).toMatchObject({
      error: { code: 'ARTIFACT_STORE', message: `${REF} cannot be read: no disk`, executed: false },
    })
  })
})
