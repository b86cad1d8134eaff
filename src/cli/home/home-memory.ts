import { join } from 'node:path'
import type { MemoryBank, OpenMemory } from '../../store/memory-bank/memory-bank.ts'
import { homeFolder, isOnPostgres } from './home.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The file that holds the notes which outlive runs: `memory.db` in LOCKSTEP_HOME (S0.21). */
function memoryFile(env: Environment): string {
  return join(homeFolder(env), 'memory.db')
}

/** Opens the memory that goes with a store: in the database where that is one of Postgres, else in the file. */
export async function openMemory(store: string | undefined, env: Environment): Promise<MemoryBank> {
  if (store?.startsWith('postgres') === true) {
    const { postgresMemory } = await import('../../store/memory-bank/postgres-memory.ts')
    return postgresMemory({ connectionString: store })
  }
  const { sqliteMemory } = await import('../../store/memory-bank/sqlite-memory.ts')
  return sqliteMemory(memoryFile(env))
}

/**
 * Opens the memory of the command line when a run first uses it: beside the runs, so in the database of
 * LOCKSTEP_STORE where it names one. For each question anew, so that nothing has to be closed.
 */
export function homeMemory(env: Environment): OpenMemory {
  return () => Promise.resolve(brieflyOpen(env))
}

function brieflyOpen(env: Environment): MemoryBank {
  const ask = async <Answer>(work: (bank: MemoryBank) => Promise<Answer>): Promise<Answer> => {
    const bank = await openMemory(isOnPostgres(env) ? env['LOCKSTEP_STORE'] : undefined, env)
    try {
      return await work(bank)
    } finally {
      await bank.close()
    }
  }
  return {
    memorize: (items) => ask((bank) => bank.memorize(items)),
    recall: (query) => ask((bank) => bank.recall(query)),
    list: (listing) => ask((bank) => bank.list(listing)),
    records: (tenant) => ask((bank) => bank.records(tenant)),
    forget: (of) => ask((bank) => bank.forget(of)),
    close: () => Promise.resolve(),
  }
}
