import { pino } from 'pino'
import type { LoadedWorkflow } from '../drive/load/loaded-workflow.ts'
import type { Mind } from '../mind/mind.ts'
import { parseScript } from '../mind/script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import { createContinuations } from '../server/continuation/continuation.ts'
import { readContinuationKey } from '../server/continuation/continuation-key.ts'
import { createServer, type ServerOptions } from '../server/create-server.ts'
import { createClient, type Client, type ClientOptions } from '../client.ts'

/*
 * The words of the client's tests: a real server on loopback whose model follows a script.
 */

export interface GivenServer {
  readonly url: string
  readonly port: number
  client(options?: Omit<ClientOptions, 'baseURL'>): Client
  close(): Promise<void>
}

/** A mind that follows a script. */
export function givenMind(script: readonly unknown[]): Mind {
  const parsed = parseScript([...script])
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return scriptedMind(parsed.script)
}

const key = readContinuationKey(Buffer.from('k'.repeat(32)).toString('base64'))

/** Listens on a free port (or a given one); servers of one test run share the key of continuations. */
export async function givenServer(
  script: Mind | readonly unknown[],
  {
    port = 0,
    ...options
  }: Omit<ServerOptions, 'mind'> & {
    readonly port?: number
    readonly workflows?: readonly LoadedWorkflow[]
  } = {},
): Promise<GivenServer> {
  if (key === null) throw new Error('a key has 32 bytes')
  const server = createServer({
    mind: 'answer' in script ? script : givenMind(script),
    model: 'test/scripted',
    log: pino({ level: 'silent' }),
    context: { continuations: createContinuations({ keys: [key] }) },
    ...options,
  })
  const { url, port: taken } = await server.listen({ port })
  return {
    url,
    port: taken,
    client: (more = {}) => createClient({ baseURL: url, ...more }),
    async close() {
      await server.close({ graceMs: 1_000, parkMs: 1_000 })
    },
  }
}
