import type { AnsweredCall, MindRequest } from './mind.ts'
import type { Script, ScriptEntry } from './script.ts'

/**
 * The unused entries, in order. Entries with the same `when` wait in one line, so the first that
 * fits a call is the earliest head of at most four lines.
 */
export class EntryQueue {
  readonly #script: Script
  readonly #lines = new Map<string, { readonly entries: number[]; head: number }>()
  /** Errors that ended a call for good, among the entries used. */
  #ended = 0

  constructor(script: Script) {
    this.#script = script
    for (const [index, { when }] of script.entries()) {
      const key = lineKey(when.step, when.role)
      const line = this.#lines.get(key)
      if (line === undefined) this.#lines.set(key, { entries: [index], head: 0 })
      else line.entries.push(index)
    }
  }

  /** The first unused entry that fits; it stays unused. */
  take(call: AnsweredCall): ScriptEntry | null {
    const line = this.#first(call)
    const index = line?.entries[line.head]
    return index === undefined ? null : (this.#script[index] ?? null)
  }

  /** Uses up the head that is this entry. */
  use(entry: ScriptEntry): void {
    const line = this.#lines.get(lineKey(entry.when.step, entry.when.role))
    const index = line?.entries[line.head]
    if (line === undefined || index === undefined || this.#script[index] !== entry) return
    line.head += 1
    if (entry.kind === 'failure' && !entry.retryable) this.#ended += 1
  }

  /** Uses up the answer that this call took, and the errors before it. */
  useAnswer(call: AnsweredCall): void {
    for (let entry = this.take(call); entry !== null; entry = this.take(call)) {
      this.use(entry)
      if (entry.kind === 'answer') return
    }
  }

  /** In a new process: uses up the errors by which earlier calls ended without an answer. */
  skipEnded(request: MindRequest): void {
    const ended = request.call - 1 - request.answered.length
    for (let entry = this.take(request); entry !== null; entry = this.take(request)) {
      if (entry.kind === 'answer' || this.#ended >= ended) return
      this.use(entry)
    }
  }

  #first(call: AnsweredCall): { readonly entries: number[]; head: number } | undefined {
    const lines = [
      this.#lines.get(lineKey(undefined, undefined)),
      this.#lines.get(lineKey(call.step, undefined)),
      this.#lines.get(lineKey(undefined, call.role)),
      this.#lines.get(lineKey(call.step, call.role)),
    ]
    return lines.reduce((best, line) => {
      const index = line?.entries[line.head]
      if (index === undefined) return best
      const bestIndex = best?.entries[best.head]
      return bestIndex === undefined || index < bestIndex ? line : best
    }, undefined)
  }
}

function lineKey(step: string | undefined, role: string | undefined): string {
  return JSON.stringify([step ?? null, role ?? null])
}
