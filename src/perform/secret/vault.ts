import type { Json } from '../../core/spec/json.ts'
import { isReferenceClaim } from '../../core/log/reference.ts'
import { isReference, mapSecrets, type SecretFields } from '../../core/spec/secret-fields.ts'
import type { Store } from '../../store/store.ts'
import { createScrubber, type Scrubber } from './scrubber.ts'
import { openBox, sealBox, toReference, type VaultKey } from './secret-box.ts'

/*
 * A run's secrets (Law 17). Plain values go in at the run's borders and references come out; the
 * plain values are kept encrypted beside the log. A reference means something only in the run that
 * it was made in: one that somebody read elsewhere opens nothing here.
 */

/** What a call's arguments are in plain, or which of its references cannot be read. */
export type Revealed =
  | { readonly ok: true; readonly args: Json }
  | { readonly ok: false; readonly message: string }

export interface Vault {
  /** Finds every known secret in texts. */
  readonly scrubber: Scrubber
  /**
   * The same for tool results, which gates compare: but for what the definition says itself. A user
   * who calls their password `blocked` must not turn a tool's "blocked" into something else (Law 3).
   */
  readonly resultScrubber: Scrubber
  /** Learns what was kept of the run, and of the run that it was forked from. */
  load(run: string, forkedFrom: string | null): Promise<void>
  /** References in the place of secrets; what is a reference already stays. */
  hide(value: Json, fields: SecretFields | null): Json
  /** Plain values in the place of references, at these places alone. */
  reveal(args: Json, fields: SecretFields): Revealed
  /** Keeps what was hidden since; to be awaited before the event that names it is committed. */
  save(): Promise<void>
}

interface VaultOptions {
  readonly store: Pick<Store, 'saveSecret' | 'readSecrets'>
  /** The first hides; all of them reveal. */
  readonly keys: readonly [VaultKey, ...VaultKey[]]
  /** True for what the definition says in plain. */
  readonly isPublic: (plain: string) => boolean
}

/** Opens the vault of one run; it knows nothing before `load`. */
export function createVault(options: VaultOptions): Vault {
  return new RunVault(options)
}

class RunVault implements Vault {
  readonly #store: VaultOptions['store']
  readonly #keys: VaultOptions['keys']
  readonly #plainOf = new Map<string, string>()
  /** By plain text: one of an older key too, so that equal secrets stay equal in a run. */
  readonly #referenceOf = new Map<string, string>()
  readonly scrubber: Scrubber = createScrubber(this.#referenceOf)
  readonly resultScrubber: Scrubber
  #unsaved: readonly string[] = []
  #run = ''

  constructor({ store, keys, isPublic }: VaultOptions) {
    this.resultScrubber = createScrubber(this.#referenceOf, isPublic)
    this.#store = store
    this.#keys = keys
  }

  async load(run: string, forkedFrom: string | null): Promise<void> {
    this.#run = run
    await this.#learnFrom(run)
    if (forkedFrom === null) return
    // A fork keeps its own: the run that it was made of need not outlive it.
    this.#unsaved = [...this.#unsaved, ...(await this.#learnFrom(forkedFrom))]
  }

  hide(value: Json, fields: SecretFields | null): Json {
    return fields === null ? value : mapSecrets(value, fields, (secret) => this.#hideOne(secret))
  }

  reveal(args: Json, fields: SecretFields): Revealed {
    const unreadable: string[] = []
    const plain = mapSecrets(args, fields, (secret, path) => {
      const found = isReference(secret) ? this.#plainOf.get(secret) : undefined
      if (found === undefined) unreadable.push(path === '' ? 'the arguments' : path)
      return found ?? null
    })
    if (unreadable.length === 0) return { ok: true, args: plain }
    const message = `the secret at ${unreadable.join(', ')} cannot be read: it is not of this run, or was kept under another key`
    return { ok: false, message }
  }

  async save(): Promise<void> {
    const saving = this.#unsaved
    if (saving.length === 0) return
    const [key] = this.#keys
    const boxes = saving.map((reference) =>
      sealBox(key, { run: this.#run, reference, plain: this.#plainOf.get(reference) ?? '' }),
    )
    await Promise.all(boxes.map((box) => this.#store.saveSecret(box)))
    const saved = new Set(saving)
    this.#unsaved = this.#unsaved.filter((reference) => !saved.has(reference))
  }

  #hideOne(secret: Json): string {
    if (isReference(secret)) return secret
    // What it stands for is hidden once it is looked up.
    if (isReferenceClaim(secret)) return secret
    const plain = typeof secret === 'string' ? secret : JSON.stringify(secret)
    const known = this.#referenceOf.get(plain)
    if (known !== undefined) return known
    const reference = toReference(this.#keys[0], plain)
    this.#learn(reference, plain)
    this.#unsaved = [...this.#unsaved, reference]
    return reference
  }

  #learn(reference: string, plain: string): void {
    this.#plainOf.set(reference, plain)
    if (!this.#referenceOf.has(plain)) this.#referenceOf.set(plain, reference)
  }

  /** The references that were new. */
  async #learnFrom(run: string): Promise<readonly string[]> {
    const learnt: string[] = []
    for (const kept of await this.#store.readSecrets(run)) {
      if (this.#plainOf.has(kept.reference)) continue
      const plain = openBox(this.#keys, kept)
      if (plain === null) continue
      this.#learn(kept.reference, plain)
      learnt.push(kept.reference)
    }
    return learnt
  }
}
