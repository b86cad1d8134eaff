import type { RunFeed } from './run-feed.ts'

/*
 * One reader of a feed as server-sent events: each event in order and once, `id` its number, so that
 * `Last-Event-ID` goes on exactly after it. A reader that is slow holds up nobody and keeps nothing:
 * it takes the next frame when it has sent the last.
 */

/** When a stream ends: with the run's end, at any rest, or never by itself. */
export const UNTIL = ['end', 'rest', 'never'] as const

export type Until = (typeof UNTIL)[number]

interface StreamOptions {
  readonly feed: RunFeed
  /** The number of the last event that the reader has. */
  readonly after: number
  readonly until: Until
  /** Pieces of text as well, as they come; those that a slow reader misses are lost to it. */
  readonly text: boolean
  /** Called once when it is over, whoever ended it. */
  readonly leave: () => void
}

const encoder = new TextEncoder()
const RECONNECT_MS = 2_000
const HELLO = encoder.encode(`retry: ${RECONNECT_MS}\n\n`)
const BEAT = encoder.encode(': still here\n\n')
const PIECE_BYTES = 32_768
/** Pieces of text that wait for one reader. */
const MAX_TEXTS = 1_000

interface Texts {
  readonly frame: Uint8Array
  readonly after: number
}

/** True when a reader who has all events would be sent nothing more. */
export function isDone(feed: RunFeed, until: Until): boolean {
  const { status } = feed.status()
  return until === 'end' ? status === 'ended' : until === 'rest' && status !== 'running'
}

/** The stream of one reader; the feed must be ready. */
export function eventStream(options: StreamOptions): ReadableStream<Uint8Array> {
  const { feed, until, leave } = options
  let at = options.after
  let beats = false
  let bell = Promise.withResolvers<void>()
  const texts: Texts[] = []
  const unwatch = feed.watch({
    wake: () => bell.resolve(),
    beat() {
      beats = true
      bell.resolve()
    },
    text(frame, after) {
      if (!options.text || texts.length >= MAX_TEXTS) return
      texts.push({ frame, after })
      bell.resolve()
    },
  })
  const over = (): void => {
    unwatch()
    leave()
    bell.resolve()
  }
  /** What comes next, if anything does: a text goes before the events that came after it. */
  const next = (): Uint8Array | null => {
    const [text] = texts
    if (text !== undefined && text.after <= at) return texts.shift()?.frame ?? null
    const frames = together(feed.frames, at, text?.after)
    const [only, another] = frames
    if (only !== undefined) {
      at += frames.length
      return another === undefined ? only : Buffer.concat(frames)
    }
    if (!beats) return null
    beats = false
    return BEAT
  }
  let isOpen = true
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(HELLO),
    async pull(controller) {
      while (isOpen) {
        bell = Promise.withResolvers<void>()
        const frame = next()
        if (frame !== null) return controller.enqueue(frame)
        const done = isDone(feed, until)
        if (done || feed.isOver()) {
          if (done) controller.enqueue(endFrame(feed))
          isOpen = false
          over()
          return controller.close()
        }
        await bell.promise
      }
    },
    cancel() {
      isOpen = false
      over()
    },
  })
}

/** Frames that go out in one piece, to a reader who has some to catch up on. */
function together(
  frames: readonly Uint8Array[],
  from: number,
  until = frames.length,
): readonly Uint8Array[] {
  let bytes = 0
  let end = from
  for (; end < Math.min(until, frames.length) && bytes < PIECE_BYTES; end += 1) {
    bytes += frames[end]?.length ?? 0
  }
  return frames.slice(from, end)
}

/** Tells a reader that it need not come back; without it, it should. */
function endFrame(feed: RunFeed): Uint8Array {
  const data = JSON.stringify({ ...feed.status(), head: feed.frames.length })
  return encoder.encode(`event: stream.ended\ndata: ${data}\n\n`)
}
