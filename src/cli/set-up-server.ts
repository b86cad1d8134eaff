import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadModule } from '../tool/module.ts'
import type { InlineTools, LoadOptions } from '../drive/load/loaded-workflow.ts'
import type { Mind } from '../mind/mind.ts'
import { readScript } from '../mind/read-script.ts'
import { scriptedMind } from '../mind/scripted.ts'
import type { Logger } from 'pino'
import { createLog } from '../server/operation/access-log.ts'
import type { Keyring } from '../server/guard/api-keys.ts'
import { fileKeyring, KeyFileError } from '../server/guard/api-keys-file.ts'
import { createContinuations, type Continuations } from '../server/continuation/continuation.ts'
import {
  readContinuationKey,
  type ContinuationKey,
} from '../server/continuation/continuation-key.ts'
import { createServer, type LockstepServer } from '../server/create-server.ts'
import { isLoopback } from '../server/listening.ts'
import { loadWorkflows } from '../server/load-workflows-folder.ts'
import { limitsOf, type ServerConfig } from '../server/server-config.ts'
import type { ServerLimits } from '../server/guard/server-limits.ts'
import type { MemoryBank, OpenMemory } from '../store/memory-bank/memory-bank.ts'
import { sqliteStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import type { Cli } from './cli.ts'
import { homeArtifacts, homeFolder, shownPath, storeFile } from './home/home.ts'
import { openMemory } from './home/home-memory.ts'
import { keysFile } from './home/keys-file.ts'
import { homeLinkKey } from './home/link-key.ts'
import { openTraces } from './home/open-traces.ts'
import { keysPresent, PROVIDER_KEYS } from './provider-keys.ts'
import { homeKey, homeSecretKey } from './home/secret-key.ts'
import { UsageError } from './usage-error.ts'

/*
 * From settings to a server: what they name is opened, and what cannot be is told before anything
 * listens.
 */

type Environment = Cli['env']

/** What holds beyond loopback where nobody says another rate. */
const OPEN_RATE_PER_MINUTE = 6_000

/** A server as its settings say, what to tell its operator of it, and what to close after it. */
export interface SetUp {
  readonly server: LockstepServer
  readonly log: Logger
  readonly about: readonly string[]
  readonly release: () => Promise<void>
}

/** Opens everything that the settings name. Throws a UsageError or a LockstepError; nothing is left open. */
export async function setUpServer(cli: Cli, config: ServerConfig): Promise<SetUp> {
  const { env } = cli
  const keys = keysOf(config, env)
  if (keys === null && !isLoopback(config.host)) {
    throw new UsageError(`${config.host} is beyond loopback, and there are no keys`, {
      advice: '`lockstep keys create --tenant NAME` makes one; 127.0.0.1 needs none',
    })
  }
  const tools = config.tools === undefined ? {} : await toolsOf(config.tools)
  const given = { env, tools, ...(await guidelinesOf(config)) }
  const workflows = [...(await loadWorkflows(config.workflows, given)).values()]
  const mind = config.script === undefined ? null : await scriptOf(config.script)
  const continuations = continuationsOf(env)
  const telemetry = await openTraces(env)
  const opened = await openStore(config, env)
  const memory = lazyMemory(config, env)
  const runtime = {
    memory: memory.open,
    artifacts: homeArtifacts(env),
    secretKey: homeSecretKey(env),
  }
  const log = createLog({ level: config.log, output: cli.stdout })
  let server: LockstepServer
  try {
    server = createServer({
      workflows,
      store: opened.store,
      keys,
      limits: withRate(config),
      origins: config.cors,
      log,
      ...(mind === null ? {} : { mind }),
      ...(config.model === undefined ? {} : { model: config.model }),
      runtime: { ...given, ...runtime, ...(telemetry === null ? {} : { telemetry }) },
      context: { continuations, linkKeys: [homeLinkKey(env)] },
      processMetrics: true,
    })
  } catch (error) {
    await opened.store?.close()
    throw error
  }
  const names = workflows.map(({ plan }) => plan.name).join(', ')
  const about = [
    workflows.length === 0 ? 'no workflows; requests bring their own steps' : `workflows: ${names}`,
    opened.about,
    keys === null
      ? 'no keys: whoever is on this machine may call'
      : `${keys.count()} ${keys.count() === 1 ? 'key' : 'keys'}`,
    whoAnswers(config, env),
  ]
  const release = async (): Promise<void> => {
    await memory.close()
    await telemetry?.close()
  }
  return { server, log, about, release }
}

/** Beyond loopback there is a rate in any case. */
function withRate(config: ServerConfig): Partial<ServerLimits> {
  const limits = limitsOf(config)
  const { ratePerMinute } = limits
  const ifNone = isLoopback(config.host) ? null : OPEN_RATE_PER_MINUTE
  return { ...limits, ratePerMinute: ratePerMinute ?? ifNone }
}

/** The notes beside the runs, opened with the first that is kept or looked for. */
function lazyMemory(
  { store }: ServerConfig,
  env: Environment,
): {
  readonly open: OpenMemory
  readonly close: () => Promise<void>
} {
  let bank: Promise<MemoryBank> | null = null
  return {
    open: () => (bank ??= openMemory(store, env)),
    close: async () => (await bank?.catch(() => null))?.close(),
  }
}

function keysOf({ keys }: ServerConfig, env: Environment): Keyring | null {
  const file = keysFile(env, keys)
  if (!existsSync(file)) {
    if (keys === undefined) return null
    throw new UsageError(`there is no keys file ${shownPath(file)}`, {
      advice: `\`lockstep keys create --keys ${shownPath(file)} --tenant NAME\` makes one`,
    })
  }
  const keyring = fileKeyring(file)
  try {
    keyring.count()
  } catch (error) {
    if (error instanceof KeyFileError) throw new UsageError(error.message, { cause: error })
    throw error
  }
  return keyring
}

async function openStore(
  { store }: ServerConfig,
  env: Environment,
): Promise<{ readonly store: Store | null; readonly about: string }> {
  if (store === 'none') return { store: null, about: 'keeps no runs: they live in continuations' }
  if (store?.startsWith('postgres') === true) {
    const { postgresStore } = await import('../store/postgres.ts')
    return { store: postgresStore({ connectionString: store }), about: 'runs are in Postgres' }
  }
  const file = store ?? storeFile(env)
  return { store: sqliteStore(file), about: `runs are in ${shownPath(file)}` }
}

/** Every export of a module that is a tool, under its name; also those of a `default` or `tools` object. */
async function toolsOf(file: string): Promise<InlineTools> {
  const loaded = await loadModule(resolve(file))
  if (!loaded.ok) throw new UsageError(`${file} ${loaded.message}`)
  const { exports } = loaded
  const found: Record<string, InlineTools[string]> = {}
  for (const holder of [exports, own(exports, 'default'), own(exports, 'tools')]) {
    if (typeof holder !== 'object' || holder === null) continue
    for (const [name, value] of Object.entries(holder)) if (isTool(value)) found[name] ??= value
  }
  if (Object.keys(found).length === 0) throw new UsageError(`${file} exports no tool`)
  return found
}

/** A folder's guidelines, for workflows that name none; nothing where no folder is named. */
async function guidelinesOf({
  guidelines: folder,
}: ServerConfig): Promise<Pick<LoadOptions, 'guidelines'>> {
  if (folder === undefined) return {}
  const { loadGuidelines } = await import('../guideline/load-guidelines.ts')
  const loaded = await loadGuidelines(folder)
  if (loaded.ok) return { guidelines: loaded.guidelines }
  throw new UsageError(`the guidelines in ${folder} cannot be used`, { issues: loaded.issues })
}

function own(holder: object, key: string): unknown {
  return Object.hasOwn(holder, key) ? Reflect.get(holder, key) : undefined
}

/** Whether it really is one is looked at where tools are read: each issue names the tool. */
function isTool(value: unknown): value is InlineTools[string] {
  return typeof value === 'object' && value !== null && 'execute' in value
}

async function scriptOf(file: string): Promise<Mind> {
  if (!existsSync(file)) throw new UsageError(`there is no script ${file}`)
  const read = await readScript(file)
  if (read.ok) return scriptedMind(read.script)
  const issues = read.issues.map(({ path, message }) => ({
    severity: 'error' as const,
    path,
    message,
    file,
  }))
  throw new UsageError(`the script ${file} cannot be used`, { issues })
}

const KEY_VARIABLE = 'LOCKSTEP_CONTINUATION_KEYS'

/** The first of the keys writes, all of them read: so that one can be replaced. */
function continuationsOf(env: Environment): Continuations {
  const given = env[KEY_VARIABLE] ?? ''
  const texts = given === '' ? [homeKey(env, 'continuation.key')] : given.split(',')
  const keys = texts.map((text) => readContinuationKey(text))
  const [first, ...rest] = keys.filter((key): key is ContinuationKey => key !== null)
  if (first === undefined || rest.length + 1 < keys.length) {
    // Never quotes the key itself, however wrong it is.
    const where = given === '' ? join(homeFolder(env), 'continuation.key') : KEY_VARIABLE
    throw new UsageError(`${where} holds something that is no key of 32 bytes in base64 or hex`, {
      advice: '`openssl rand -base64 32` makes one; several are parted by commas, the newest first',
    })
  }
  return createContinuations({ keys: [first, ...rest] })
}

function whoAnswers({ script, model }: ServerConfig, env: Environment): string {
  if (script !== undefined) return `answers come from ${shownPath(script)}`
  const known = PROVIDER_KEYS.filter(({ names }) => keysPresent(names, env).length > 0)
  const providers = known.map(({ provider }) => provider).join(', ')
  const keyed = providers === '' ? 'no provider has a key: callers bring their own' : providers
  return model === undefined ? `models: ${keyed}` : `models: ${keyed}; ${model} by default`
}
