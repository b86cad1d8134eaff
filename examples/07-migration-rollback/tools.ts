import { ToolError } from '../../src/index.ts'
import type { ToolDefinition } from '../../src/index.ts'

/*
 * Three tables. `orders` has a row in its third batch that does not fit the new schema, `legacy` is
 * not sound from the start. What was moved is the log's matter: the tools remember nothing.
 */

const BATCH_ROWS = 100
const KEEP_MS = 24 * 60 * 60 * 1000

const TABLES: Readonly<Record<string, { readonly rows: number; readonly bad?: number }>> = {
  customers: { rows: 250 },
  orders: { rows: 480, bad: 3 },
  legacy: { rows: 0 },
}

const table = { type: 'string' } as const
const batch = { type: 'integer', minimum: 1 } as const
const backup = { type: 'string' } as const

function rowsOf(name: string): number {
  return TABLES[name]?.rows ?? 0
}

function rowsIn(name: string, number: number): number {
  return Math.max(0, Math.min(BATCH_ROWS, rowsOf(name) - (number - 1) * BATCH_ROWS))
}

/** The gates read `rows` and `batches`. */
export const verify_source: ToolDefinition<{ readonly table: string }> = {
  about:
    'Check that a table can be moved; says how many rows it has, and in how many batches they go.',
  effect: 'read',
  input: {
    type: 'object',
    required: ['table'],
    properties: { table },
    additionalProperties: false,
  },
  execute({ table: name }) {
    const rows = rowsOf(name)
    return { table: name, sound: rows > 0, rows, batches: Math.ceil(rows / BATCH_ROWS) }
  },
}

export const create_backup: ToolDefinition<{ readonly table: string }> = {
  about: 'Make a backup of a table; it is kept for 24 hours.',
  effect: 'write',
  idempotent: true,
  input: {
    type: 'object',
    required: ['table'],
    properties: { table },
    additionalProperties: false,
  },
  execute: ({ table: name }) => ({
    backup_id: `backup-${name}`,
    table: name,
    keep_until: Date.now() + KEEP_MS,
  }),
}

interface Batch {
  readonly table: string
  readonly batch: number
  readonly backup_id: string
}

const batchInput = {
  type: 'object',
  required: ['table', 'batch', 'backup_id'],
  properties: { table, batch, backup_id: backup },
  additionalProperties: false,
} as const

export const migrate_batch: ToolDefinition<Batch> = {
  about: 'Move one batch of 100 rows into the new table.',
  effect: 'write',
  idempotent: true,
  input: batchInput,
  execute({ table: name, batch: number }) {
    if (TABLES[name]?.bad === number) {
      throw new ToolError(`row ${(number - 1) * BATCH_ROWS + 17}: no such currency: "XXQ"`, {
        code: 'ROW_REJECTED',
        executed: false,
      })
    }
    return { table: name, batch: number, rows: rowsIn(name, number) }
  },
}

export const restore_batch: ToolDefinition<Batch> = {
  about: 'Put one batch back from the backup, and take it out of the new table.',
  effect: 'write',
  idempotent: true,
  input: batchInput,
  execute: ({ table: name, batch: number }) => ({ restored: rowsIn(name, number) }),
}

export const verify_target: ToolDefinition<{ readonly table: string }> = {
  about: 'Count the rows of the new table.',
  effect: 'read',
  input: {
    type: 'object',
    required: ['table'],
    properties: { table },
    additionalProperties: false,
  },
  execute: ({ table: name }) => ({ table: name, rows: rowsOf(name) }),
}
