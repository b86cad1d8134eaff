/*
 * What the server costs beside a bare Hono route that makes the same model call: requests per second
 * and time added, in one run, in turns, each server in a process of its own. `--json` for machines.
 */
import { spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { toJson, toText, type Table } from './table.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

const MODEL_MS = 20
const AT_ONCE = 32
const REQUESTS = 1_500
const ROUNDS = 3
/** What a request may cost more than the bare route's, in the middle. */
const ADDED_MS = 5
const MODES = ['bare', 'stateless', 'stored'] as const

type Mode = (typeof MODES)[number]

interface Served {
  readonly url: string
  megabytes(): Promise<number>
  end(): void
}

async function serve(mode: Mode, folder: string): Promise<Served> {
  const file = join(import.meta.dirname, 'served.ts')
  const args = ['--expose-gc', file, mode, folder, String(MODEL_MS)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async (): Promise<string> => {
    const read = await lines.next()
    if (read.done === true) throw new Error(`the ${mode} server ended`)
    return read.value
  }
  return {
    url: await line(),
    async megabytes() {
      child.stdin.write('\n')
      return Number(await line())
    },
    end: () => child.kill(),
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
const BODY = JSON.stringify({ model: 'zero/model', messages: [{ role: 'user', content: 'Hi.' }] })

/** One request; its time in milliseconds. */
function ask(url: string): Promise<number> {
  const begun = performance.now()
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': BODY.length }
    const sent = request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers })
    sent.on('error', reject)
    sent.on('response', (response) => {
      response.resume()
      response.on('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - begun)
        else reject(new Error(`answered ${response.statusCode}`))
      })
    })
    sent.end(BODY)
  })
}

interface Load {
  readonly perSecond: number
  readonly times: readonly number[]
}

async function load(url: string, requests: number): Promise<Load> {
  const begun = performance.now()
  const times: number[] = []
  let left = requests
  const client = async (): Promise<void> => {
    while (left-- > 0) times.push(await ask(url))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, client))
  const sorted = times.toSorted((one, other) => one - other)
  return { perSecond: (requests * 1_000) / (performance.now() - begun), times: sorted }
}

const at = (times: readonly number[], share: number): number =>
  times[Math.floor(times.length * share)] ?? Number.NaN

async function measure(folder: string): Promise<Table> {
  const servers = new Map<Mode, Served>()
  for (const mode of MODES) servers.set(mode, await serve(mode, folder))
  const best = new Map<Mode, Load>()
  for (let round = -1; round < ROUNDS; round++) {
    for (const [mode, { url }] of servers) {
      const loaded = await load(url, round < 0 ? REQUESTS / 3 : REQUESTS)
      const before = best.get(mode)?.perSecond ?? 0
      if (round >= 0 && loaded.perSecond > before) best.set(mode, loaded)
    }
  }
  const bare = best.get('bare')?.times ?? []
  const rows = []
  for (const [mode, server] of servers) {
    const { perSecond = Number.NaN, times = [] } = best.get(mode) ?? {}
    const ms = { unit: 'ms', target: null }
    rows.push({ what: `${mode}: requests per second`, value: perSecond, unit: '/s', target: null })
    if (mode !== 'bare') {
      const p50 = at(times, 0.5) - at(bare, 0.5)
      const target = { atMost: ADDED_MS }
      rows.push({ what: `${mode}: added, p50`, value: p50, unit: 'ms', target })
      rows.push({ what: `${mode}: added, p99`, value: at(times, 0.99) - at(bare, 0.99), ...ms })
    }
    const value = await server.megabytes()
    rows.push({ what: `${mode}: memory`, value, unit: 'MB', target: null })
    server.end()
  }
  return {
    title: 'chat completions, beside a bare Hono route that makes the same model call',
    method: `${AT_ONCE} clients, model ${MODEL_MS} ms, ${REQUESTS} requests, best of ${ROUNDS} rounds in turns`,
    rows,
  }
}

const table = await inTemporaryFolder(measure)
agent.destroy()
process.stdout.write(
  process.argv.includes('--json') ? `${JSON.stringify(toJson(table))}\n` : toText(table),
)
