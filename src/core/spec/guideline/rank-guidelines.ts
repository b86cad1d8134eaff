import { wordsOf } from '../words.ts'
import { priorityOf, type Guideline, type GuidelineMatch } from './guideline.ts'

/*
 * Which guidelines fit a task, by words alone (BM25): the same library and task give the same order.
 */

const SATURATION = 1.2
const LENGTH_WEIGHT = 0.75
/** How often a word of the id, title or a tag counts. */
const HEAD_WEIGHT = 4
const MAX_TASK_CHARS = 8_000
const MAX_TASK_WORDS = 128

/** Words that say nothing of what a text is about; other languages have idf alone. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(
  'a about after all also an and any are as at be been but by can could did do does for from had has have her his how i if in into is it its may me more my no not of on or our out please so some such than that the their them then there these they this to up us use was we were what when where which who will with would you your'.split(
    ' ',
  ),
)

interface Indexed {
  readonly guideline: Guideline
  readonly head: ReadonlySet<string>
  /** By word, how much of it there is. */
  readonly weights: ReadonlyMap<string, number>
  readonly length: number
}

/** A guideline, and how well it fits. */
export interface Ranked {
  readonly guideline: Guideline
  readonly score: number
  /** How many different words of the task it has. */
  readonly shared: number
  /** True where one of them is in its id, title or tags. */
  readonly named: boolean
}

/** A guideline is read over and over and never changes. */
const indexes = new WeakMap<Guideline, Indexed>()

/** Orders the guidelines that have a word in common with the task, the best first. */
export function rankGuidelines(library: readonly Guideline[], task: string): readonly Ranked[] {
  const index = library.map(indexed)
  const average = index.reduce((sum, { length }) => sum + length, 0) / Math.max(1, index.length)
  const words = [...new Set(keyWords(task.slice(0, MAX_TASK_CHARS)))].slice(0, MAX_TASK_WORDS)
  const rarity = new Map(
    words.map((word) => {
      const having = index.filter(({ weights }) => weights.has(word)).length
      return [word, Math.log(1 + (index.length - having + 0.5) / (having + 0.5))]
    }),
  )
  return index
    .map(({ guideline, head, weights, length }): Ranked => {
      const shared = words.filter((word) => weights.has(word))
      const norm = 1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * length) / Math.max(1, average)
      const score = shared.reduce((sum, word) => {
        const weight = weights.get(word) ?? 0
        const much = (weight * (SATURATION + 1)) / (weight + SATURATION * norm)
        return sum + (rarity.get(word) ?? 0) * much
      }, 0)
      const named = shared.some((word) => head.has(word))
      return { guideline, score, shared: shared.length, named }
    })
    .filter(({ score }) => score > 0)
    .toSorted(bestFirst)
}

function bestFirst(left: Ranked, right: Ranked): number {
  const byPriority = priorityOf(right.guideline) - priorityOf(left.guideline)
  if (left.score !== right.score) return right.score - left.score
  return byPriority || (left.guideline.id < right.guideline.id ? -1 : 1)
}

const MATCHES: Readonly<Record<GuidelineMatch, { readonly share: number; readonly most: number }>> =
  {
    strict: { share: 0.6, most: 5 },
    balanced: { share: 0.35, most: 8 },
    broad: { share: 0, most: 20 },
  }

/** The guidelines that fit a task well enough; none where nothing does. */
export function matchGuidelines(
  library: readonly Guideline[],
  on: { readonly task: string; readonly match: GuidelineMatch },
): readonly Ranked[] {
  const ranked = rankGuidelines(library, on.task)
  const { share, most } = MATCHES[on.match]
  const least = (ranked[0]?.score ?? 0) * share
  return ranked
    .filter(({ score, shared, named }) => {
      if (score < least) return false
      // One word somewhere in a text may be chance.
      return on.match !== 'strict' || named || shared > 1
    })
    .slice(0, most)
}

function indexed(guideline: Guideline): Indexed {
  const known = indexes.get(guideline) ?? toIndexed(guideline)
  indexes.set(guideline, known)
  return known
}

function toIndexed(guideline: Guideline): Indexed {
  const { id, title, tags = [], text, summary = '' } = guideline
  const head = keyWords([id, title, ...tags].join(' '))
  const body = keyWords(`${summary} ${text}`)
  const weights = new Map<string, number>()
  const add = (word: string, weight: number): void => {
    weights.set(word, (weights.get(word) ?? 0) + weight)
  }
  for (const word of head) add(word, HEAD_WEIGHT)
  for (const word of body) add(word, 1)
  return { guideline, head: new Set(head), weights, length: head.length + body.length }
}

/** Words that say what a text is about, singular and plural alike. */
function keyWords(text: string): readonly string[] {
  return wordsOf(text)
    .filter((word) => !EMPTY_WORDS.has(word))
    .map(singular)
}

/** Enough for English plurals and harmless elsewhere: both sides are cut alike. */
function singular(word: string): string {
  if (word.length < 4 || !word.endsWith('s') || word.endsWith('ss')) return word
  return word.endsWith('ies') ? `${word.slice(0, -3)}y` : word.slice(0, -1)
}
