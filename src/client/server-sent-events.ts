/*
 * Server-sent events out of a body, as the HTML standard has them: any line end, any cut between
 * chunks, comments skipped.
 */

export interface ServerSentEvent {
  /** `message` where the server names none. */
  readonly event: string
  readonly data: string
  /** The last id that was sent, by this event or one before it; null before the first. */
  readonly id: string | null
}

/**
 * Reads a body as its events; each is given as soon as its blank line is there. Leaving the loop
 * cancels the body. An event that the end cuts off is not given. Throws where nothing at all comes
 * for `idleMs`: a connection may be dead without saying so.
 */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  { idleMs = Infinity }: { readonly idleMs?: number } = {},
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const parser = createParser()
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let whole = false
  try {
    while (true) {
      const { done, value } = await within(reader.read(), idleMs)
      if (done) break
      yield* parser.push(decoder.decode(value, { stream: true }))
    }
    whole = true
  } finally {
    // One that does not answer is not waited for.
    if (!whole) reader.cancel().catch(() => {})
    reader.releaseLock()
  }
}

async function within<Value>(work: Promise<Value>, ms: number): Promise<Value> {
  if (!Number.isFinite(ms)) return work
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

interface Parser {
  push(text: string): readonly ServerSentEvent[]
}

function createParser(): Parser {
  let rest = ''
  let name = ''
  let data: string[] = []
  let id: string | null = null

  const take = (line: string): ServerSentEvent | null => {
    if (line === '') {
      const event =
        data.length === 0 ? null : { event: name || 'message', data: data.join('\n'), id }
      name = ''
      data = []
      return event
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') name = value
    else if (field === 'data') data.push(value)
    else if (field === 'id' && !value.includes('\0')) id = value
    return null
  }

  return {
    push(text) {
      rest += text
      // A carriage return at the end may be half of a line end.
      const end = rest.endsWith('\r') ? rest.length - 1 : rest.length
      const lines = rest.slice(0, end).split(/\r\n|\n|\r/)
      rest = `${lines.pop() ?? ''}${rest.slice(end)}`
      return lines.map(take).filter((event) => event !== null)
    },
  }
}
