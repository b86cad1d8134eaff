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

/** The same over a list that somebody else adds to: what was read once is not read again. */
export class Following<Raw, Kept> implements Readable<Kept> {
  readonly #list: readonly Raw[]
  readonly #kept: Kept
  readonly #take: (raw: Raw) => void
  #next = 0

  constructor(list: readonly Raw[], kept: Kept, take: (raw: Raw) => void) {
    this.#list = list
    this.#kept = kept
    this.#take = take
  }

  read(): Kept {
    for (let raw = this.#list[this.#next]; raw !== undefined; raw = this.#list[++this.#next]) {
      this.#take(raw)
    }
    return this.#kept
  }
}
