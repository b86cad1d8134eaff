import { Pool, type ClientBase } from 'pg'
import type { Row } from '../decode-row.ts'
import { StoreError } from '../store.ts'
import type { Target } from './connection.ts'
import { migrate, type Migrations } from './migrate.ts'
import { toStoreError } from './postgres-error.ts'
import type { Statements } from './statements.ts'
import { tryAgain } from './try-again.ts'

/** What a statement takes for its parameters. */
export type Values = readonly (string | number | null | Uint8Array | readonly string[])[]

/** Runs a statement by its name; prepared where it runs. */
export type Ask<Name extends string = keyof Statements> = (
  name: Name,
  values: Values,
) => Promise<readonly Row[]>

/** What a schema holds: how it is made, and what is asked of it. */
export interface Tables<Name extends string> {
  readonly statements: Readonly<Record<Name, string>>
  readonly migrations: Migrations
}

/** How a connection is asked. */
export function asker<Name extends string>(
  client: Pick<ClientBase, 'query'>,
  statements: Readonly<Record<Name, string>>,
): Ask<Name> {
  return async (name, values) => {
    const query = { name: `lockstep_${name}`, text: statements[name], values: [...values] }
    const { rows } = await client.query<Row>(query)
    return rows
  }
}

/**
 * The pool of a schema, brought to the newest schema before its first statement. Whatever goes wrong
 * is a StoreError that names the database; what may pass is tried again, also at the first use.
 */
export class Database<Name extends string = keyof Statements> {
  readonly target: Target
  readonly statements: Readonly<Record<Name, string>>
  /** Once, on any connection; rejects with what the server or `pg` said. */
  readonly ask: Ask<Name>
  readonly #migrations: Migrations
  readonly #pool: Pool
  readonly #underWay = new Set<Promise<unknown>>()
  #ready: Promise<void> | null = null
  #closed: Promise<void> | null = null

  constructor(target: Target, { statements, migrations }: Tables<Name>) {
    this.target = target
    this.statements = statements
    this.#migrations = migrations
    this.#pool = new Pool(target.config)
    // A lost connection is heard of by whoever asks it, and replaced by the pool; an error that nobody
    // hears, also between two statements of a transaction, would end the process.
    this.#pool.on('error', () => {})
    this.#pool.on('connect', (client) => void client.on('error', () => {}))
    this.ask = asker(this.#pool, this.statements)
  }

  /** Does work that comes to the same when it is done twice. */
  async repeatable<Result>(work: (ask: Ask<Name>) => Promise<Result>): Promise<Result> {
    return this.guarded(() => tryAgain(() => work(this.ask)))
  }

  /** Does work in a transaction; as `repeatable`, for a lost answer may hide a commit. */
  async transaction<Result>(
    work: (ask: Ask<Name>, client: ClientBase) => Promise<Result>,
  ): Promise<Result> {
    return this.guarded(() => tryAgain(() => this.#transact(work)))
  }

  /** Does work once the schema is there; `close` waits for it. Rejects with `closed` after that. */
  async guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    this.assertOpen()
    const done = this.#whenReady().then(work)
    this.#underWay.add(done)
    try {
      return await done
    } catch (error) {
      throw toStoreError(error, this.target.label)
    } finally {
      this.#underWay.delete(done)
    }
  }

  assertOpen(): void {
    if (this.#closed !== null) throw new StoreError('closed', 'The store is closed')
  }

  /** Refuses what comes from now on, waits for what is under way, does `last`, and disconnects. */
  close(last: () => Promise<void>): Promise<void> {
    this.#closed ??= (async () => {
      await Promise.allSettled(this.#underWay)
      await last()
      await this.#pool.end()
    })()
    return this.#closed
  }

  async #whenReady(): Promise<void> {
    this.#ready ??= tryAgain(() => this.#migrate())
    try {
      await this.#ready
    } catch (error) {
      // The next one tries anew.
      this.#ready = null
      throw error
    }
  }

  async #migrate(): Promise<void> {
    const client = await this.#pool.connect()
    try {
      await migrate(client, { target: this.target, migrations: this.#migrations })
      client.release()
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  async #transact<Result>(
    work: (ask: Ask<Name>, client: ClientBase) => Promise<Result>,
  ): Promise<Result> {
    const client = await this.#pool.connect()
    try {
      await client.query('BEGIN')
      const result = await work(asker(client, this.statements), client)
      await client.query('COMMIT')
      client.release()
      return result
    } catch (error) {
      // Its connection goes with it, and so does what the transaction holds.
      client.release(true)
      throw error
    }
  }
}
