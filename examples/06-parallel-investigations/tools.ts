import { ToolError, type ToolDefinition } from '../../src/index.ts'

/*
 * Three records with canned answers; the second is down, as records are.
 */

const input = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', description: 'a number from the question, like D-77' } },
  additionalProperties: false,
}

/** Where a delivery is. */
export const find_delivery: ToolDefinition<{ readonly id: string }> = {
  about: 'Where a delivery is, and since when.',
  input,
  effect: 'read',
  execute: ({ id }) => ({
    id,
    state: 'held at customs',
    since: '2026-03-02',
    missing: 'EORI number',
  }),
}

/** What an invoice says. */
export const find_invoice: ToolDefinition<{ readonly id: string }> = {
  about: 'What an invoice says, and what was paid.',
  input,
  effect: 'read',
  execute: ({ id }) => {
    if (id === 'I-9') throw new ToolError('the ledger is closed for the month', { code: 'CLOSED' })
    return { id, total: 120, paid: 120 }
  },
}

/** What is known of a product. */
export const find_product: ToolDefinition<{ readonly id: string }> = {
  about: 'What is known of a product: what it fits, and recalls.',
  input,
  effect: 'read',
  execute: ({ id }) => ({ id, fits: ['tandem', 'cargo'], recalled: false }),
}
