import { inMemoryBank } from './in-memory-bank.ts'
import { describeMemoryBank } from './memory-bank.contract.ts'

describeMemoryBank('inMemoryBank', () => ({ open: (options) => inMemoryBank(options) }))
