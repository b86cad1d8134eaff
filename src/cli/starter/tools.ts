/*
 * Tools are plain objects: what they are for, what they take, and what they do. `execute` returns
 * JSON; what it throws goes back to the model as an error (give it a `code` to retry by).
 */

interface Search {
  readonly day: string
  readonly guests: number
}

interface Booking {
  readonly table_id: string
  readonly guests: number
}

const TABLES = [
  { id: 'T4', seats: 4, place: 'by the window' },
  { id: 'T9', seats: 10, place: 'in the garden' },
]

export const find_tables = {
  about: 'Find the free tables of a day.',
  effect: 'read',
  input: {
    type: 'object',
    required: ['day', 'guests'] as const,
    properties: { day: { type: 'string' }, guests: { type: 'integer', minimum: 1 } },
    additionalProperties: false,
  },
  execute: ({ day, guests }: Search): object => ({
    day,
    tables: TABLES.filter((table) => table.seats >= guests),
  }),
}

export const book_table = {
  about: 'Book a table that find_tables returned.',
  // A write is sent again after a crash only if it is `idempotent`; else a person is asked.
  effect: 'write',
  input: {
    type: 'object',
    required: ['table_id', 'guests'] as const,
    properties: { table_id: { type: 'string' }, guests: { type: 'integer', minimum: 1 } },
    additionalProperties: false,
  },
  execute: ({ table_id, guests }: Booking): object => ({
    booking: `B-${table_id}-${guests}`,
    table_id,
    guests,
  }),
}
