import type { ArtifactLimits } from './artifact-limits.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { createArtifactStore } from './create-artifact-store.ts'
import { encodeExpiry, type Copy, type Label, type Shelf } from './shelf.ts'

/** Holds the content of artifacts in this process only: for tests, examples and runs that nobody resumes. */
export function memoryArtifacts(limits?: ArtifactLimits): ArtifactStore {
  return createArtifactStore(new MemoryShelf(), limits)
}

interface Held {
  readonly copy: Copy
  readonly label: Label
  readonly body: Uint8Array
}

class MemoryShelf implements Shelf {
  /** By digest, then by expiry. */
  readonly #held = new Map<string, Map<string, Held>>()

  async copies(hex: string): Promise<readonly Copy[]> {
    return [...(this.#held.get(hex)?.values() ?? [])].map(({ copy }) => copy)
  }

  async label(copy: Copy): Promise<Label | null> {
    return this.#find(copy)?.label ?? null
  }

  async read(copy: Copy): Promise<Held | null> {
    return this.#find(copy) ?? null
  }

  async write(
    copy: Copy,
    { label, body }: { readonly label: Label; readonly body: Uint8Array },
  ): Promise<void> {
    const held = this.#held.get(copy.hex) ?? new Map<string, Held>()
    this.#held.set(copy.hex, held)
    held.set(encodeExpiry(copy.expiresAt), { copy, label, body })
  }

  async remove(copy: Copy): Promise<void> {
    const held = this.#held.get(copy.hex)
    held?.delete(encodeExpiry(copy.expiresAt))
    if (held?.size === 0) this.#held.delete(copy.hex)
  }

  async *all(): AsyncGenerator<Copy> {
    for (const held of this.#held.values()) for (const { copy } of held.values()) yield copy
  }

  async tidy(): Promise<void> {}

  place({ hex }: Copy): string {
    return `sha256:${hex} in memory`
  }

  async close(): Promise<void> {
    this.#held.clear()
  }

  #find({ hex, expiresAt }: Copy): Held | undefined {
    return this.#held.get(hex)?.get(encodeExpiry(expiresAt))
  }
}
