/** Something that is worked out when it is read. */
export interface Readable<Kept> {
  read(): Kept
}

/**
 * Takes things in at no cost and works them out when first read, each once: most runs never ask
 * where a value came from, and need not pay for the answer. What a reader sees depends only on what
 * was added.
 */
export class Deferred<Raw, Kept> implements Readable<Kept> {
  readonly #kept: Kept
  readonly #work: (kept: Kept, raw: Raw) => void
  #raw: Raw[] = []

  constructor(kept: Kept, work: (kept: Kept, raw: Raw) => void) {
    this.#kept = kept
    this.#work = work
  }

  add(raw: Raw): void {
    this.#raw.push(raw)
  }

  read(): Kept {
    if (this.#raw.length > 0) {
      const raw = this.#raw
      this.#raw = []
      for (const each of raw) this.#work(this.#kept, each)
    }
    return this.#kept
  }
}
