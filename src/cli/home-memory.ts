import { join } from 'node:path'
import type { MemoryBank, OpenMemory } from '../store/memory-bank/memory-bank.ts'
import { homeFolder } from './home.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The file that holds the notes which outlive runs: `memory.db` in LOCKSTEP_HOME (S0.21). */
export function memoryFile(env: Environment): string {
  return join(homeFolder(env), 'memory.db')
}

/** Opens the memory of the home folder, when a run first uses it: for each question anew, so that nothing has to be closed. */
export function homeMemory(env: Environment): OpenMemory {
  return () => Promise.resolve(brieflyOpen(env))
}

function brieflyOpen(env: Environment): MemoryBank {
  const ask = async <Answer>(work: (bank: MemoryBank) => Promise<Answer>): Promise<Answer> => {
    const { sqliteMemory } = await import('../store/memory-bank/sqlite-memory.ts')
    const bank = sqliteMemory(memoryFile(env))
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
