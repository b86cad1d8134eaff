import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/*
 * A connection that can be lost at a chosen moment: stands between a store and the server, on a unix
 * socket of its own, and passes on what both say.
 */

/** When a connection is cut: before the server hears a statement, or after it answered it. */
export type Cut = 'before' | 'after'

/** A proxy, listening. */
export interface PostgresProxy {
  /** The same database, through the proxy. */
  readonly url: string
  /** Cuts the connection on which the next text goes that holds `mark`, once. */
  cut(when: Cut, mark: string): void
  /** True once the cut was made. */
  wasCut(): boolean
  close(): Promise<void>
}

const SOCKET = '.s.PGSQL.5432'

/** Listens in front of the server of a connection string that `startPostgres` gave. */
export async function startProxy(url: string): Promise<PostgresProxy> {
  const host = new URL(url).searchParams.get('host') ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'lkst-px-'))
  const sockets = new Set<Socket>()
  let armed: { readonly when: Cut; readonly mark: string } | null = null
  let cuts = 0
  const server: Server = createServer((client) => {
    const upstream = createConnection(join(host, SOCKET))
    let doomed = false
    const both = [client, upstream]
    const drop = (): void => both.forEach((socket) => socket.destroy())
    for (const socket of both) {
      sockets.add(socket)
      socket.on('error', drop)
      socket.on('close', drop)
    }
    client.on('data', (piece) => {
      if (armed !== null && piece.includes(armed.mark)) {
        const { when } = armed
        armed = null
        cuts += 1
        if (when === 'before') return drop()
        doomed = true
      }
      upstream.write(piece)
    })
    upstream.on('data', (piece) => (doomed ? drop() : client.write(piece)))
  })
  await new Promise<void>((resolve) => server.listen(join(folder, SOCKET), resolve))
  return {
    url: url.replace(encodeURI(host), folder),
    cut: (when, mark) => void (armed = { when, mark }),
    wasCut: () => cuts > 0,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
