import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { legalNames } from '../core/spec/issue.ts'
import { messageOf } from '../core/spec/message-of.ts'
import { readDocument } from '../dialect/document.ts'
import type { LogLevel } from './operation/access-log.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './guard/server-limits.ts'

/*
 * How a server is set up: flags, before the environment, before a file, before what holds anyway.
 * In flow the three; out flows one checked value, or every setting that is wrong, with where it was
 * said and what would be legal.
 */

const WHOLE = 'expected a whole number from 1'
const PORT = 'expected a port, 0 to 65535 (0 takes any that is free)'
const SECONDS = 'expected seconds, 0 to 3600'

const store = z
  .string()
  .refine(
    (text) =>
      text === 'none' || /^postgres(?:ql)?:\/\//.test(text) || /\.(?:db|sqlite)$/.test(text),
    'expected a file that ends in .db, postgres://USER:PASSWORD@HOST/DATABASE, or none',
  )
const origin = z
  .string()
  .refine(
    (text) => text === '*' || (URL.canParse(text) && new URL(text).origin === text),
    'expected an origin like https://app.example, or *',
  )
const count = z.int(WHOLE).positive(WHOLE)
const port = z.int(PORT).min(0, PORT).max(65_535, PORT)

const settings = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(8787),
  workflows: z.array(z.string().min(1)).default([]),
  tools: z.string().min(1).optional(),
  guidelines: z.string().min(1).optional(),
  store: store.optional(),
  keys: z.string().min(1).optional(),
  model: z
    .string()
    .regex(/^[^/\s]+\/\S+$/, 'expected provider/model, like openai/gpt-5-mini')
    .optional(),
  script: z.string().min(1).optional(),
  cors: z.array(origin).default([]),
  log: z
    .enum(
      ['debug', 'info', 'warn', 'error', 'silent'],
      'expected debug, info, warn, error or silent',
    )
    .default('info'),
  body_bytes: count.default(DEFAULT_LIMITS.bytes),
  attachment_bytes: count.default(DEFAULT_LIMITS.attachmentBytes),
  depth: count.max(100, 'expected at most 100').default(DEFAULT_LIMITS.depth),
  rate_per_minute: count.optional(),
  burst: count.optional(),
  concurrency: count.default(1_000),
  readers: count.default(10_000),
  request_seconds: count.default(DEFAULT_LIMITS.seconds),
  shutdown_seconds: z.int(SECONDS).min(0, SECONDS).max(3_600, SECONDS).default(25),
})

/** A server's settings. */
export interface ServerConfig {
  readonly host: string
  readonly port: number
  /** Files and folders. */
  readonly workflows: readonly string[]
  /** A module whose tools every request may name. */
  readonly tools?: string | undefined
  /** A folder of guidelines, for requests and for workflows that name no folder. */
  readonly guidelines?: string | undefined
  /** A file that ends in .db, an address of Postgres, or `none`. */
  readonly store?: string | undefined
  /** A keys file. */
  readonly keys?: string | undefined
  readonly model?: string | undefined
  /** Answers every model call from a file. */
  readonly script?: string | undefined
  readonly cors: readonly string[]
  readonly log: LogLevel
  readonly body_bytes: number
  readonly attachment_bytes: number
  readonly depth: number
  readonly rate_per_minute?: number | undefined
  readonly burst?: number | undefined
  readonly concurrency: number
  readonly readers: number
  readonly request_seconds: number
  readonly shutdown_seconds: number
}

/** The names that a file, `LOCKSTEP_…` and flags have in common. */
export type SettingName = keyof ServerConfig

/** Every setting there is. */
export const SETTING_NAMES: readonly SettingName[] = settings.keyof().options

const NUMBERS: ReadonlySet<string> = new Set<SettingName>([
  'port',
  'body_bytes',
  'attachment_bytes',
  'depth',
  'rate_per_minute',
  'burst',
  'concurrency',
  'readers',
  'request_seconds',
  'shutdown_seconds',
])
const LISTS: ReadonlySet<string> = new Set<SettingName>(['workflows', 'cors'])
const PATHS: readonly SettingName[] = ['tools', 'guidelines', 'keys', 'script']

/** Settings that cannot be used; the message names each, where it was said, and what would be legal. */
export class ServerConfigError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'ServerConfigError'
  }
}

