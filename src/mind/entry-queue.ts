import type { AskedCall } from './mind.ts'
import type { Script, ScriptEntry } from './script.ts'

/** What an entry's `when` looks at. */
export type Asker = Pick<AskedCall, 'step' | 'role' | 'item'>

interface Line {
  readonly entries: number[]
  head: number
}

/**
 * The unused entries, in order. Entries with the same `when` wait in one line, so the first that
 * fits a call is the earliest head of at most eight lines; amortised O(1) per entry.
 */
export class EntryQueue {
  readonly #script: Script
  readonly #lines = new Map<string, Line>()
  readonly #used = new Set<number>()

  constructor(script: Script) {
    this.#script = script
    for (const [index, { when }] of script.entries()) {
      const key = lineKey(when)
      const line = this.#lines.get(key)
      if (line === undefined) this.#lines.set(key, { entries: [index], head: 0 })
      else line.entries.push(index)
    }
  }

  /**
   * Takes all that one call is answered with: the errors before its answer, and the answer; or the
   * errors up to one that ends the call for good. Positions in the script; empty when nothing fits.
   */
  claim(call: Asker): readonly number[] {
    const claimed: number[] = []
    for (let index = this.#take(call); index !== null; index = this.#take(call)) {
      claimed.push(index)
      const entry = this.entry(index)
      if (entry?.kind !== 'failure' || !entry.retryable) break
    }
    return claimed
  }

  /** Puts back what a call claimed and did not come to. */
  giveBack(indexes: readonly number[]): void {
    for (const index of indexes) {
      this.#used.delete(index)
      const line = this.#lines.get(lineKey(this.entry(index)?.when ?? {}))
      const place = line?.entries.indexOf(index) ?? -1
      if (line !== undefined && place >= 0) line.head = Math.min(line.head, place)
    }
  }

  entry(index: number): ScriptEntry | undefined {
    return this.#script[index]
  }

  #take(call: Asker): number | null {
    const first = linesOf(call).reduce<number | null>((best, key) => {
      const index = this.#headOf(key)
      return index !== null && (best === null || index < best) ? index : best
    }, null)
    if (first !== null) this.#used.add(first)
    return first
  }

  #headOf(key: string): number | null {
    const line = this.#lines.get(key)
    if (line === undefined) return null
    let index = line.entries[line.head]
    while (index !== undefined && this.#used.has(index)) index = line.entries[++line.head]
    return index ?? null
  }
}

/** The lines whose entries fit a call. */
function linesOf({ step, role, item }: Asker): readonly string[] {
  const items = item === null ? [undefined] : [undefined, item]
  return items.flatMap((each) =>
    [undefined, step].flatMap((at) => [undefined, role].map((as) => keyOf(at, as, each))),
  )
}

function lineKey(when: ScriptEntry['when']): string {
  return keyOf(when.step, when.role, when.item)
}

function keyOf(step?: string, role?: string, item?: number): string {
  return JSON.stringify([step ?? null, role ?? null, item ?? null])
}
