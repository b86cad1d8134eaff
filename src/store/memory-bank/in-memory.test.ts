import { inMemory } from './in-memory.ts'
import { describeMemoryBank } from './memory-bank.contract.ts'

describeMemoryBank('inMemory', () => ({ open: (options) => inMemory(options) }))