type Texts = Readonly<Partial<Record<SettingName, string | readonly string[] | undefined>>>

/** The variable of the environment that a setting has: `LOCKSTEP_RATE_PER_MINUTE`. */
export function variableOf(name: SettingName): string {
  return `LOCKSTEP_${name.toUpperCase()}`
}

/**
 * Puts the settings together. Relative paths are relative to the file that says them, else to the
 * working folder. Throws a ServerConfigError with everything that is wrong.
 */
export function readServerConfig(given: {
  /** As they were typed. */
  readonly flags: Texts
  readonly env: Readonly<Record<string, string | undefined>>
  /** A YAML or JSON file. */
  readonly file: string | null
}): ServerConfig {
  const { flags, env, file } = given
  const merged: Record<string, unknown> = {}
  const saidBy = new Map<string, string>()
  const say = (name: string, value: unknown, where: string): void => {
    merged[name] = value
    saidBy.set(name, where)
  }
  for (const [name, value] of Object.entries(file === null ? {} : readSettings(file))) {
    say(name, value, `${file}: ${name}`)
  }
  for (const name of SETTING_NAMES) {
    const variable = variableOf(name)
    const text = env[variable] ?? ''
    if (text !== '') say(name, fromText(name, text), variable)
    const flag = flags[name]
    if (flag !== undefined) say(name, fromText(name, flag), `--${name.replaceAll('_', '-')}`)
  }
  const read = settings.safeParse(merged)
  if (read.success) return read.data
  const problems = read.error.issues.flatMap((issue) => problemOf(issue, saidBy))
  throw new ServerConfigError(`the server cannot be set up like this:\n  ${problems.join('\n  ')}`)
}

/** What each issue says, in the words of who said the setting. */
function problemOf(
  issue: z.core.$ZodIssue,
  saidBy: ReadonlyMap<string, string>,
): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      return `${saidBy.get(key) ?? key} is no setting; ${legalNames(key, SETTING_NAMES)}`
    })
  }
  const [name = '', index] = issue.path.map(String)
  const where = saidBy.get(name) ?? name
  return [`${where}${index === undefined ? '' : ` (entry ${Number(index) + 1})`}: ${issue.message}`]
}

function fromText(name: SettingName, given: string | readonly string[]): unknown {
  if (LISTS.has(name)) {
    const texts = typeof given === 'string' ? [given] : given
    return texts.flatMap((text) => text.split(',')).map((text) => text.trim())
  }
  const text = typeof given === 'string' ? given : given.join(',')
  // What is no number stays the text that it is, and is told of as such.
  return NUMBERS.has(name) && /^\d+$/.test(text.trim()) ? Number(text) : text
}

function readSettings(file: string): Readonly<Record<string, unknown>> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ServerConfigError(`cannot read ${file}: ${messageOf(cause)}`, { cause })
  }
  const document = readDocument(text)
  if (!document.ok) {
    const places = document.issues.map((issue) => `${file}:${issue.line}: ${issue.message}`)
    throw new ServerConfigError(places.join('\n'))
  }
  const { value } = document
  if (value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ServerConfigError(`${file} holds no settings: expected \`port: 8787\` and the like`)
  }
  return withWholePaths({ ...value }, dirname(resolve(file)))
}

function withWholePaths(
  found: Record<string, unknown>,
  folder: string,
): Readonly<Record<string, unknown>> {
  const whole = (path: unknown): unknown =>
    typeof path === 'string' ? resolve(folder, path) : path
  for (const name of PATHS) if (found[name] !== undefined) found[name] = whole(found[name])
  const { workflows, store: kept } = found
  if (typeof workflows === 'string') found['workflows'] = [whole(workflows)]
  else if (Array.isArray(workflows)) found['workflows'] = workflows.map(whole)
  if (typeof kept === 'string' && /\.(?:db|sqlite)$/.test(kept)) found['store'] = whole(kept)
  return found
}

/** What the settings hold requests to. */
export function limitsOf(config: ServerConfig): Partial<ServerLimits> {
  return {
    bytes: config.body_bytes,
    attachmentBytes: config.attachment_bytes,
    depth: config.depth,
    seconds: config.request_seconds,
    ratePerMinute: config.rate_per_minute ?? null,
    burst: config.burst ?? null,
    concurrency: config.concurrency,
    readers: config.readers,
  }
}
