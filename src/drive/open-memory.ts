import type { MemoryBank, OpenMemory } from '../store/memory-bank/memory-bank.ts'

/** Whose notes they are where nobody says so. */
export const DEFAULT_TENANT = 'default'

/**
 * Opens a memory once, with the first note that is kept or looked for; without one, notes live in this
 * process and nothing survives it. What cannot be opened is tried again the next time.
 */
export function memoryOpener(given: MemoryBank | OpenMemory | undefined): OpenMemory {
  if (typeof given === 'object') return () => Promise.resolve(given)
  const open = given ?? openInMemory
  let opened: Promise<MemoryBank> | null = null
  return () => {
    if (opened !== null) return opened
    const opening = open()
    opened = opening
    opening.catch(() => {
      opened = null
    })
    return opening
  }
}

async function openInMemory(): Promise<MemoryBank> {
  const { inMemoryBank } = await import('../store/memory-bank/in-memory-bank.ts')
  return inMemoryBank()
}
