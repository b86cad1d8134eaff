import type { JsonObject } from '../core/spec/json.ts'
import type { Plan } from '../core/spec/plan.ts'
import { hideInput } from '../perform/secret/hide-secrets.ts'
import { createVaultKey, KEY_BYTES, type VaultKey } from '../perform/secret/secret-box.ts'
import { createVault, type Vault } from '../perform/secret/vault.ts'
import type { Store } from '../store/store.ts'
import { LockstepError } from './lockstep-error.ts'

const VARIABLE = 'LOCKSTEP_SECRET_KEY'

/**
 * A key for secrets: 32 bytes, or texts of them in base64 or hex between spaces or commas. The first
 * hides; the others only reveal what was hidden before a change of keys (Law 17).
 */
export type SecretKey = string | Uint8Array

interface KeyOptions {
  readonly store: Store
  /** A function is asked when a workflow with secrets first needs a key. */
  readonly given: SecretKey | (() => SecretKey) | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Opens the vault of a run of this plan; null where nothing in it, or below it, is secret. */
type VaultOpener = (plan: Plan) => Vault | null

/**
 * Opens vaults with the given key, else LOCKSTEP_SECRET_KEY's. Opening one throws a LockstepError:
 * `no_secret_key` where runs are kept and no key is given, `invalid_secret_key` for what is none.
 */
export function vaultOpener(options: KeyOptions): VaultOpener {
  let keys: readonly [VaultKey, ...VaultKey[]] | null = null
  const { store } = options
  return (plan) => {
    if (!holdsSecrets(plan)) return null
    keys ??= keysOf(options)
    return createVault({ store, keys, isPublic: publicWords(plan) })
  }
}

/**
 * An input as it may be written down. Throws a LockstepError `invalid_input` where its plain values
 * do not fit the workflow's schema: from then on only references are seen.
 */
export function writableInput(
  input: JsonObject,
  { plan, vault }: { readonly plan: Plan; readonly vault: Vault | null },
): JsonObject {
  if (vault === null || plan.secretInput === null) return input
  const wrong = plan.secretInput.check(input)
  if (wrong !== null) throw new LockstepError('invalid_input', `the input does not fit: ${wrong}`)
  return hideInput(input, { vault, plan })
}

/** What a definition says is no secret, nor is what holds a text that its gates look for. */
function publicWords(plan: Plan): (plain: string) => boolean {
  const said = plansOf(plan).map(({ spec }) => JSON.stringify(spec).toLowerCase())
  const gates = plansOf(plan).flatMap(({ spec }) => Object.values(spec.gates ?? {}))
  const literals = gates.flatMap(({ allow = '' }) => literalsIn(allow.toLowerCase()))
  return (plain) => {
    const word = plain.toLowerCase()
    return (
      [...said, ...literals].some((text) => text.includes(word)) ||
      literals.some((text) => word.includes(text))
    )
  }
}

/** One of three letters is in too many others. */
const MIN_LITERAL = 4

/** The texts that a condition compares with; also those in the filters of its paths. */
function literalsIn(condition: string): readonly string[] {
  const quoted = [...condition.matchAll(/'([^']*)'|"([^"]*)"/g)]
  const texts = quoted.map(([, single, double]) => single ?? double ?? '')
  return texts
    .flatMap((text) => (text.startsWith('$') ? literalsIn(text) : text))
    .filter((text) => text.length >= MIN_LITERAL)
}

function plansOf(plan: Plan): readonly Plan[] {
  return [plan, ...[...plan.workflows.values()].flatMap(plansOf)]
}

function holdsSecrets(plan: Plan): boolean {
  if (plan.secretInput !== null) return true
  for (const { secretInput, secretOutput } of plan.tools.values()) {
    if (secretInput !== null || secretOutput !== null) return true
  }
  return [...plan.workflows.values()].some(holdsSecrets)
}

function keysOf({ store, given, env }: KeyOptions): readonly [VaultKey, ...VaultKey[]] {
  const written = env[VARIABLE] ?? ''
  const fromEnv = written === '' ? undefined : written
  // Whoever gives a function gives it for want of anything better.
  const source =
    typeof given === 'function' ? (fromEnv ?? given()) : (given ?? fromEnv ?? store.volatileKey)
  if (source === undefined) {
    throw new LockstepError(
      'no_secret_key',
      'the workflow has secret fields and its runs are kept, but there is no key to encrypt them with',
    )
  }
  const [first, ...others] = typeof source === 'string' ? readKeys(source) : [source]
  if (first === undefined || first.length !== KEY_BYTES) throw invalid(1, first?.length ?? 0)
  return [createVaultKey(first), ...others.map(createVaultKey)]
}

function readKeys(text: string): readonly Uint8Array[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  return words.map((word, index) => {
    const bytes = Buffer.from(word, /^[0-9a-f]{64}$/i.test(word) ? 'hex' : 'base64')
    if (bytes.length !== KEY_BYTES) throw invalid(index + 1, bytes.length)
    return bytes
  })
}

/** Never quotes the key itself, however wrong it is. */
function invalid(which: number, bytes: number): LockstepError {
  const message = `secret key ${which} has ${bytes} bytes, not ${KEY_BYTES}`
  return new LockstepError('invalid_secret_key', message)
}
