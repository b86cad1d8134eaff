import type { ServerType } from '@hono/node-server'
import type { AddressInfo } from 'node:net'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/

/** True for a host that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/** Resolves with where it listens; rejects with the socket's own error. */
export function startListening(
  server: ServerType,
  at: { readonly port: number; readonly host: string },
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at.port, at.host, () => {
      server.off('error', reject)
      const address = server.address()
      if (typeof address === 'object' && address !== null) resolve(address)
      else reject(new Error('the socket has no address'))
    })
  })
}

/** Takes no new connection from now on; the function that it gives back ends those that are left. */
export function stopListening(server: ServerType): () => Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  return () => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    return closed
  }
}
