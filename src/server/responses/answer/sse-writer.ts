import type { JsonObject } from '../../../core/spec/json.ts'

/** Writes server-sent events; each goes out in one piece, numbered. */
export interface SseWriter {
  readonly body: ReadableStream<Uint8Array>
  send(event: JsonObject & { readonly type: string }): void
  end(): void
}

const KEEP_ALIVE_MS = 15_000

/** Makes a stream of events; `onGone` is called when whoever reads it goes away. */
export function createSseWriter(onGone: () => void): SseWriter {
  const encoder = new TextEncoder()
  let sequence = 0
  let open: ReadableStreamDefaultController<Uint8Array> | null = null
  let timer: NodeJS.Timeout | null = null
  const close = (): void => {
    if (timer !== null) clearInterval(timer)
    open = null
  }
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      open = controller
      timer = setInterval(() => open?.enqueue(encoder.encode(': waiting\n\n')), KEEP_ALIVE_MS)
      timer.unref()
    },
    cancel() {
      close()
      onGone()
    },
  })
  return {
    body,
    send(event) {
      const { type, ...rest } = event
      const data = JSON.stringify({ type, sequence_number: sequence++, ...rest })
      open?.enqueue(encoder.encode(`event: ${type}\ndata: ${data}\n\n`))
    },
    end() {
      const ending = open
      close()
      ending?.enqueue(encoder.encode('data: [DONE]\n\n'))
      ending?.close()
    },
  }
}
