import { MAX_NOTES } from '../../core/spec/memory-spec.ts'
import { wordsOf } from '../../core/spec/words.ts'
import {
  MemoryBankError,
  type Embed,
  type MemoryBank,
  type MemoryItem,
  type MemoryListing,
  type MemoryQuery,
  type RecalledItem,
  type RecordRow,
} from './memory-bank.ts'
import { bestFirst, MAX_COMPARED, rankByMeaning, together, vectorsOf } from './meaning.ts'
import { assertItems, assertListing, assertQuery, assertWhose } from './memory-limits.ts'
import { queryWords } from './words.ts'

interface Kept {
  readonly item: MemoryItem
  /** By word, how often it occurs. */
  readonly words: ReadonlyMap<string, number>
  readonly length: number
  readonly vector: Float32Array | null
}

const MAX_RECORDS = 1_000

/** Keeps notes in this process, for tests and trials: nothing survives it. */
export function inMemoryBank(options: { readonly embed?: Embed } = {}): MemoryBank {
  return new InMemory(options.embed)
}

class InMemory implements MemoryBank {
  readonly #embed: Embed | undefined
  /** By tenant, then by id, in the order in which they were kept. */
  readonly #tenants = new Map<string, Map<string, Kept>>()
  #closed = false

  constructor(embed: Embed | undefined) {
    this.#embed = embed
  }

  async memorize(items: readonly MemoryItem[]): Promise<readonly string[]> {
    this.#assertOpen()
    assertItems(items)
    const unknown = items.filter(({ tenant, id }) => !this.#notes(tenant).has(id))
    const vectors = await vectorsOf(
      this.#embed,
      unknown.map(({ text }) => text),
    )
    this.#assertOpen()
    const added: string[] = []
    for (const [index, item] of unknown.entries()) {
      const notes = this.#notes(item.tenant)
      if (notes.has(item.id)) continue
      notes.set(item.id, toKept(item, vectors?.[index] ?? null))
      added.push(item.id)
    }
    return added
  }

  async recall(query: MemoryQuery): Promise<readonly RecalledItem[]> {
    this.#assertOpen()
    assertQuery(query)
    const { tenant, limit } = query
    const among = [...this.#notes(tenant).values()].filter(({ item }) => isAmong(item, query))
    if (query.query === undefined) {
      return newestFirst(among)
        .slice(0, limit)
        .map(({ item }) => ({ ...item, score: 0 }))
    }
    const words = rankByWords(queryWords(query.query), among)
    const [wanted] = (await vectorsOf(this.#embed, [query.query])) ?? []
    if (wanted === undefined) return words.slice(0, limit)
    const known = newestFirst(among)
      .slice(0, MAX_COMPARED)
      .flatMap(({ item, vector }) => (vector === null ? [] : [[item.id, vector] as const]))
    const notes = new Map(among.map(({ item }) => [item.id, { ...item, score: 0 }]))
    const rankings = [words.slice(0, MAX_NOTES).map(({ id }) => id), rankByMeaning(wanted, known)]
    return together(rankings, notes).slice(0, limit)
  }

  async list(listing: MemoryListing): Promise<readonly MemoryItem[]> {
    this.#assertOpen()
    assertListing(listing)
    const among = [...this.#notes(listing.tenant).values()].filter(({ item }) =>
      isAmong(item, listing),
    )
    return newestFirst(among)
      .slice(0, listing.limit)
      .map(({ item }) => item)
  }

  async records(tenant: string): Promise<readonly RecordRow[]> {
    this.#assertOpen()
    assertWhose({ tenant })
    const rows = new Map<string, RecordRow>()
    for (const { item } of this.#notes(tenant).values()) {
      const { notes, at } = rows.get(item.record) ?? { notes: 0, at: 0 }
      rows.set(item.record, { record: item.record, notes: notes + 1, at: Math.max(at, item.at) })
    }
    return [...rows.values()].toSorted((left, right) => right.at - left.at).slice(0, MAX_RECORDS)
  }

  async forget(of: { readonly tenant: string; readonly record: string }): Promise<number> {
    this.#assertOpen()
    assertWhose(of)
    const notes = this.#notes(of.tenant)
    const doomed = [...notes.values()].filter(({ item }) => item.record === of.record)
    for (const { item } of doomed) notes.delete(item.id)
    return doomed.length
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#tenants.clear()
  }

  #notes(tenant: string): Map<string, Kept> {
    const known = this.#tenants.get(tenant)
    if (known !== undefined) return known
    const made = new Map<string, Kept>()
    this.#tenants.set(tenant, made)
    return made
  }

  #assertOpen(): void {
    if (this.#closed) throw new MemoryBankError('closed', 'the memory is closed')
  }
}

function toKept(item: MemoryItem, vector: Float32Array | null): Kept {
  const words = new Map<string, number>()
  const all = [item.text, ...(item.tags ?? [])].flatMap(wordsOf)
  for (const word of all) words.set(word, (words.get(word) ?? 0) + 1)
  return { item: structuredClone(item), words, length: all.length, vector }
}

function isAmong(item: MemoryItem, { record, since, until }: Partial<MemoryQuery>): boolean {
  if (record !== undefined && item.record !== record) return false
  return item.at >= (since ?? 0) && item.at <= (until ?? Infinity)
}

/** Of two of one time the one that was kept last goes first. */
function newestFirst(kept: readonly Kept[]): readonly Kept[] {
  return kept.toReversed().toSorted((left, right) => right.item.at - left.item.at)
}

const SATURATION = 1.2
const LENGTH_WEIGHT = 0.75

/** BM25, with the constants of SQLite's FTS5. */
function rankByWords(words: readonly string[], among: readonly Kept[]): readonly RecalledItem[] {
  const total = among.reduce((sum, { length }) => sum + length, 0)
  const average = total / Math.max(1, among.length)
  const weights = words.map((word) => {
    const having = among.filter((kept) => kept.words.has(word)).length
    return {
      word,
      weight: Math.max(1e-6, Math.log((among.length - having + 0.5) / (having + 0.5))),
    }
  })
  const found = newestFirst(among).flatMap((kept) => {
    const shortness = 1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * kept.length) / Math.max(1, average)
    const scores = weights.map(({ word, weight }) => {
      const times = kept.words.get(word) ?? 0
      return (weight * times * (SATURATION + 1)) / (times + SATURATION * shortness)
    })
    const score = scores.reduce((sum, each) => sum + each, 0)
    return score > 0 ? [{ ...kept.item, score }] : []
  })
  return found.toSorted(bestFirst)
}
