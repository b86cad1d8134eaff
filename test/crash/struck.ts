/*
 * A store, a mind and tools that note what they do and, at one exact point, kill the process.
 */
import { once } from 'node:events'
import { pid, stdin, stdout } from 'node:process'
import { ToolError, type AnyTool, type ToolContext } from '../../src/core/spec/define.ts'
import { canonicalJson, type Json } from '../../src/core/spec/json.ts'
import { MindError, type Mind } from '../../src/mind/mind.ts'
import type { ArtifactStore } from '../../src/store/artifact/artifact-store.ts'
import type { Append, Lease, Store } from '../../src/store/store.ts'
import type { PointKind, Strike } from './order.ts'
import { readNotes, writeNote, type EffectNote, type Note } from './outside.ts'
import type { Scenario, ScenarioTool } from './scenarios.ts'

/** Counts the points that a process passes and strikes at one of them. */
export class Points {
  readonly #strike: Strike | null
  readonly #outside: string
  readonly #park = new AbortController()
  appends = 0
  tools = 0
  models = 0
  puts = 0

  constructor(strike: Strike | null, outside: string) {
    this.#strike = strike
    this.#outside = outside
  }

  /** Aborts when the strike is to park. */
  get signal(): AbortSignal {
    return this.#park.signal
  }

  /** Nothing runs after it when the process is to die here. */
  async pass(kind: PointKind, n: number): Promise<void> {
    const strike = this.#strike
    if (strike?.kind !== kind || strike.n !== n) return
    if (strike.how === 'park') return this.#park.abort()
    if (strike.how === 'kill-when-told') {
      stdout.write('held\n')
      await once(stdin, 'data')
    }
    writeNote(this.#outside, { type: 'killed', pid })
    process.kill(pid, 'SIGKILL')
    await new Promise(() => {})
  }
}

/** What is struck, where, and who takes note. */
export interface Struck {
  readonly scenario: Scenario
  readonly points: Points
  /** The file of notes. */
  readonly outside: string
}

/** A store whose appends and leases are noted. */
export function struckStore(inner: Store, { points, outside }: Struck): Store {
  return {
    async append(append: Append) {
      const n = (points.appends += 1)
      await points.pass('append-before', n)
      writeNote(outside, { type: 'appending', pid, expected: append.expected })
      const appended = await inner.append(append)
      writeNote(outside, { type: 'acknowledged', pid, events: [...append.events] })
      await points.pass('append-after', n)
      return appended
    },
    async tryAcquire(run) {
      const lease = await inner.tryAcquire(run)
      if (lease === null) return null
      writeNote(outside, { type: 'leased', pid })
      // The store knows a lease by identity, so it stays the store's own object.
      const release = lease.release.bind(lease)
      const noting: Pick<Lease, 'release'> = {
        release() {
          writeNote(outside, { type: 'released', pid })
          return release()
        },
      }
      return Object.assign(lease, noting)
    },
    read: (run, after) => inner.read(run, after),
    readChain: (run) => inner.readChain(run),
    readSeals: (run) => inner.readSeals(run),
    list: (query) => inner.list(query),
    find: (run) => inner.find(run),
    requestCancel: (run) => inner.requestCancel(run),
    cancelRequested: (run) => inner.cancelRequested(run),
    claim: (claim) => inner.claim(claim),
    release: (claim) => inner.release(claim),
    saveDefinition: (digest, definition) => inner.saveDefinition(digest, definition),
    loadDefinition: (digest) => inner.loadDefinition(digest),
    saveSecret: (secret) => inner.saveSecret(secret),
    readSecrets: (run) => inner.readSecrets(run),
    close: () => inner.close(),
  }
}

/** An artifact store that dies before or after a content is whole. */
export function struckArtifacts(inner: ArtifactStore, { points }: Struck): ArtifactStore {
  return {
    async put(artifact, options) {
      const n = (points.puts += 1)
      await points.pass('put-before', n)
      const stored = await inner.put(artifact, options)
      await points.pass('put-after', n)
      return stored
    },
    find: (digest, options) => inner.find(digest, options),
    read: (digest, options) => inner.read(digest, options),
    sweep: (options) => inner.sweep(options),
    close: () => inner.close(),
  }
}

/** A mind whose calls are noted, and whose provider is busy as often as the scenario says. */
export function struckMind(inner: Mind, { points, outside, scenario }: Struck): Mind {
  return {
    async answer(request, context) {
      const n = (points.models += 1)
      const { call } = request
      const isOf = (note: Note): boolean => note.type === 'busy' && note.call === call
      const busy = readNotes(outside).filter(isOf).length < (scenario.outages?.[call] ?? 0)
      writeNote(outside, { type: busy ? 'busy' : 'asked', pid, call })
      stdout.write('asked\n')
      if (busy) {
        await points.pass('model', n)
        const retry = { retryable: true, retryAfterSeconds: 0.01 }
        throw new MindError('busy', { code: '503', ...retry })
      }
      const answer = inner.answer(request, context)
      answer.catch(() => {})
      await points.pass('model', n)
      return answer
    },
  }
}

/** The scenario's tools: each notes its effect, in two halves. */
export function struckTools(struck: Struck): Readonly<Record<string, AnyTool>> {
  const named = Object.entries(struck.scenario.tools)
  return Object.fromEntries(named.map(([name, tool]) => [name, struckTool(name, tool, struck)]))
}

function struckTool(name: string, tool: ScenarioTool, { points, outside }: Struck): AnyTool {
  async function execute(args: Json, context: ToolContext): Promise<Json> {
    const n = (points.tools += 1)
    const { callId: call, idempotencyKey: key } = context
    const effect = { pid, tool: name, call, args: canonicalJson(args), key }
    await points.pass('tool-before', n)
    const declined = readNotes(outside).filter(
      (note) => note.type === 'declined' && note.call === call,
    ).length
    const type: EffectNote['type'] = declined < (tool.declines ?? 0) ? 'declined' : 'begun'
    writeNote(outside, { type, ...effect })
    await points.pass('tool-middle', n)
    if (tool.endless === true) await abortOf(context.signal)
    if (type === 'begun') writeNote(outside, { type: 'done', ...effect })
    await points.pass('tool-after', n)
    if (type === 'declined') throw new ToolError('busy', { code: 'BUSY', executed: false })
    return tool.output
  }
  const { effect, idempotent = false, retry = {} } = tool
  return { about: name, input: { type: 'object' }, effect, idempotent, retry, execute }
}

async function abortOf(signal: AbortSignal): Promise<void> {
  stdout.write('endless\n')
  // A timer keeps the process alive, as a socket would.
  const alive = setInterval(() => {}, 60_000)
  if (!signal.aborted) await once(signal, 'abort')
  clearInterval(alive)
  signal.throwIfAborted()
}
