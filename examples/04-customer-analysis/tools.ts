import type { ToolDefinition } from '../../src/index.ts'

/*
 * A small company's books. Each description says which result feeds which argument, so that a model
 * hands the customer_id on instead of guessing it (S1.10).
 */

interface OfCustomer {
  readonly customer_id: string
}

const CUSTOMERS = [
  { customer_id: 'cust-77', name: 'Globex', revenue: '$184,220.50' },
  { customer_id: 'cust-12', name: 'Initech', revenue: '$61,900.00' },
]

/** Finds the customer that the other three tools are asked about. */
export const sales_top_customers: ToolDefinition<{ readonly limit: number }> = {
  about:
    'Customers by revenue, highest first. Use the `customer_id` of a result with order_history, support_tickets and engagement_metrics.',
  input: {
    type: 'object',
    required: ['limit'],
    properties: { limit: { type: 'integer', minimum: 1, maximum: 10 } },
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      customers: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            customer_id: {
              type: 'string',
              description: 'Use with order_history, support_tickets and engagement_metrics',
            },
            name: { type: 'string', description: 'the report is headed by it' },
            revenue: { type: 'string', description: 'Total Revenue of the report' },
          },
        },
      },
    },
  },
  effect: 'read',
  execute: ({ limit }) => ({ customers: CUSTOMERS.slice(0, limit) }),
}

const INPUT = {
  type: 'object',
  required: ['customer_id'],
  properties: {
    customer_id: {
      type: 'string',
      description: 'customer_id from sales_top_customers, or the one that the user gave',
    },
  },
  additionalProperties: false,
}

/** Orders per month, for the frequency trend. */
export const order_history: ToolDefinition<OfCustomer> = {
  about: 'Orders per month of a customer. Can run in parallel with the other two gathers.',
  input: INPUT,
  effect: 'read',
  execute: ({ customer_id }) => ({
    customer_id,
    months: [
      { month: '2026-01', orders: 4 },
      { month: '2026-02', orders: 6 },
      { month: '2026-03', orders: 8 },
    ],
  }),
}

/** Tickets with their topic, for recurring issues. */
export const support_tickets: ToolDefinition<OfCustomer> = {
  about: 'Support tickets of a customer. Can run in parallel with the other two gathers.',
  input: INPUT,
  effect: 'read',
  execute: ({ customer_id }) => ({
    customer_id,
    tickets: [
      { id: 't-9', topic: 'late delivery', open: false },
      { id: 't-14', topic: 'late delivery', open: true },
    ],
  }),
}

/** Use of the product, to set against the orders. */
export const engagement_metrics: ToolDefinition<OfCustomer> = {
  about: 'Logins and feature use of a customer. Can run in parallel with the other two gathers.',
  input: INPUT,
  effect: 'read',
  execute: ({ customer_id }) => ({ customer_id, weekly_logins: [11, 14, 19], seats_used: 0.83 }),
}
